"""The pages and operations of what was posted: the trial balance and the lines of an account."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.core.tenancy import act_for, clear, stewardship
from marketplace.ledger.selectors.journals import movement_of
from marketplace.ledger.services.journals import post_journals
from marketplace.ledger.states import AccountRole
from tests.access.world import token_for
from tests.factories import ledger, ordering, organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

RECEIPTS = AccountRole.RECEIPTS
OCTOBER, NOVEMBER = date(2026, 10, 31), date(2026, 11, 2)


@pytest.fixture
def books():
    books = ledger.books(organisations.council())
    act_for(books.council.pk)
    assert books.budget.account.code != books.budget.cost_centre.code  # both are read now
    post(books, 100, OCTOBER)
    post(books, 50, NOVEMBER)
    return books


def post(books, amount, day, count=1):
    act_for(books.council.pk)
    drafts = [
        ledger.draft(
            books.spend(amount), books.credit(RECEIPTS, amount), dated_on=day, document_on=day,
            narrative="=Chairs",
        )
        for _ in range(count)
    ]  # fmt: skip
    with transaction.atomic():
        post_journals(council_id=books.council.pk, drafts=drafts, posted_by=None, at=ordering.NOON)
    clear()


@pytest.fixture(params=["finance", "auditor"])
def reader(request, client, books):
    return sign_in(client, organisations.person(books.council, request.param))


def text(response):
    return response.content.decode()


def table(response):
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))


def lines_of(books):
    return reverse("account-lines", args=[books.budget.account_id])


class TestTrialBalance:
    def test_shows_every_account_and_that_both_sides_agree(self, reader, books):
        page = text(reader.get(reverse("trial-balance")))
        assert books.budget.account.code in page
        assert page.count("£150.00") >= 4
        assert "£0.00" in page

    def test_of_some_days(self, reader, books):
        days = {"since": "2026-11-01", "until": "2026-11-30"}
        page = text(reader.get(reverse("trial-balance"), days))
        assert "From 1 November 2026 to 30 November 2026" in page
        assert "£50.00" in page
        assert "£150.00" not in page
        assert "since=2026-11-01" in page

    def test_as_a_file(self, reader, books):
        rows = table(reader.get(reverse("trial-balance"), {"format": "csv", "until": OCTOBER}))
        assert {row["account"]: Decimal(row["balance"]) for row in rows} == {
            books.budget.account.code: 100, books.controls[RECEIPTS].code: -100,
        }  # fmt: skip

    def test_before_anything_was_posted(self, client):
        empty = sign_in(client, organisations.person(organisations.council(), "finance"))
        assert "Nothing was posted" in text(empty.get(reverse("trial-balance")))

    @pytest.mark.parametrize(
        "days", [{"since": "2026-11-02", "until": "2026-11-01"}, {"until": "32-13-2026"}]
    )
    def test_of_no_days_is_refused(self, reader, days):
        answer = reader.get(reverse("trial-balance"), days)
        assert answer.status_code == 422
        assert "There is a problem" in text(answer)

    def test_is_not_for_everybody(self, client, books):
        buyer = sign_in(client, organisations.person(books.council, "buyer"))
        assert buyer.get(reverse("trial-balance")).status_code == 403
        assert buyer.get(lines_of(books)).status_code == 403


class TestAccountLines:
    def test_are_what_explains_the_balance(self, reader, books):
        page = text(reader.get(lines_of(books), {"since": "2026-11-01"}))
        assert "£100.00" in page  # what stood on it before
        assert "£50.00" in page
        assert "£150.00" in page
        assert "J26-000002" in page
        assert "J26-000001" not in page

    def test_come_page_by_page_at_the_same_cost(self, reader, books):
        def cost():
            with CaptureQueriesContext(connection) as asked:
                page = text(reader.get(lines_of(books)))
            return len(asked), page

        cost()
        few, _page = cost()
        post(books, 1, NOVEMBER, count=60)
        many, page = cost()
        assert few == many
        assert "Next" in page

    def test_as_a_file_that_no_spreadsheet_runs(self, reader, books):
        rows = table(reader.get(lines_of(books), {"format": "csv"}))
        assert [row["journal"] for row in rows] == ["J26-000001", "J26-000002"]
        assert rows[0]["narrative"] == "'=Chairs"
        assert sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows) == 150

    def test_of_another_council_are_missing(self, client, books):
        other = sign_in(client, organisations.person(organisations.council(), "auditor"))
        assert other.get(lines_of(books)).status_code == 404

    def test_what_happened_on_it_is_one_statement(self, books):
        act_for(books.council.pk)
        with CaptureQueriesContext(connection) as asked:
            moved = movement_of(
                books.council.pk, books.budget.account_id, since=NOVEMBER, until=NOVEMBER
            )
        assert (moved.before_amount, moved.debit_amount, moved.after_amount) == (100, 50, 150)
        assert len(asked) == 1
        whole = movement_of(books.council.pk, books.budget.account_id, until=NOVEMBER)
        assert (whole.before_amount, whole.after_amount) == (0, 150)


class TestForPrograms:
    @pytest.fixture
    def ask(self, client, books):
        with stewardship():
            bearer = token_for(organisations.person(books.council, "auditor"))

        def get(name, *args, **query):
            return client.get(
                reverse(name, args=args), query, headers={"authorization": f"Bearer {bearer}"}
            )

        return get

    def test_the_trial_balance(self, ask, books):
        found = ask("api-trial-balance", until="2026-10-31").json()
        assert (found["debit_amount"], found["credit_amount"]) == ("100.00", "100.00")
        assert {row["code"]: row["net_amount"] for row in found["accounts"]} == {
            books.budget.account.code: "100.00", books.controls[RECEIPTS].code: "-100.00",
        }  # fmt: skip

    def test_the_lines_of_an_account(self, ask, books):
        found = ask("api-account-lines", books.budget.account.code).json()
        assert [row["debit_amount"] for row in found["results"]] == ["100.00", "50.00"]
        assert found["results"][0]["cost_centre"] == books.budget.cost_centre.code
        assert ask("api-account-lines", "none").status_code == 404
        assert ask("api-trial-balance", until="x").status_code == 422
