"""What the tests' jobs do. A worker loads this module too, by its --include option."""

from __future__ import annotations

import time
from datetime import datetime

import psycopg
from django.db import connection

from marketplace.core.errors import Conflict, Invalid
from marketplace.core.tenancy import acting
from marketplace.jobs.registry import job
from marketplace.jobs.services import wake

# Not in the schema of the product, whose every table must be walled in.
SCRATCH = """
    CREATE SCHEMA IF NOT EXISTS scratch;
    GRANT USAGE ON SCHEMA scratch TO marketplace_web, marketplace_worker;
    CREATE TABLE IF NOT EXISTS scratch.deed (key text, organisation text, done_at timestamptz);
    GRANT SELECT, INSERT ON scratch.deed TO marketplace_web, marketplace_worker;
"""


def make_scratch(admin_url: str) -> None:
    """Make the table that deeds write to."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(SCRATCH)


class NotNow(Conflict):
    """A refusal that may be granted later."""

    code = "test.not-now"
    title = "Not now."


class Never(Invalid):
    """A refusal for ever."""

    code = "test.never"
    title = "Never."


def write_down(key: str) -> None:
    """Add a row: two for one key mean that a deed was done twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO scratch.deed VALUES (%s, %s, clock_timestamp())", [key, acting()[0]]
        )


def written_down() -> list[str]:
    """The keys of what was done, in no order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM scratch.deed")
        return [key for (key,) in cursor.fetchall()]


@job("test.write")
def write(*, key: str, at: datetime, seconds: float = 0.0) -> None:
    """Write the key down, slowly if asked."""
    write_down(key)
    time.sleep(seconds)


@job("test.write_outside", external=True)
def write_outside(*, key: str, at: datetime, seconds: float = 0.0) -> None:
    """Do the same as external work: it is kept at once, and nothing undoes it."""
    write_down(key)
    time.sleep(seconds)


@job("test.fail")
def fail(*, key: str, at: datetime) -> None:
    """Write the key down and fail."""
    write_down(key)
    raise RuntimeError("the printer is on fire")


@job("test.fail_outside", external=True)
def fail_outside(*, key: str, at: datetime) -> None:
    """Fail as external work."""
    raise RuntimeError("the bank does not answer")


@job("test.break")
def break_transaction(*, key: str, at: datetime) -> None:
    """Write the key down and fail in the database."""
    write_down(key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


@job("test.refuse_now")
def refuse_now(*, key: str, at: datetime) -> None:
    """Refuse for now."""
    write_down(key)
    raise NotNow


@job("test.refuse_for_ever")
def refuse_for_ever(*, key: str, at: datetime) -> None:
    """Refuse for ever."""
    raise Never


@job("test.owe_more")
def owe_more(*, key: str, left: int, at: datetime) -> None:
    """Write the key down and owe the next."""
    write_down(key)
    if left:
        wake("test.owe_more", key=f"{key}{left}", payload={"key": f"{key}{left}", "left": left - 1})
