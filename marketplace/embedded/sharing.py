"""One server for many processes: the first starts it, the others join, the last one stops it.

Who uses a server is told by file locks alone, because the kernel drops a lock when its holder
dies, however it dies; no list of process numbers can go stale.

- `lock` is held while a server is started, joined, revived or stopped. Of eight processes that
  start at once, one starts the server and seven find it running.
- `users` is held, shared, by every process that uses the server, for as long as it does. A
  process that leaves asks for the lock alone: when it gets it, nobody else uses the server.
- `server.json` says where the socket is, and whether the server was started to stay.

The socket has a folder of its own with a short name, because the path of a unix socket may have
no more than 107 bytes, and a checkout may be deep. Only the server's account may enter it.
"""

import contextlib
import fcntl
import json
import os
import shutil
import stat
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from marketplace.embedded.accounts import Account, server_account
from marketplace.embedded.problems import ServerProblem
from marketplace.embedded.programs import shared_places

LOCK_PATIENCE_SECONDS = 120
START_PATIENCE_SECONDS = 60
LONGEST_SOCKET_PATH = 100


class Kind(ABC):
    """A kind of server: how to tell that it answers, start it and end it."""

    name: str
    socket_name: str

    @abstractmethod
    def answers(self, sockets: Path, *, patience_seconds: float = 0) -> bool:
        """Tell whether a server is there, waiting for one that is still starting."""

    @abstractmethod
    def launch(self, state: Path, sockets: Path, account: Account) -> None:
        """Start the server and return once it answers."""

    @abstractmethod
    def end(self, state: Path, sockets: Path, account: Account) -> None:
        """Stop the server and return once it has gone."""


@dataclass
class Server:
    """A running server that this process uses until it leaves."""

    kind: Kind
    state: Path
    sockets: Path
    started: bool
    _users: int = field(repr=False)

    @property
    def socket(self) -> Path:
        """Return the path of the socket."""
        return self.sockets / self.kind.socket_name

    def answers(self) -> bool:
        """Tell whether the server answers now."""
        return self.kind.answers(self.sockets)

    def revive(self) -> bool:
        """Start the server again at the same address if it has died. Tell whether it had."""
        with _locked(self.state):
            if self.answers():
                return False
            account = server_account(self.state / "data")
            if not _is_private(self.sockets, account):
                self.sockets.mkdir(mode=0o700)
                account.own(self.sockets)
            self.kind.launch(self.state, self.sockets, account)
        return True

    def leave(self) -> bool:
        """Stop using the server; stop it when nobody else does. Tell whether it was stopped."""
        if self._users < 0:
            return False
        with _locked(self.state):
            os.close(self._users)
            self._users = -1
            if _is_kept(self.state) or _is_used(self.state):
                return False
            _end(self.kind, self.state)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()


def join_or_start(kind: Kind, state: Path, *, keep: bool = False) -> Server:
    """Return the running server of this state folder, started if there is none.

    With `keep` it goes on running when the last process has left.
    """
    _make_state(state)
    with _locked(state):
        account = server_account(state / "data")
        known = _known_sockets(state, account)
        started = known is None or not kind.answers(known, patience_seconds=START_PATIENCE_SECONDS)
        sockets = known or _new_sockets(account)
        if started or keep:
            _write(state, sockets, keep=keep)
        if started:
            kind.launch(state, sockets, account)
        users = os.open(state / "users", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(users, fcntl.LOCK_SH)
    return Server(kind, state, sockets, started, users)


def stop(kind: Kind, state: Path) -> bool:
    """Stop the server, whoever uses it. Tell whether there was one."""
    if not state.is_dir():
        return False
    with _locked(state):
        return _end(kind, state)


def address(kind: Kind, state: Path) -> Path | None:
    """Return the folder of the running server's socket, or None when no server answers."""
    sockets = _known_sockets(state, server_account(state / "data"))
    return sockets if sockets is not None and kind.answers(sockets) else None


def _make_state(state: Path) -> None:
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServerProblem(
            f"{state} cannot be made ({error.strerror}). Give a folder that you may write to "
            "with STATE_DIR=…"
        ) from error


@contextlib.contextmanager
def _locked(state: Path) -> Iterator[None]:
    try:
        held = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise ServerProblem(
            f"{state} belongs to another account. Run this as the same account as before, or "
            "give another folder with STATE_DIR=…"
        ) from error
    try:
        deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
        while not _flock(held, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise ServerProblem(f"Another process has held {state / 'lock'} for too long.")
            time.sleep(0.02)
        yield
    finally:
        os.close(held)


def _flock(held: int, how: int) -> bool:
    try:
        fcntl.flock(held, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_used(state: Path) -> bool:
    users = os.open(state / "users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return not _flock(users, fcntl.LOCK_EX)
    finally:
        os.close(users)


def _end(kind: Kind, state: Path) -> bool:
    account = server_account(state / "data")
    sockets = _known_sockets(state, account)
    running = sockets is not None and kind.answers(sockets)
    if sockets is not None:
        kind.end(state, sockets, account)
        shutil.rmtree(sockets, ignore_errors=True)
    (state / "server.json").unlink(missing_ok=True)
    return running


def _read(state: Path) -> dict[str, object]:
    try:
        found = json.loads((state / "server.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(state: Path, sockets: Path, *, keep: bool) -> None:
    making = state / "server.json.making"
    making.write_text(json.dumps({"sockets": str(sockets), "keep": keep}))
    making.rename(state / "server.json")


def _is_kept(state: Path) -> bool:
    return _read(state).get("keep") is True


def _known_sockets(state: Path, account: Account) -> Path | None:
    recorded = _read(state).get("sockets")
    if not isinstance(recorded, str) or not _is_private(Path(recorded), account):
        return None
    return Path(recorded)


def _is_private(sockets: Path, account: Account) -> bool:
    """Tell whether the folder is the account's alone; its name lies in a place open to all."""
    try:
        found = sockets.lstat()
    except FileNotFoundError:
        return False
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == account.uid
        and stat.S_IMODE(found.st_mode) == 0o700
    )


def _new_sockets(account: Account) -> Path:
    for place in shared_places(account):
        sockets = Path(tempfile.mkdtemp(prefix="marketplace-", dir=place))
        if len(os.fsencode(sockets / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            account.own(sockets)
            return sockets
        sockets.rmdir()
    raise ServerProblem("No temporary folder was found for the servers' sockets, such as /tmp.")
