"""How fast journals are posted and read, beside the least that must be done for it.

The floor of posting writes the same rows in one transaction with three statements, over the same
connection, into tables with the same columns and indexes: no event is held, no period, budget or
counter, nothing is looked up, and the tables have no walls, references or triggers. The floor of
the trial balance is its one sum over the bare table. Each journal is a transaction of its own, as
in a service. BENCH_JOURNALS says how many (300 if not); figures are printed with -s.
"""

from __future__ import annotations

import os
from datetime import date
from statistics import median
from time import perf_counter
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction

from marketplace.core.ids import uuid7
from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Journal, JournalLine
from marketplace.ledger.selectors.journals import (
    actuals_out_of_line,
    journals_out_of_balance,
    trial_balance,
)
from marketplace.ledger.services.journals import post_journal
from marketplace.ledger.states import AccountRole
from tests import servers
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.benchmark
JOURNALS = int(os.environ.get("BENCH_JOURNALS", "300"))
ROUNDS = 5
LINES = 10
LEAST_SHARE_POSTING = 0.08  # of the floor's journals a second
LEAST_SHARE_READING = 0.3
COLUMNS = {
    model: [field.column for field in model._meta.concrete_fields]
    for model in (Journal, JournalLine)
}


@pytest.fixture
def books(fresh_db):
    """A council that can post, and the floor's tables beside the real ones."""
    with psycopg.connect(servers.admin_url(fresh_db), autocommit=True) as admin:
        for table in ("journal", "journalline"):
            admin.execute(f"CREATE TABLE floor_{table} (LIKE ledger_{table} INCLUDING ALL)")
            admin.execute(f"GRANT ALL ON floor_{table} TO marketplace_worker")
    council = organisations.council()
    act_for(council.pk)
    return ledger.books(council)


def drafts(books, count: int):
    return [
        ledger.draft(
            *[books.spend(1) for _ in range(LINES - 1)],
            books.credit(AccountRole.RECEIPTS, LINES - 1),
        )
        for _ in range(count)
    ]


def post(books, count: int) -> float:
    """Journals a second through post_journal."""
    wanted = drafts(books, count)
    begun = perf_counter()
    for draft in wanted:
        with transaction.atomic():
            post_journal(council_id=books.council.pk, draft=draft, posted_by=None, at=ordering.NOON)
    return count / (perf_counter() - begun)


def rows_of(books, number: int) -> tuple[list, list[list]]:
    """One journal and its lines, as the driver takes them."""
    budget, key = books.budget, uuid7()
    head = {
        "id": key, "council_id": books.council.pk, "financial_year": 2026, "number": number,
        "period_id": books.periods[7].pk, "dated_on": ledger.TODAY, "document_on": ledger.TODAY,
        "kind": "RECEIPT", "event_key": f"receipt:{key}", "reverses_id": None,
        "document_type": "receipt", "document_id": key, "document_reference": "GRN-26-000001",
        "narrative": "Chairs received", "lines_count": LINES, "total_amount": LINES - 1,
        "posted_at": ordering.NOON, "posted_by_id": None, "posted_by_name": "",
    }  # fmt: skip
    lines = []
    for place in range(1, LINES + 1):
        spent = place < LINES
        line = {
            "id": uuid7(), "council_id": books.council.pk, "journal_id": key, "number": place,
            "dated_on": ledger.TODAY, "supplier_id": None, "source_line_id": None,
            "account_id": budget.account_id
            if spent else books.controls[AccountRole.RECEIPTS].pk,
            "cost_centre_id": budget.cost_centre_id if spent else None,
            "budget_id": budget.pk if spent else None,
            "debit_amount": 1 if spent else 0, "credit_amount": 0 if spent else LINES - 1,
        }  # fmt: skip
        lines.append([line[name] for name in COLUMNS[JournalLine]])
    return [head[name] for name in COLUMNS[Journal]], lines


def post_bare(books, count: int, first: int) -> float:
    """Journals a second through three bare statements."""
    wanted = [rows_of(books, first + place) for place in range(count)]
    marks = {model: f"({', '.join(['%s'] * len(names))})" for model, names in COLUMNS.items()}
    journal = f"INSERT INTO floor_journal ({', '.join(COLUMNS[Journal])}) VALUES {marks[Journal]}"
    line = f"INSERT INTO floor_journalline ({', '.join(COLUMNS[JournalLine])}) VALUES " + ", ".join(
        [marks[JournalLine]] * LINES
    )
    begun = perf_counter()
    with connection.cursor() as cursor:
        for head, lines in wanted:
            with transaction.atomic():
                cursor.execute(journal, head)
                cursor.execute(line, [value for each in lines for value in each])
                cursor.execute(
                    "UPDATE ledger_budget SET actual_amount = actual_amount + 0 WHERE id = %s",
                    [books.budget.pk],
                )
    return count / (perf_counter() - begun)


def read(books) -> float:
    begun = perf_counter()
    assert len(trial_balance(books.council.pk, until=date(2027, 3, 31))) == 2
    return 1 / (perf_counter() - begun)


def read_bare(council_id: UUID) -> float:
    begun = perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.account_id, a.code, a.name, a.kind, sum(debit_amount), sum(credit_amount)"
            " FROM floor_journalline l JOIN ledger_account a ON a.id = l.account_id"
            " WHERE l.council_id = %s AND dated_on <= '2027-03-31' GROUP BY 1, 2, 3, 4 ORDER BY 2",
            [council_id],
        )
        assert len(cursor.fetchall()) == 2
    return 1 / (perf_counter() - begun)


def shown(what: str, unit: str, ours: list[float], floor: list[float]) -> float:
    share = median(mine / its for mine, its in zip(ours, floor, strict=True))
    print(
        f"{what}: {median(ours):,.0f} {unit}/s beside {median(floor):,.0f} of the floor,"
        f" ratio {share:.2f}"
    )
    return share


def test_posting_and_reading_beside_their_floors(books):
    posting, bare, reading, summing = [], [], [], []
    each = JOURNALS // ROUNDS
    post(books, 20)
    post_bare(books, 20, first=1_000_000)
    for place in range(ROUNDS):
        bare.append(post_bare(books, each, first=1 + place * each))
        posting.append(post(books, each))
    for _ in range(ROUNDS):
        summing.append(read_bare(books.council.pk))
        reading.append(read(books))
    assert list(actuals_out_of_line()) == []
    assert journals_out_of_balance() == []
    posted = shown(f"Posted, {LINES} lines a journal", "journals", posting, bare)
    summed = shown("Trial balance", "of them", reading, summing)
    assert posted > LEAST_SHARE_POSTING
    assert summed > LEAST_SHARE_READING
