"""The whole product as processes on servers of its own, to be killed at any instant.

    with Installation.begun(tmp_path) as installation:
        installation.start("worker", "beat")
        with installation.connected():                  # Django in the test uses its database
            under_fire(installation, clients=[...], kills=5, seed=1)
            installation.settle(seconds=60)             # until no job is owed
        assert broken(exactly_once, no_job_stuck) == []

`kill` is SIGKILL for every process of a part at once, as when the power of that machine fails; what
the operating system was already given is kept. The database waits for its disk, as in earnest.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread

from django.db import InterfaceError, OperationalError, connections

from marketplace.__main__ import part_command
from marketplace.config.database import prepare
from marketplace.config.databases import database_from_url
from marketplace.embedded import broker, environment, postgres
from marketplace.embedded.sharing import Server
from tests import servers, templates

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("web", "worker", "beat")
SERVERS = ("database", "broker")
NAME = "marketplace"
ANSWER_SECONDS = 60
DATABASE_ERRORS = (OperationalError, InterfaceError)

Problem = str
Invariant = Callable[[], list[Problem]]


@dataclass
class Installation:
    """The database, the broker, the web server, the worker and beat, each to be killed."""

    folder: Path
    include: tuple[str, ...] = ()
    urls: dict[str, str] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    port: int = 0

    @classmethod
    @contextlib.contextmanager
    def begun(cls, folder: Path, **given: object) -> Iterator[Installation]:
        """Give an installation with its servers running, and end whatever is left of it."""
        made = cls(folder, **given)  # type: ignore[arg-type]
        try:
            made.begin()
            yield made
        finally:
            made.end()

    def begin(self) -> None:
        """Start the servers, unless others were named, on a database with tables and no row."""
        if not self.urls:
            _copy_of_prepared(self.folder / "postgres")
            self.servers["database"] = postgres.start(self.folder / "postgres")
            self.servers["broker"] = broker.start(self.folder / "broker")
            self.urls = environment.database_urls(self.servers["database"], NAME)
            self.urls["BROKER_URL"] = broker.url(self.servers["broker"])
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            self.port = asked.getsockname()[1]

    def end(self) -> None:
        """Kill what still runs and stop the servers."""
        for name in list(self.processes):
            self.kill(name)
        for server in self.servers.values():
            server.revive()  # so that it stops as usual and its folders go with it
            server.leave()

    @property
    def address(self) -> str:
        """Where the web server answers."""
        return f"http://127.0.0.1:{self.port}"

    def admin_url(self) -> str:
        """Return the address of the database as its administrator."""
        given = self.urls.get("DATABASE_ADMIN_URL")
        return given or postgres.url(self.servers["database"], database=NAME)

    def environment(self, part: str) -> dict[str, str]:
        """Return what a part is told."""
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("DATABASE_", "PYTEST_"))
        }
        return {
            **inherited,
            **self.urls,
            "STATE_DIR": str(self.folder),
            "STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
            "DATABASE_ROLE": "web" if part == "web" else "worker",
            "PYTHONPATH": str(ROOT),
            "PORT": str(self.port),
        }

    def start(self, *parts: str) -> None:
        """Start parts of the product."""
        for name in parts:
            command = part_command(name, self.folder, bind=f"127.0.0.1:{self.port}")
            if name == "worker" and self.include:
                command += ["--include", ",".join(self.include)]
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    command, cwd=ROOT, env=self.environment(name), start_new_session=True,
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                )  # fmt: skip

    def kill(self, name: str) -> None:
        """Kill every process of a part or of a server, with no time to say anything."""
        if name in SERVERS:
            for pid in _family(self._server_pid(name)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def revive(self, name: str) -> None:
        """Start again what was killed."""
        if name in SERVERS:
            self.servers[name].revive()
        else:
            self.start(name)

    def answers(self, *, seconds: float = ANSWER_SECONDS, path: str = "/") -> bool:
        """Wait until the web server answers; tell whether it did."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.address + path, timeout=5):
                    return True
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    return True
            except OSError:
                pass
            time.sleep(0.1)
        return False

    @contextlib.contextmanager
    def connected(self) -> Iterator[None]:
        """Let Django in this process, and in its threads, use the installation's database."""
        ours = database_from_url(self.urls["DATABASE_WORKER_URL"], pooled=False)
        settings = connections["default"].settings_dict
        before = {key: settings[key] for key in ours}
        connections["default"].close()
        settings.update(ours)
        try:
            yield
        finally:
            connections["default"].close()
            settings.update(before)

    def log(self, part: str) -> str:
        """Return what a part has said."""
        path = self.folder / f"{part}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _server_pid(self, name: str) -> int:
        if name == "database":
            file = self.folder / "postgres" / "data" / "postmaster.pid"
            return int(file.read_text().splitlines()[0])
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(self.servers["broker"].socket))
            asking.sendall(b"INFO server\r\n")
            found = re.search(rb"process_id:(\d+)", asking.recv(4096))
        assert found is not None
        return int(found[1])


