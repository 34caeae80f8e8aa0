"""Two hand the same journals over at once: each of them goes once."""

from __future__ import annotations

from threading import Barrier

import pytest
from django.db import transaction

from invoicing.ledgers import services
from invoicing.ledgers.services import build_export
from invoicing.models import ExportedJournal, LedgerExport
from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Journal
from marketplace.ledger.services.journals import post_journals
from marketplace.ledger.states import AccountRole
from tests.concurrency.race import at_once
from tests.factories import ledger, ordering, organisations

AT = ordering.NOON


@pytest.fixture
def books(fresh_db):
    books = ledger.books(organisations.council(), amount=1_000_000)
    post(books, 30)
    return books


def post(books, count):
    act_for(books.council.pk)
    drafts = [
        ledger.draft(books.spend(1), books.credit(AccountRole.RECEIPTS, 1)) for _ in range(count)
    ]
    with transaction.atomic():
        post_journals(council_id=books.council.pk, drafts=drafts, posted_by=None, at=AT)


def build(books):
    finance = organisations.actor(books.council, "finance")
    return books.council.pk, lambda: build_export(finance=finance, until_on=ledger.TODAY, at=AT)


def each_stands_once(books):
    act_for(books.council.pk)
    keys = list(ExportedJournal.objects.values_list("journal_id", flat=True))
    assert len(keys) == len(set(keys)) == Journal.objects.count()
    numbers = list(LedgerExport.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    files = list(LedgerExport.objects.order_by("number"))
    assert [each.previous_sha256 for each in files] == ["", *(each.sha256 for each in files[:-1])]


class TestManyBuildAtOnce:
    def test_one_takes_them_all(self, books):
        ends = at_once([build(books)] * 6)
        assert sorted(ends) == ["NothingToExport"] * 5 + ["won"]
        each_stands_once(books)

    def test_a_small_file_each_and_none_twice(self, books, monkeypatch):
        monkeypatch.setattr(services, "MOST_JOURNALS", 7)
        ends = at_once([build(books)] * 6)
        assert sorted(ends) == ["NothingToExport"] + ["won"] * 5
        each_stands_once(books)

    def test_while_others_post(self, books):
        deeds = [build(books), (books.council.pk, lambda: post(books, 20))] * 3
        ends = at_once(deeds)
        assert {"won"} <= set(ends) <= {"won", "NothingToExport"}
        act_for(books.council.pk)
        assert at_once([build(books)])[0] in {"won", "NothingToExport"}
        each_stands_once(books)

    def test_the_race_is_real_without_holding_the_number(self, books, monkeypatch):
        """Both take the same journals: only the database's own rule stops the second, rudely."""
        barrier, numbers = Barrier(2), iter([1, 2])
        real = services.these_journals

        def meet(*args):
            barrier.wait(timeout=30)
            return real(*args)

        monkeypatch.setattr(services, "next_number", lambda *_args: next(numbers))
        monkeypatch.setattr(services, "these_journals", meet)
        assert sorted(at_once([build(books)] * 2)) == ["crash: IntegrityError", "won"]
        each = LedgerExport.objects.values_list("journals_count", flat=True)
        act_for(books.council.pk)
        assert list(each) == [30]
