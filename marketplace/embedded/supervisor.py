"""Child processes that are started together, started again when they die, and stopped together.

- Every child leads a process group of its own, so that Ctrl-C in the terminal reaches the
  supervisor alone and the children are stopped in order, and so that a child can be ended
  together with whatever it started.
- A child that dies is started again, after a wait that doubles while it keeps dying.
- A supervisor that is killed outright takes its children along: on Linux the kernel tells them
  (PR_SET_PDEATHSIG). What is left all the same, on other systems, is found in `processes.json`
  and ended by the next supervisor of the same state folder.
- One supervisor a state folder: a lock that dies with its holder says so.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from marketplace.embedded.problems import ServerProblem
from marketplace.embedded.sharing import Server

STOP_PATIENCE_SECONDS = 4.0
LONGEST_WAIT_SECONDS = 30.0
FIRST_WAIT_SECONDS = 0.5
LIVED_LONG_ENOUGH_SECONDS = 20.0
LOOK_SECONDS = 0.2
LOOK_AT_SERVERS_SECONDS = 2.0
LARGEST_LOG_BYTES = 20_000_000
PR_SET_PDEATHSIG = 1
# Logs and whatever a child writes, mail among it, are nobody else's on this machine to read.
PRIVATE_FOLDER, PRIVATE_FILE, PRIVATE_UMASK = 0o700, 0o600, 0o077

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass
class Child:
    """A program to keep running."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    keep_open: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started_at: float = 0.0
    due_at: float = 0.0
    wait_seconds: float = FIRST_WAIT_SECONDS
    deaths: int = 0

    def start(self, folder: Path) -> None:
        """Start the program in a process group of its own."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.parent.chmod(PRIVATE_FOLDER)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG_BYTES:
            self.log.rename(self.log.with_suffix(".log.before"))
        with self.log.open("ab") as writing:
            os.fchmod(writing.fileno(), PRIVATE_FILE)
            self.process = subprocess.Popen(
                self.command,
                cwd=folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                pass_fds=self.keep_open,
                start_new_session=True,
                umask=PRIVATE_UMASK,
                preexec_fn=_die_with(os.getpid()),
            )
        self.started_at = time.monotonic()

    @property
    def runs(self) -> bool:
        """Tell whether the program runs now."""
        return self.process is not None and self.process.poll() is None

    def signal_all(self, number: signal.Signals) -> None:
        """Send the signal to the program and to whatever it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


class Supervisor:
    """Keeps children running, and the embedded servers that they need."""

    def __init__(
        self, state: Path, folder: Path, *, servers: Iterable[Server], say: Callable[[str], None]
    ) -> None:
        """Remember where to work; `running` does the work."""
        self.state = state
        self.folder = folder
        self.servers = list(servers)
        self.say = say
        self.children: list[Child] = []
        self.stopping = False
        self._look_at_servers_at = 0.0

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Answer signals for the length of the block and stop every child at its end."""
        before = {
            number: signal.signal(number, self._stop_on_signal)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            end_left_over(self.state)
            yield
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def add(self, child: Child) -> None:
        """Start a child and keep it running from now on."""
        self.children.append(child)
        child.start(self.folder)
        self._write_down()

    def watch(self, until: Callable[[], bool] = lambda: False) -> bool:
        """Keep everything running until asked to stop or until the condition holds.

        Returns whether the condition holds.
        """
        while not self.stopping:
            if until():
                return True
            self._tend_servers()
            for child in self.children:
                self._tend(child)
            time.sleep(LOOK_SECONDS)
        return False

    def stop(self) -> None:
        """Stop every child: first asked, then, after a few seconds, made to."""
        self.stopping = True
        for child in reversed(self.children):
            if child.runs and child.process is not None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_PATIENCE_SECONDS
        while any(child.runs for child in self.children) and time.monotonic() < deadline:
            time.sleep(0.02)
        for child in self.children:
            child.signal_all(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
        _record(self.state).unlink(missing_ok=True)

    def _tend(self, child: Child) -> None:
        if child.runs or self.stopping:
            return
        now = time.monotonic()
        if child.process is not None:
            how = _how_it_ended(child.process.returncode)
            child.signal_all(signal.SIGKILL)
            child.process = None
            child.deaths += 1
            if now - child.started_at > LIVED_LONG_ENOUGH_SECONDS:
                child.wait_seconds = FIRST_WAIT_SECONDS
            child.due_at = now + child.wait_seconds
            self.say(
                f"The {child.name} process stopped ({how}). Starting it again in "
                f"{child.wait_seconds:g} s. What it said last is in {child.log}."
            )
            child.wait_seconds = min(child.wait_seconds * 2, LONGEST_WAIT_SECONDS)
        if now >= child.due_at:
            child.start(self.folder)
            self._write_down()

    def _tend_servers(self) -> None:
        now = time.monotonic()
        if now < self._look_at_servers_at:
            return
        self._look_at_servers_at = now + LOOK_AT_SERVERS_SECONDS
        for server in self.servers:
            if server.answers():
                continue
            try:
                if server.revive():
                    self.say(f"{server.kind.name} had stopped. It was started again.")
            except ServerProblem as problem:
                self.say(str(problem))

    def _write_down(self) -> None:
        found = [
            {"pid": child.process.pid, "started": _started(child.process.pid)}
            for child in self.children
            if child.process is not None
        ]
        making = _record(self.state).with_suffix(".making")
        making.write_text(json.dumps(found))
        making.rename(_record(self.state))

    def _stop_on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True


@contextlib.contextmanager
def only_one(state: Path, address: str) -> Iterator[None]:
    """Hold the state folder for one supervisor, and tell others where it answers.

    Raises: ServerProblem when another supervisor holds it.
    """
    state.mkdir(parents=True, exist_ok=True)
    held = os.open(state / "running", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = os.read(held, 200).decode()
            raise ServerProblem(
                f"The marketplace runs already: {where}\n"
                "Use that one, or stop it first. To run a second one beside it, give it a folder "
                "and a port of its own: STATE_DIR=var-two PORT=8001 make run"
            ) from None
        os.ftruncate(held, 0)
        os.pwrite(held, address.encode(), 0)
        yield
    finally:
        os.close(held)


def end_left_over(state: Path) -> None:
    """End children that a killed supervisor left behind.

    A number alone is not trusted, since another process may have it by now: the instant at which
    the process started must be the same too.
    """
    try:
        found = json.loads(_record(state).read_text())
    except (FileNotFoundError, ValueError):
        return

    def alive() -> list[int]:
        return [each["pid"] for each in found if _started(each["pid"]) == each["started"] != ""]

    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in alive():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, number)
        deadline = time.monotonic() + STOP_PATIENCE_SECONDS
        while alive() and time.monotonic() < deadline:
            time.sleep(0.05)
    _record(state).unlink(missing_ok=True)


def _record(state: Path) -> Path:
    return state / "processes.json"


def _started(pid: int) -> str:
    """Return when the process started, as the system writes it; empty when there is none."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The second field, the name, may hold spaces; it ends with the last bracket.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] == "Z" else fields[19]
    return subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], check=False, capture_output=True, text=True
    ).stdout.strip()


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def _die_with(parent: int) -> Callable[[], None]:
    def prepare() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
