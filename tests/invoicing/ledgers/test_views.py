"""The pages of handing journals over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from invoicing.ledgers import selectors, services
from invoicing.models import LedgerExport
from marketplace.core.dates import financial_year
from marketplace.core.tenancy import act_for, stewardship
from marketplace.ledger.services.journals import post_journals
from marketplace.ledger.states import AccountRole
from tests.factories import ledger, ordering, organisations
from tests.factories.organisations import sign_in
from tests.invoicing.ledgers.test_hledger import judged, verdict
from tests.invoicing.ledgers.test_services import reckoned

pytestmark = pytest.mark.django_db

BUILD = "ledger-export-build"


def text(response):
    return response.content.decode()


@pytest.fixture
def books():
    return ledger.books(organisations.council())


@pytest.fixture
def finance(client, books):
    return sign_in(client, organisations.person(books.council, "finance"))


@pytest.fixture
def posted(books):
    return post(books, 2)


def post(books, count, day=date(2026, 10, 1)):
    """Post so many journals of £100 each."""
    act_for(books.council.pk)
    drafts = [
        ledger.draft(
            books.spend(100), books.credit(AccountRole.RECEIPTS, 100), dated_on=day,
            document_on=day,
        )
        for _ in range(count)
    ]  # fmt: skip
    with transaction.atomic():
        return post_journals(
            council_id=books.council.pk, drafts=drafts, posted_by=None, at=ordering.NOON
        )


def only_export():
    with stewardship():
        return LedgerExport.objects.select_related("document").get()


class TestMakingAFile:
    def test_shows_what_it_would_hold_and_then_makes_it(self, finance, posted):
        page = text(finance.get(reverse("ledger-exports")))
        assert "2 journals of £200.00 in all are in no file yet." in page
        assert "No file has been made yet" in page
        page = text(finance.get(reverse(BUILD)))
        assert "What it would hold" in page
        assert "1 October 2026 to 1 October 2026" in page
        page = text(finance.post(reverse(BUILD), {"until_on": "2026-10-31"}, follow=True))
        assert "LX-000001 is made." in page
        export = only_export()
        assert export.sha256 in page
        assert export.accounts_hash in page
        assert "This is the first file" in page
        file = finance.get(reverse("document", args=[export.document_id]))
        ours, theirs = reckoned(file.content)
        assert ours == theirs
        assert "LX-000001" in text(finance.get(reverse("ledger-exports")))

    def test_says_how_much_is_left_for_the_next(self, finance, posted, monkeypatch):
        for module in (selectors, services):
            monkeypatch.setattr(module, "MOST_JOURNALS", 1)
        monkeypatch.setattr("invoicing.ledgers.views.MOST_JOURNALS", 1)
        page = text(finance.get(reverse(BUILD), {"until_on": "2026-10-31"}))
        assert "1 more waits for the file after it." in page
        page = text(finance.post(reverse(BUILD), {"until_on": "2026-10-31"}, follow=True))
        assert "1 more journal is in no file yet." in page

    def test_of_nothing_is_refused(self, finance):
        page = text(finance.get(reverse(BUILD), {"until_on": "2026-10-31"}))
        assert "Nothing waits" in page
        answer = finance.post(reverse(BUILD), {"until_on": "2026-10-31"})
        assert answer.status_code == 409
        assert "has been handed over already" in text(answer)

    def test_of_a_day_to_come_is_refused(self, finance, posted):
        tomorrow = timezone.localdate() + timedelta(days=1)
        answer = finance.post(reverse(BUILD), {"until_on": tomorrow.isoformat()})
        assert answer.status_code == 422
        assert "Choose a day up to today" in text(answer)

    @pytest.mark.parametrize("day", ["", "x", "31-13-2026", "2026-02-30"])
    def test_of_no_day_is_refused(self, finance, day):
        assert finance.post(reverse(BUILD), {"until_on": day}).status_code == 422

    def test_is_for_finance_and_reading_for_auditors_too(self, client, books, posted):
        auditor = sign_in(client, organisations.person(books.council, "auditor"))
        assert "Make the next file" not in text(auditor.get(reverse("ledger-exports")))
        assert auditor.get(reverse(BUILD)).status_code == 403
        buyer = sign_in(client, organisations.person(books.council, "buyer"))
        assert buyer.get(reverse("ledger-exports")).status_code == 403


class TestTakenByTheOtherSide:
    @pytest.fixture
    def export(self, finance, posted):
        finance.post(reverse(BUILD), {"until_on": "2026-10-31"})
        return only_export()

    def test_is_written_down_once(self, finance, export):
        address = reverse("ledger-export-acknowledge", args=[export.pk])
        assert "2 journals" in text(finance.get(address))
        page = text(finance.post(address, {"reference": "Batch 4711"}, follow=True))
        assert "Batch 4711" in page
        assert "Taken by the finance ledger" in page
        assert finance.post(address, {"reference": "Again"}).status_code == 409

    def test_needs_words(self, finance, export):
        address = reverse("ledger-export-acknowledge", args=[export.pk])
        answer = finance.post(address, {"reference": " "})
        assert answer.status_code == 422
        assert "There is a problem" in text(answer)

    def test_of_another_council_is_missing(self, client, export):
        other = sign_in(client, organisations.person(organisations.council(), "finance"))
        assert other.get(reverse("ledger-export", args=[export.pk])).status_code == 404
        address = reverse("ledger-export-acknowledge", args=[export.pk])
        assert other.post(address, {"reference": "x"}).status_code == 404
        assert other.get(reverse("document", args=[export.document_id])).status_code == 404


class TestTheWholeOfTheBooks:
    @judged
    def test_is_read_by_strangers(self, judge, finance, posted):
        answer = finance.get(reverse("ledger-books"), {"until_on": "2026-10-31"})
        assert "books-2026-10-31.journal" in answer["Content-Disposition"]
        assert verdict(judge, answer.content) == ""
        assert answer.content.count(b"2026-10-01 (J26-") == 2

    def test_asks_for_a_day_first(self, finance):
        assert "Download" in text(finance.get(reverse("ledger-books")))
        assert finance.get(reverse("ledger-books"), {"until_on": "x"}).status_code == 422


def test_the_list_costs_the_same_for_many(finance, books):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            assert finance.get(reverse("ledger-exports")).status_code == 200
        return len(asked)

    def make(count):
        for _ in range(count):
            post(books, 1)
            finance.post(reverse(BUILD), {"until_on": "2026-10-31"})

    make(1)
    cost()
    few = cost()
    make(4)
    assert cost() == few
    assert financial_year(date(2026, 10, 1)) == 2026
