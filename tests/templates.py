"""A database with every migration applied, made once a schema, from which tests clone theirs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from marketplace.config.database import prepare

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("marketplace", "catalogue", "tendering", "invoicing", "supplier_portal")
ONE_AT_A_TIME = 7_411_034  # the advisory lock that the makers of a template hold


def schema_fingerprint() -> str:
    """Return a name for the schema: a hash over everything that makes it."""
    parts = [*ROOT.glob("**/migrations/*.py"), ROOT / "marketplace/core/tenancy.py"]
    parts += [ROOT / "marketplace/config/database.py", ROOT / "requirements.lock"]
    digest = hashlib.sha256()
    for path in sorted(p for p in parts if ".venv" not in p.parts):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def code_fingerprint() -> str:
    """Return a name for the demonstration: a hash over all code and data that makes it."""
    digest = hashlib.sha256(schema_fingerprint().encode())
    for top in (*PACKAGES, "fixtures"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in {".py", ".csv", ".json"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def template(admin_url: str) -> str:
    """Return the name of the template database, made if it is missing."""
    return _made_once(admin_url, f"template_{schema_fingerprint()}", _migrated)


def demo_template(admin_url: str) -> str:
    """Return the name of a database that holds the small demonstration, made if it is missing."""
    source = template(admin_url)

    def make(admin_url: str, name: str) -> None:
        clone(admin_url, name, source=source)
        _command(name, "demo", role="worker")

    return _made_once(admin_url, f"demo_{code_fingerprint()}", make)


def _made_once(admin_url: str, name: str, make: Callable[[str, str], None]) -> str:
    """Make a database unless it is there whole; of its kind only the newest few are kept."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        ready = admin.execute(
            "SELECT 1 FROM pg_database d JOIN pg_shdescription s ON s.objoid = d.oid"
            " WHERE d.datname = %s AND s.description = 'ready'",
            [name],
        ).fetchone()
        if not ready:
            for (old,) in admin.execute(
                "SELECT datname FROM pg_database WHERE datname ~ %s ORDER BY oid DESC OFFSET 4",
                [f"^{name.split('_')[0]}_[0-9a-f]{{16}}$"],
            ).fetchall():
                drop(admin_url, old)
            # One of this name that is not ready was left by a run that was killed while making it.
            drop(admin_url, name)
            make(admin_url, name)
            admin.execute(sql.SQL("COMMENT ON DATABASE {} IS 'ready'").format(sql.Identifier(name)))
    return name


def clone(admin_url: str, name: str, *, source: str) -> None:
    """Make a database that is a copy of another, which nobody uses at the moment."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER marketplace_owner").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )


def drop(admin_url: str, name: str) -> None:
    """Remove a database, whoever is still connected to it."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def on_database(url: str, name: str) -> str:
    """Return the address of another database on the same server, for the same login."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def _migrated(admin_url: str, name: str) -> None:
    prepare(admin_url, database=name)
    _command(name, "migrate", "--verbosity", "0", "--skip-checks", role="owner")


def _command(name: str, *words: str, role: str) -> None:
    """Run one of the product's commands on a database."""
    addresses = {
        key: on_database(os.environ[key], name)
        for key in ("DATABASE_OWNER_URL", "DATABASE_WEB_URL", "DATABASE_WORKER_URL")
    }
    subprocess.run(
        [sys.executable, "-m", "django", *words],
        env=os.environ | addresses | {"DATABASE_ROLE": role},
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
