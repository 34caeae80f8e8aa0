"""The account that a server runs as.

PostgreSQL refuses to run as root, rightly. So a server that root starts runs as the account
`postgres`, or `nobody` where there is none, without any of root's groups; a server that anybody
else starts runs as that person.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.embedded.problems import ServerProblem

# Nothing of the caller's environment: a stray PGDATA or PGOPTIONS would reach the server.
PLAIN_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """The account that a server runs as, which root may switch to and others already are."""

    name: str
    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        """Tell whether this process already runs as the account."""
        return self.uid == os.geteuid()

    def run_options(self) -> dict[str, Any]:
        """Return what subprocess needs to run a program as the account."""
        options: dict[str, Any] = {"cwd": "/", "env": PLAIN_ENVIRONMENT}
        if not self.is_ours:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def own(self, path: Path) -> None:
        """Give the account the path, to itself alone."""
        path.chmod(0o700)
        if not self.is_ours:
            os.chown(path, self.uid, self.gid)

    def may_enter(self, folder: Path) -> bool:
        """Tell whether the account may pass through the folder and every folder above it."""
        if self.is_ours:
            return True
        real = folder.resolve()
        return all(self._passes(each.stat()) for each in (real, *real.parents))

    def _passes(self, found: os.stat_result) -> bool:
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def server_account(data: Path) -> Account:
    """Return the account that runs the server of this data folder.

    Root keeps to whoever owns the data already, so that a folder made by one account
    is not started as another.
    """
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            raise ServerProblem(
                f"{data} belongs to {_name_of(data.stat().st_uid)}, not to you. Run this as the "
                "same account as before, or give another folder with STATE_DIR=…"
            )
        return Account(_name_of(os.geteuid()), os.geteuid(), os.getegid())
    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return Account(_name_of(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise ServerProblem(
        "PostgreSQL will not run as root, and there is no account “postgres” or “nobody” to run "
        "it as. Run this as an ordinary account."
    )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
