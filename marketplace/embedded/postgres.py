"""The embedded PostgreSQL: programs out of a wheel, data under the state folder, no TCP.

    python -m marketplace.embedded.postgres start|stop|status

What is kept, and why:

- One server for all who start it; the last to leave stops it (see `sharing`).
- A unix socket in a folder that only the server's account may enter; inside it nobody is asked
  for a password, because whoever may enter could read the data as well.
- Text sorts by code point (C.UTF-8, built in) so that the order is the same on every machine.
- The server's clock speaks UTC; data carry checksums.
- `durable=False` is for tests: nothing waits for the disk, and data that no longer start are
  made anew instead of mourned.
"""

import argparse
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from psycopg.pq import PGconn, Ping

from marketplace.embedded import sharing
from marketplace.embedded.accounts import Account
from marketplace.embedded.problems import ServerProblem
from marketplace.embedded.programs import postgres_programs
from marketplace.embedded.sharing import Server

SUPERUSER = "postgres"
START_PATIENCE_SECONDS = 60
# After kill -9 the old backends hold the shared memory until they notice, a few seconds.
OLD_BACKENDS_PATIENCE_SECONDS = 20
BUSY_PATIENCE_SECONDS = 5
LARGEST_LOG_BYTES = 5_000_000
BUILTIN_COLLATION_SINCE = 17

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "max_connections": "200",
    "cluster_name": "marketplace",
}
NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
STILL_IN_USE = ("pre-existing shared memory block", "lock file")


@dataclass(frozen=True)
class Postgres(sharing.Kind):
    """PostgreSQL with its data in `data` under the state folder."""

    durable: bool = True
    name = "PostgreSQL"
    socket_name = ".s.PGSQL.5432"

    def answers(self, sockets: Path, *, patience_seconds: float = 0) -> bool:
        """Tell whether a server is there, waiting for one that starts or recovers."""
        deadline = time.monotonic() + patience_seconds
        while (said := _ping(sockets)) == Ping.REJECT and time.monotonic() < deadline:
            time.sleep(0.05)
        return said in (Ping.OK, Ping.REJECT)

    def launch(self, state: Path, sockets: Path, account: Account) -> None:
        """Start the server, making its data first where there are none."""
        programs = postgres_programs(account)
        if self._answers_after_all(state, sockets):
            return
        try:
            self._make_data(state, programs, account)
            self._start(state, sockets, programs, account)
        except ServerProblem:
            if self.durable:
                raise
            shutil.rmtree(state / "data", ignore_errors=True)
            self._make_data(state, programs, account)
            self._start(state, sockets, programs, account)

    def end(self, state: Path, sockets: Path, account: Account) -> None:
        """Stop the server, letting go of whoever is connected."""
        _stop(state / "data", postgres_programs(account), account)

    def _answers_after_all(self, state: Path, sockets: Path) -> bool:
        """Tell whether a living server answers if asked again; it may only have been busy."""
        pid = _server_pid(state / "data")
        if pid is None or not _is_postgres(pid, state / "data"):
            return False
        deadline = time.monotonic() + BUSY_PATIENCE_SECONDS
        while (sockets / self.socket_name).exists() and time.monotonic() < deadline:
            if self.answers(sockets, patience_seconds=START_PATIENCE_SECONDS):
                return True
            time.sleep(0.1)
        return False

    def _make_data(self, state: Path, programs: Path, account: Account) -> None:
        data = state / "data"
        major = _major(programs, account)
        if (data / "PG_VERSION").exists():
            theirs = (data / "PG_VERSION").read_text().strip()
            if theirs != str(major):
                raise ServerProblem(
                    f"The data in {data} were made by PostgreSQL {theirs}, and this is PostgreSQL "
                    f"{major}, which cannot read them. To keep them, write them out with the "
                    f"pg_dumpall of version {theirs} and read them into a new folder; otherwise "
                    f"move {data} away and start again."
                )
            return
        if data.exists() and any(data.iterdir()):
            raise ServerProblem(f"{data} holds something that is not a database. Move it away.")
        # Made beside and renamed, so that a run that is cut short leaves nothing half made.
        making = state / "data.making"
        if making.exists():
            shutil.rmtree(making)
        making.mkdir()
        account.own(making)
        collation = (
            ["--locale-provider=builtin", "--locale=C.UTF-8"]
            if major >= BUILTIN_COLLATION_SINCE
            else ["--locale=C.UTF-8"]
        )
        options = ["--encoding=UTF8", "--auth=trust", "--data-checksums", f"--username={SUPERUSER}"]
        if not self.durable:
            options.append("--no-sync")
        with _as_seen_by(account, making) as (path, held):
            done = subprocess.run(
                [programs / "initdb", "-D", path, *options, *collation],
                check=False,
                capture_output=True,
                text=True,
                pass_fds=held,
                **account.run_options(),
            )
        if done.returncode != 0:
            shutil.rmtree(making, ignore_errors=True)
            raise ServerProblem(f"A new database could not be made in {data}:\n{done.stderr}")
        making.rename(data)

    def _start(self, state: Path, sockets: Path, programs: Path, account: Account) -> None:
        deadline = time.monotonic() + OLD_BACKENDS_PATIENCE_SECONDS
        while True:
            _clear_the_way(state / "data", sockets, programs, account)
            said = self._try_to_start(state, sockets, programs, account)
            if said is None:
                return
            still_in_use = any(words in said for words in STILL_IN_USE)
            if not still_in_use or time.monotonic() > deadline:
                raise ServerProblem(f"PostgreSQL did not start. It said:\n{said.strip()[-2000:]}")
            time.sleep(0.2)

    def _try_to_start(
        self, state: Path, sockets: Path, programs: Path, account: Account
    ) -> str | None:
        """Start the server once. Return None, or what it said when it did not start."""
        settings = SETTINGS | ({} if self.durable else NOT_DURABLE)
        settings["unix_socket_directories"] = str(sockets)
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
        log = state / "log"
        if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
            log.rename(state / "log.before")
        with log.open("ab") as writing, _as_seen_by(account, state / "data") as (path, held):
            before = writing.tell()
            command = ["start", "-w", "-s", "-t", str(START_PATIENCE_SECONDS)]
            done = subprocess.run(
                [str(programs / "pg_ctl"), *command, "-D", path, "-o", options],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                pass_fds=held,
                **account.run_options(),
            )
        if done.returncode == 0:
            return None
        return log.read_bytes()[before:].decode(errors="replace")


