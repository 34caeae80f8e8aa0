"""Handing journals over, by program."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.urls import reverse

from marketplace.core.tenancy import stewardship
from tests.access.world import token_for
from tests.factories import ledger, organisations
from tests.invoicing.ledgers.test_services import reckoned
from tests.invoicing.ledgers.test_views import post

pytestmark = pytest.mark.django_db

DAY = {"until_on": "2026-10-31"}


@pytest.fixture
def books():
    books = ledger.books(organisations.council())
    post(books, 2, date(2026, 10, 1))
    return books


@pytest.fixture
def call(client, books):
    def bearer(role):
        with stewardship():
            return token_for(organisations.person(books.council, role))

    bearers = {role: bearer(role) for role in ("finance", "auditor")}

    def ask(method, name, *args, role="finance", body=None, **query):
        options = {"headers": {"authorization": f"Bearer {bearers[role]}"}}
        if method == "post":
            options |= {"data": body or {}, "content_type": "application/json"}
            options["headers"]["idempotency-key"] = str(uuid4())
        else:
            options["data"] = query
        return getattr(client, method)(reverse(name, args=args), **options)

    return ask


def test_from_what_waits_to_what_was_taken(call):
    waits = call("get", "api-ledger-exports-waiting", **DAY).json()
    assert (waits["journals"], waits["amount"], waits["left_over"]) == (2, "200.00", 0)
    made = call("post", "api-ledger-exports", body=DAY)
    assert made.status_code == 201
    export = made.json()
    assert (export["reference"], export["debit_amount"]) == ("LX-000001", "200.00")
    file = call("get", "api-ledger-export-file", export["id"], role="auditor")
    assert file["ETag"] == f'"{export["sha256"]}"'
    ours, theirs = reckoned(file.content)
    assert ours == theirs
    said = {"reference": "Batch 4711"}
    done = call("post", "api-ledger-export-acknowledge", export["id"], body=said)
    assert done.json()["status"] == "ACKNOWLEDGED"
    assert call("get", "api-ledger-export", export["id"]).json() == done.json()
    listed = call("get", "api-ledger-exports", role="auditor").json()["results"]
    assert listed == [done.json()]


def test_what_cannot_be_done_says_why(call):
    call("post", "api-ledger-exports", body=DAY)
    again = call("post", "api-ledger-exports", body={"until_on": "2026-10-30"})
    assert again.status_code == 409
    assert "ledger-export.nothing" in again.json()["type"]
    late = call("post", "api-ledger-exports", body={"until_on": "2999-01-01"})
    assert "ledger-export.day-not-right" in late.json()["type"]
    assert call("post", "api-ledger-exports", role="auditor", body=DAY).status_code == 403


def test_the_books(call):
    answer = call("get", "api-ledger-books", role="auditor", **DAY)
    assert answer.content.startswith(b"commodity GBP")
    assert call("get", "api-ledger-books", until_on="x").status_code == 422
