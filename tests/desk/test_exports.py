"""Files of budgets and of what is promised of them."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.core.tenancy import stewardship
from tests.factories import ledger, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

EXPORT = "/budgets/export/"
AMOUNTS = ("budget_amount", "committed_amount", "actual_amount", "available_amount")


def body(answer) -> str:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def table(client, **query):
    text = body(client.get(EXPORT, {"format": "csv", **query}))
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def in_sql(statement, council):
    with stewardship(), connection.cursor() as cursor:
        cursor.execute(statement, [council.pk])
        return cursor.fetchone()


@pytest.fixture
def market(client):
    """A council with an order, a requisition that waits and one that was turned into an order."""
    made = factory.market()
    ledger.budget(made.council, amount="250.50")
    ledger.budget(made.council, amount="99.00", year=2025)
    factory.sent(made)
    factory.approved(made, quantity=3)
    sign_in(client, organisations.person(made.council, "finance"))
    return made


class TestBudgets:
    def test_a_file_comes_to_what_the_database_says(self, client, market):
        rows = table(client)
        sums = tuple(sum(Decimal(row[name]) for row in rows) for name in AMOUNTS)
        assert len(rows) == 2
        assert sums == in_sql(
            f"SELECT {', '.join(f'sum({name})' for name in AMOUNTS)} FROM ledger_budget"
            " WHERE council_id = %s AND financial_year = 2026",
            market.council,
        )
        page = client.get(EXPORT).content.decode()
        for amount in sums:
            assert f"£{amount:,.2f}" in page

    def test_is_narrowed_by_words_and_year(self, client, market):
        assert [row["budget_amount"] for row in table(client, year="2025")] == ["99.00"]
        code = market.budget.coding
        assert [row["coding"] for row in table(client, words=code)] == [code]
        assert client.get(EXPORT, {"year": "1999", "format": "csv"}).status_code == 422


class TestCommitments:
    def test_a_file_comes_to_what_is_promised(self, client, market):
        rows = table(client, what="commitments")
        total = sum(Decimal(row["amount"]) for row in rows)
        assert total == in_sql(
            "SELECT sum(committed_amount) FROM ledger_budget WHERE council_id = %s",
            market.council,
        )[0]  # fmt: skip
        assert {row["document_number"][:3] for row in rows} == {"REQ", "PO-"}

    def test_is_narrowed_by_days(self, client, market):
        assert table(client, what="commitments", since="2026-11-24") == []
        assert table(client, what="commitments", until="2026-11-23") != []

    def test_json_says_the_same(self, client, market):
        lines = body(client.get(EXPORT, {"format": "jsonl", "what": "commitments"})).splitlines()
        amounts = [Decimal(json.loads(line)["amount"]) for line in lines]
        rows = table(client, what="commitments")
        assert sum(amounts) == sum(Decimal(row["amount"]) for row in rows)


@pytest.mark.parametrize(
    ("role", "status"),
    [("buyer", 200), ("finance", 200), ("auditor", 200), ("requester", 403), ("approver", 403)],
)
def test_is_for_these_roles(client, role, status):
    sign_in(client, organisations.person(organisations.council(), role))
    assert client.get(EXPORT).status_code == status


def test_holds_nothing_of_another_councils(client, market):
    sign_in(client, organisations.person(organisations.council(), "finance"))
    assert table(client) == []
    assert table(client, what="commitments") == []


@pytest.mark.parametrize(
    ("what", "owner"), [("", "ledger_budget"), ("commitments", "ledger_commitmententry")]
)
@pytest.mark.usefixtures("market")
def test_asks_for_a_lot_of_rows_at_a_time(client, what, owner):
    """One cursor for all of a long file would be computed whole before its first byte."""
    answer = client.get(EXPORT, {"format": "csv", "what": what})
    with CaptureQueriesContext(connection) as asked:
        assert body(answer).count("\n") > 2
    of_rows = [each["sql"] for each in asked if f'FROM "{owner}"' in each["sql"]]
    assert of_rows
    assert all(sql.endswith("LIMIT 501") for sql in of_rows)