def start(state: Path, *, durable: bool = True, keep: bool = False) -> Server:
    """Return the running server of this state folder, started if there is none."""
    return sharing.join_or_start(Postgres(durable), state, keep=keep)


def stop(state: Path) -> bool:
    """Stop the server, whoever uses it. Tell whether there was one."""
    return sharing.stop(Postgres(), state)


def url(server: Server, *, user: str = SUPERUSER, database: str = "postgres") -> str:
    """Return the address of a database as libpq and Django's settings read it."""
    return f"postgresql://{user}@/{database}?host={server.sockets}"


@contextlib.contextmanager
def _as_seen_by(account: Account, data: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Give a name of the data folder that works for the account.

    A checkout may lie under a folder which the server's account may not pass through, such as
    root's home. A folder that is already open can be reached through /proc all the same, so
    nothing above it need be opened to others.
    """
    if account.may_enter(data):
        yield str(data), ()
        return
    if not Path("/proc/self/fd").is_dir():
        raise ServerProblem(
            f"The account {account.name} may not enter {data}. Give a folder that it may enter "
            "with STATE_DIR=…"
        )
    held = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{held}", (held,)
    finally:
        os.close(held)


def _ping(sockets: Path) -> Ping:
    return Ping(PGconn.ping(f"host={sockets} user={SUPERUSER} dbname=postgres".encode()))


def _major(programs: Path, account: Account) -> int:
    said = subprocess.run(
        [programs / "postgres", "--version"],
        check=True,
        capture_output=True,
        text=True,
        **account.run_options(),
    ).stdout
    found = re.search(r"(\d+)", said)
    if found is None:
        raise ServerProblem(f"{programs / 'postgres'} does not say its version: {said}")
    return int(found[1])


def _clear_the_way(data: Path, sockets: Path, programs: Path, account: Account) -> None:
    """Take away what a dead server left, and stop a living one that nobody can reach."""
    pid = _server_pid(data)
    if pid is not None and _is_postgres(pid, data):
        _stop(data, programs, account)
    elif pid is not None:
        # The number may belong to somebody else by now, and PostgreSQL would believe that its
        # server still runs. A number that no process can have makes it look at the shared memory
        # which the file also names, so that old backends are still noticed.
        file = data / "postmaster.pid"
        lines = file.read_text().splitlines()
        file.write_text("\n".join(["2147483646", *lines[1:]]) + "\n")
    for left in sockets.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def _server_pid(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None


def _is_postgres(pid: int, data: Path) -> bool:
    """Tell whether the process is a living server of this data folder."""
    process = Path(f"/proc/{pid}")
    if not Path("/proc/self").exists():
        said = subprocess.run(
            ["ps", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True
        ).stdout
        return "postgres" in said and str(data) in said
    try:
        command = (process / "cmdline").read_bytes()
        return b"postgres" in command and (process / "cwd").resolve() == data.resolve()
    except OSError:
        return False


def _stop(data: Path, programs: Path, account: Account) -> None:
    for mode in ("fast", "immediate"):
        pid = _server_pid(data)
        if pid is None or not _is_postgres(pid, data):
            return
        with _as_seen_by(account, data) as (path, held):
            subprocess.run(
                [programs / "pg_ctl", "stop", "-D", path, "-m", mode, "-w", "-s", "-t", "15"],
                check=False,
                capture_output=True,
                pass_fds=held,
                **account.run_options(),
            )
    pid = _server_pid(data)
    if pid is not None and _is_postgres(pid, data):
        os.kill(pid, signal.SIGKILL)


def main() -> int:
    """Start a server that stays, stop it, or say where it is."""
    parser = argparse.ArgumentParser(prog="python -m marketplace.embedded.postgres")
    parser.add_argument("command", choices=["start", "stop", "status"])
    command = parser.parse_args().command
    state = Path(os.environ.get("STATE_DIR") or "var").absolute() / "postgres"
    try:
        if command == "start":
            print(url(start(state, keep=True)))
        elif command == "stop":
            print("Stopped." if stop(state) else "No server was running.")
        else:
            sockets = sharing.address(Postgres(), state)
            print(f"Running at {sockets}" if sockets else "No server is running.")
            return 0 if sockets else 3
    except ServerProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
