"""The database logins of the application, to try the walls from where a request stands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection, connections

from marketplace.config.databases import database_from_url


@contextmanager
def the_web() -> Iterator[None]:
    """Have this process work on the web's own login, as its pages do."""
    entry = database_from_url(os.environ["DATABASE_WEB_URL"], pooled=False)
    before = connections.settings["default"]
    kept = dict(before)
    connection.close()
    for name in ("USER", "HOST", "PORT", "PASSWORD", "OPTIONS", "NAME"):
        before[name] = entry[name]
    try:
        yield
    finally:
        connection.close()
        before.update(kept)


@contextmanager
def raw(role: str, organisation_id: object = "") -> Iterator[psycopg.Connection]:
    """Open a plain connection of a role's login that acts for an organisation."""
    url = os.environ[f"DATABASE_{role.upper()}_URL"]
    with psycopg.connect(url, autocommit=True) as connected:
        connected.execute(
            "SELECT set_config('marketplace.organisation', %s, false)", [str(organisation_id)]
        )
        yield connected
