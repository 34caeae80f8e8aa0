"""Servers for the tests, and the environment that the settings read. Load with `-p tests.servers`.

All test processes share one PostgreSQL that does not wait for the disk, and one Valkey; the last
to finish stops them. Each process (each xdist worker too) has a database name of its own, which
conftest makes from a template. Databases of processes that were killed are dropped.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from marketplace.embedded import broker, environment, postgres
from marketplace.embedded.sharing import Server
from marketplace.web.assets import build_assets

ROOT = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("TEST_STATE_DIR") or ROOT / "var" / "test")
OWN_DATABASE = re.compile(r"test_(?:gw\d+_)?(\d+)(?:_\d+)?")

_servers: dict[str, Server] = {}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Start or join the servers before anybody reads the settings."""
    begin()
    return (yield)


def pytest_unconfigure() -> None:
    """Stop using the servers."""
    while _servers:
        _servers.popitem()[1].leave()


def begin() -> None:
    """Start or join the servers and tell the settings where they are."""
    if _servers:
        return
    # WhiteNoise warns of a folder that is not there, and a warning is an error here.
    (STATE / "static").mkdir(parents=True, exist_ok=True)
    _servers["postgres"] = postgres.start(STATE / "postgres", durable=False)
    _servers["broker"] = broker.start(STATE / "broker")
    for name in ("DATABASE_URL", "DEMO", "PORT", "SITE_ADDRESS", "EMAIL_URL", "LOG_JSON"):
        os.environ.pop(name, None)
    os.environ |= environment.database_urls(_servers["postgres"], database_name()) | {
        "BROKER_URL": broker.url(_servers["broker"]),
        "DATABASE_ROLE": "worker",
        "SECRET_KEY": "only-for-tests-" + "x" * 40,
        "STATE_DIR": str(STATE),
        # Collecting and hashing the static files would only slow the tests.
        "STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
    }
    with (STATE / "preparing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _build_assets()
        _drop_abandoned()


def admin_url(database: str = "postgres") -> str:
    """Return the address of a database as the server's administrator."""
    return postgres.url(_servers["postgres"], database=database)


def database_urls(database: str) -> dict[str, str]:
    """Return the addresses of another database of the test server, one for each role."""
    return environment.database_urls(_servers["postgres"], database)


def database_name() -> str:
    """Return the name of this process's own database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    return f"test_{worker}_{os.getpid()}" if worker else f"test_{os.getpid()}"


def _build_assets() -> None:
    source = ROOT / "node_modules" / "govuk-frontend"
    target = STATE / "assets" / "govuk"
    made_by = (ROOT / "marketplace" / "web" / "assets.py", source / "package.json")
    if not source.exists():
        return
    newest = max(path.stat().st_mtime for path in made_by)
    if not target.exists() or target.stat().st_mtime < newest:
        build_assets(ROOT / "node_modules", target)
        target.touch()


def _drop_abandoned() -> None:
    with psycopg.connect(admin_url(), autocommit=True) as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
            found = OWN_DATABASE.fullmatch(name)
            if found and not _lives(int(found[1])):
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