def _family(pid: int) -> list[int]:
    """A process and its children: PostgreSQL gives each child a group of its own."""
    children = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                children.append(int(path.parent.name))
    return [pid, *children]


def _copy_of_prepared(target: Path) -> None:
    """Copy the files of a stopped server whose database was migrated once for all tests."""
    fingerprint = templates.schema_fingerprint()
    prepared = servers.STATE / "prepared" / fingerprint
    prepared.mkdir(parents=True, exist_ok=True)
    with (prepared / "preparing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (prepared / "ready").exists():
            _drop_others(prepared)
            shutil.rmtree(prepared / "postgres", ignore_errors=True)
            with postgres.start(prepared / "postgres") as server:
                prepare(postgres.url(server), database=NAME)
                _migrate(server)
            (prepared / "ready").touch()
        target.mkdir(parents=True)
        # cp keeps the owner, who is another account than ours when root runs the tests.
        subprocess.run(["cp", "-a", prepared / "postgres" / "data", target], check=True)


def _drop_others(prepared: Path) -> None:
    """Remove what was prepared for schemas of which nobody has asked for an hour."""
    for other in prepared.parent.iterdir():
        if other != prepared and time.time() - (other / "preparing").stat().st_mtime > 3600:
            shutil.rmtree(other, ignore_errors=True)


def _migrate(server: Server) -> None:
    told = os.environ | environment.database_urls(server, NAME) | {"DATABASE_ROLE": "owner"}
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "--skip-checks"],
        env=told, check=True, cwd=ROOT,
    )  # fmt: skip


@dataclass
class Fire:
    """What happened under fire."""

    seed: int
    shots: list[str] = field(default_factory=list)
    seconds: float = 0.0
    unfinished: int = 0


def under_fire(
    installation: Installation,
    *,
    clients: list[Callable[[Event], None]],
    kills: int,
    seed: int,
    targets: tuple[str, ...] = ("worker", "database", "broker"),
    pauses: tuple[float, float] = (0.3, 1.5),
    seconds: float = 120,
    afterwards: Callable[[], None] = lambda: None,
) -> Fire:
    """Let clients act while parts and servers are killed and started again.

    Shapes: a client is called once, in a thread, with an event that is set when it should give up;
    it tries each of its deeds until it is answered. What is shot at, and when, comes from the seed.
    `afterwards` is called when the last shot has fallen, for clients that go on until then.
    """
    random, fire, give_up = Random(seed), Fire(seed), Event()
    begun = time.monotonic()
    threads = [Thread(target=_as_client, args=(client, give_up)) for client in clients]
    for thread in threads:
        thread.start()
    shots = [targets[number % len(targets)] for number in range(kills)]
    random.shuffle(shots)
    for target in shots:
        time.sleep(random.uniform(*pauses))
        fire.shots.append(target)
        installation.kill(target)
        time.sleep(random.uniform(0, 0.5))
        installation.revive(target)
    afterwards()
    for thread in threads:
        thread.join(max(0.0, seconds - (time.monotonic() - begun)))
    fire.unfinished = sum(thread.is_alive() for thread in threads)
    give_up.set()
    for thread in threads:
        thread.join(30)
    # Ours may have died with the database too.
    connections["default"].close()
    fire.seconds = time.monotonic() - begun
    return fire


def _as_client(client: Callable[[Event], None], give_up: Event) -> None:
    try:
        client(give_up)
    finally:
        connections["default"].close()


def until_answered(deed: Callable[[], object], give_up: Event, *, pause: float = 0.1) -> bool:
    """Try a deed until it does not fail for want of a server; tell whether it was answered."""
    while not give_up.is_set():
        try:
            deed()
        except (OSError, *DATABASE_ERRORS):
            connections["default"].close()
            time.sleep(pause)
        else:
            return True
    return False


def settled(question: Callable[[], bool], *, seconds: float, pause: float = 0.2) -> bool:
    """Wait until something is so; tell whether it became so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if question():
                return True
        except DATABASE_ERRORS:
            connections["default"].close()
        time.sleep(pause)
    return False


def broken(*invariants: Invariant) -> list[Problem]:
    """Return what does not hold, in words, each with the name of its invariant."""
    return [f"{each.__name__}: {problem}" for each in invariants for problem in each()]
