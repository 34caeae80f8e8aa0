"""How fast the trail is written and checked, beside the least that must be done for it.

The floor of writing is a bare INSERT of the same row, over the same connection, into a table with
the same columns and indexes: no chain, no hash, no wall, no function. The floor of checking reads
the same words in order and hashes them, and compares nothing. Each event is a transaction of its
own, as in a service that writes one. BENCH_EVENTS says how many (2,000 if not); figures are
printed with -s.
"""

from __future__ import annotations

import hashlib
import os
from statistics import median
from time import perf_counter

import psycopg
import pytest
from django.db import connection

from marketplace.audit.models import Event
from marketplace.audit.selectors import chain_verdict
from marketplace.audit.services import record
from marketplace.core.ids import uuid7
from marketplace.core.tenancy import tenant
from tests import servers
from tests.factories import organisations as make

pytestmark = pytest.mark.benchmark
EVENTS = int(os.environ.get("BENCH_EVENTS", "2000"))
ROUNDS = 5
LEAST_SHARE_WRITING = 0.3  # of the floor's events a second
LEAST_SHARE_CHECKING = 0.05
COLUMNS = [field.column for field in Event._meta.concrete_fields]
NAMES, MARKS = ", ".join(COLUMNS), ", ".join(["%s"] * len(COLUMNS))


@pytest.fixture
def council(fresh_db):
    """A council, and the floor's table beside the trail's."""
    with psycopg.connect(servers.admin_url(fresh_db), autocommit=True) as admin:
        admin.execute("CREATE TABLE floor (LIKE audit_event INCLUDING ALL)")
        admin.execute("GRANT INSERT, TRUNCATE, SELECT ON floor TO marketplace_worker")
    return make.council()


def write(council, at, count: int) -> float:
    """Events a second through `record`."""
    begun = perf_counter()
    for number in range(count):
        record(
            "requisition.approved", council, actor=None, at=at, organisation_id=council.pk,
            before={"status": "SUBMITTED"}, after={"status": "APPROVED", "by": "Ada"},
            note=f"Approved {number}.",
        )  # fmt: skip
    return count / (perf_counter() - begun)


def write_bare(row: tuple, count: int) -> float:
    """Rows a second through a bare INSERT."""
    key, place = COLUMNS.index("id"), COLUMNS.index("sequence")
    rows = []
    for number in range(count):
        changed = list(row)
        changed[key], changed[place] = uuid7(), number + 1
        rows.append(changed)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE floor")
        begun = perf_counter()
        for each in rows:
            cursor.execute(f"INSERT INTO floor ({NAMES}) VALUES ({MARKS})", each)
        return count / (perf_counter() - begun)


def first_row() -> tuple:
    """One event, as the driver takes it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NAMES} FROM audit_event LIMIT 1")
        return cursor.fetchone()


def hash_bare(council) -> float:
    """Events a second, read in order and hashed."""
    begun, count = perf_counter(), 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT previous_hash, body FROM audit_event WHERE chain = %s ORDER BY sequence",
            [council.pk],
        )
        for before, body in cursor.fetchall():
            hashlib.sha256(bytes(before) + body.encode()).digest()
            count += 1
    return count / (perf_counter() - begun)


def check(council) -> float:
    """Events a second through `chain_verdict`."""
    begun = perf_counter()
    verdict = chain_verdict(council.pk)
    assert verdict.breaks == ()
    return verdict.events / (perf_counter() - begun)


def shown(what: str, ours: list[float], floor: list[float]) -> float:
    share = median(mine / its for mine, its in zip(ours, floor, strict=True))
    print(
        f"{what}: {median(ours):,.0f} events/s beside {median(floor):,.0f} of the floor,"
        f" ratio {share:.2f}"
    )
    return share


def test_writing_and_checking_beside_their_floors(council, at):
    writing, bare, checking, hashing = [], [], [], []
    with tenant(council.pk):
        write(council, at, 50)
        row = first_row()
        for _ in range(ROUNDS):
            bare.append(write_bare(row, EVENTS // ROUNDS))
            writing.append(write(council, at, EVENTS // ROUNDS))
        for _ in range(ROUNDS):
            hashing.append(hash_bare(council))
            checking.append(check(council))
    written = shown("Written to the trail", writing, bare)
    checked = shown("Checked along the chain", checking, hashing)
    assert written > LEAST_SHARE_WRITING
    assert checked > LEAST_SHARE_CHECKING
