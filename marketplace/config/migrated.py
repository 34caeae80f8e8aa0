"""Whether a database has every table that this version of the code speaks of."""

from __future__ import annotations

from pathlib import Path

import psycopg


def awaiting(owner_url: str, project: Path) -> list[str]:
    """Return our migrations that the database has not had, in no order that matters.

    Asked before each command, so it looks at files and one table and starts no Django.
    Shapes: `owner_url` is a libpq address; the answer has names such as "ledger.0001_initial".
    Raises: psycopg.Error when the database does not answer.
    """
    ours = {
        f"{path.parents[1].name}.{path.stem}"
        for top in ("marketplace/*", "*")
        for path in project.glob(f"{top}/migrations/[0-9]*.py")
    }
    with psycopg.connect(owner_url) as connection:
        there = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
        if there is None or there[0] is None:
            return sorted(ours)
        had = connection.execute("SELECT app || '.' || name FROM django_migrations").fetchall()
    return sorted(ours - {name for (name,) in had})
