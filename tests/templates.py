"""A database with every migration applied, made once a schema, from which tests clone theirs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from marketplace.config.database import prepare

ROOT = Path(__file__).resolve().parents[1]
ONE_AT_A_TIME = 7_411_034  # the advisory lock that the makers of a template hold


def schema_fingerprint() -> str:
    """Return a name for the schema: a hash over everything that makes it."""
    parts = [*ROOT.glob("**/migrations/*.py"), ROOT / "marketplace/core/tenancy.py"]
    parts += [ROOT / "marketplace/config/database.py", ROOT / "requirements.lock"]
    digest = hashlib.sha256()
    for path in sorted(p for p in parts if ".venv" not in p.parts):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def template(admin_url: str) -> str:
    """Return the name of the template database, made if it is missing."""
    name = f"template_{schema_fingerprint()}"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        ready = admin.execute(
            "SELECT 1 FROM pg_database d JOIN pg_shdescription s ON s.objoid = d.oid"
            " WHERE d.datname = %s AND s.description = 'ready'",
            [name],
        ).fetchone()
        if not ready:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            prepare(admin_url, database=name)
            _migrate(name)
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


def _migrate(name: str) -> None:
    environment = os.environ | {
        "DATABASE_ROLE": "owner",
        "DATABASE_OWNER_URL": on_database(os.environ["DATABASE_OWNER_URL"], name),
    }
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "--skip-checks"],
        env=environment, check=True, cwd=ROOT,
    )  # fmt: skip
