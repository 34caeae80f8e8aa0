"""Posting at the same moment. Each race has a control that must go wrong without what keeps it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from threading import Barrier
from uuid import uuid4

import psycopg
import pytest
from django.db import transaction

from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Budget, CommitmentEntry, Journal, Period
from marketplace.ledger.rules import Posting
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.ledger.selectors.journals import (
    actuals_out_of_line,
    journals_out_of_balance,
    trial_balance,
    years_with_gaps,
)
from marketplace.ledger.services import journals as posting
from marketplace.ledger.services import spending
from marketplace.ledger.services.budgets import BudgetFigure, set_budgets
from marketplace.ledger.services.commitments import CommitmentLine, Document, commit
from marketplace.ledger.services.journals import post_journal, reverse_journal
from marketplace.ledger.services.periods import close_period
from marketplace.ledger.states import AccountRole, Stage
from tests import servers
from tests.concurrency.race import at_once, without_locks
from tests.factories import ledger, ordering, organisations

AT = ordering.NOON
RECEIPTS = AccountRole.RECEIPTS


@pytest.fixture
def database(fresh_db):
    return fresh_db


@pytest.fixture
def books(database):
    return ledger.books(organisations.council(), amount=1_000_000)


def deed(books, draft):
    def post():
        with transaction.atomic():
            post_journal(council_id=books.council.pk, draft=draft, posted_by=None, at=AT)

    return books.council.pk, post


def a_draft(books, amount=1, **facts):
    return ledger.draft(books.spend(amount), books.credit(RECEIPTS, amount), **facts)


def all_agrees(books):
    act_for(books.council.pk)
    assert list(actuals_out_of_line()) == []
    assert list(commitments_out_of_line()) == []
    assert lines_below_nought() == []
    assert journals_out_of_balance() == []
    assert years_with_gaps() == []
    rows = trial_balance(books.council.pk, until=ledger.TODAY)
    assert sum(row.net_amount for row in rows) == 0


def without(database, *statements):
    """Take away what the database keeps, so that a control can go wrong."""
    with psycopg.connect(servers.admin_url(database), autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement)


def unheld_events(monkeypatch):
    """Hold no event, and let two meet once each has found that it was not posted."""
    barrier = Barrier(2)
    real = posting.hold_periods

    def meet(*args):
        barrier.wait(timeout=30)
        return real(*args)

    monkeypatch.setattr(posting, "_HOLD_EVENTS", "SELECT %s, %s, %s::text[]")
    monkeypatch.setattr(posting, "hold_periods", meet)


class TestEightPostAtOnce:
    def test_every_event_once_and_no_number_missing(self, books):
        drafts = [a_draft(books, place + 1) for place in range(40)]
        told = [each for draft in drafts for each in (draft, draft)]
        ends = at_once([deed(books, each) for each in told], clients=8)
        assert Counter(ends) == {"won": 80}
        all_agrees(books)
        numbers = Journal.objects.order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(1, 41))
        assert Budget.objects.get().actual_amount == sum(range(1, 41))

    def test_the_race_is_real_without_holding_the_event(self, books, monkeypatch):
        """Both find nothing, and only the database's own rule stops the second, rudely."""
        unheld_events(monkeypatch)
        draft = a_draft(books)
        assert sorted(at_once([deed(books, draft)] * 2)) == ["crash: IntegrityError", "won"]

    def test_the_race_is_real_without_holding_the_counter(self, books, monkeypatch):
        barrier = Barrier(2)

        def unheld(council_id, _kind, year, count):
            taken = Journal.objects.of(council_id).filter(financial_year=year).count()
            barrier.wait(timeout=30)
            return range(taken + 1, taken + 1 + count)

        monkeypatch.setattr(posting, "next_numbers", unheld)
        other = ledger.Books(books.council, books.periods, ledger.budget(books.council),
                             books.controls)  # fmt: skip
        deeds = [deed(books, a_draft(books)), deed(other, a_draft(other))]
        assert sorted(at_once(deeds)) == ["crash: IntegrityError", "won"]


class TestManyPostOnBudgetsOfEachOther:
    def test_none_waits_for_ever(self, books):
        other = ledger.budget(books.council)
        drafts = [
            ledger.draft(*sides, books.credit(RECEIPTS, 3))
            for _ in range(12)
            for sides in (
                (books.spend(1), books.spend(2, other)),
                (books.spend(2, other), books.spend(1)),
            )
        ]
        assert set(at_once([deed(books, each) for each in drafts], clients=8)) == {"won"}
        all_agrees(books)


class TestManySpendOnePromise:
    @pytest.fixture
    def line_id(self, books):
        act_for(books.council.pk)
        line = CommitmentLine(
            uuid4(), books.budget.cost_centre_id, books.budget.account_id, Decimal(10)
        )
        with transaction.atomic():
            commit(
                council_id=books.council.pk, financial_year=2026, lines=[line],
                stage=Stage.ORDER, document=Document("order", uuid4()), at=AT,
            )  # fmt: skip
        return line.line_id

    def spend(self, books, line_id, clients):
        drafts = [a_draft(books, 8, relief={line_id: Decimal(8)}) for _ in range(clients)]
        ends = at_once([deed(books, each) for each in drafts])
        act_for(books.council.pk)
        spent = CommitmentEntry.objects.filter(kind="SPEND").values_list("amount", flat=True)
        return ends, sorted(spent)

    def test_no_more_than_is_held(self, books, line_id):
        ends, spent = self.spend(books, line_id, clients=4)
        assert (set(ends), spent) == ({"won"}, [-8, -2])
        all_agrees(books)

    def test_the_race_is_real_without_the_lock(self, books, line_id, monkeypatch):
        """Both find the whole promise and spend it: the database stops the second, rudely."""
        without_locks(monkeypatch, meet=Budget)
        monkeypatch.setattr(posting, "next_numbers", _numbers_of_their_own())
        ends, spent = self.spend(books, line_id, clients=2)
        assert sorted(ends) == ["crash: IntegrityError", "won"]
        assert spent == [-8]


class TestSpendWithoutABudgetAgainstSettingIt:
    def both(self, books):
        finance = organisations.actor(books.council, "finance")
        centre, account = ledger.cost_centre(books.council), ledger.account(books.council)
        bare = Posting(account.pk, debit_amount=Decimal(7), cost_centre_id=centre.pk)
        figure = BudgetFigure(centre.pk, account.pk, Decimal(100))

        def set_it():
            set_budgets(finance=finance, financial_year=2026, figures=[figure], at=AT)

        draft = ledger.draft(bare, books.credit(RECEIPTS, 7))
        return at_once([deed(books, draft), (books.council.pk, set_it)])

    def test_there_is_one_budget_which_says_both(self, books):
        assert self.both(books) == ["won", "won"]
        all_agrees(books)
        made = Budget.objects.exclude(pk=books.budget.pk).get()
        assert (made.budget_amount, made.actual_amount) == (100, 7)

    def test_the_race_is_real_without_holding_the_organisation(self, books, monkeypatch):
        """Whoever sets the budget finds that it is there, rudely."""
        barrier = Barrier(2)
        real = Budget.objects.bulk_create

        def meet(rows, **options):
            made = real(rows, **options) if options else None
            barrier.wait(timeout=30)
            return made if options else real(rows)

        monkeypatch.setattr(spending, "hold_organisation", lambda _council_id: None)
        monkeypatch.setattr(Budget.objects, "bulk_create", meet)
        assert self.both(books) == ["won", "crash: IntegrityError"]


class TestReverseTwice:
    @pytest.fixture
    def journal(self, books):
        act_for(books.council.pk)
        with transaction.atomic():
            return post_journal(
                council_id=books.council.pk, draft=a_draft(books, 7), posted_by=None, at=AT
            )

    def reverse(self, books, journal, times):
        def back():
            with transaction.atomic():
                reverse_journal(
                    council_id=books.council.pk, journal_id=journal.pk, dated_on=ledger.TODAY,
                    narrative="Back", posted_by=None, at=AT,
                )  # fmt: skip

        return at_once([(books.council.pk, back)] * times)

    def test_once(self, books, journal):
        assert self.reverse(books, journal, 4) == ["won"] * 4
        all_agrees(books)
        assert (Journal.objects.count(), Budget.objects.get().actual_amount) == (2, 0)

    def test_the_race_is_real_without_holding_the_event(self, books, journal, monkeypatch):
        """Both find it standing, and only the database's own rule stops the second, rudely."""
        unheld_events(monkeypatch)
        assert sorted(self.reverse(books, journal, 2)) == ["crash: IntegrityError", "won"]


class TestPostAgainstClose:
    def both(self, books, monkeypatch, *, hold=None):
        """Post once the period was found and before the commit; close it in between."""
        finance = organisations.actor(books.council, "finance")
        november = books.periods[7]
        found, real = Barrier(2), posting.hold_periods

        def find(*args):
            places = real(*args)
            found.wait(timeout=30)
            return places

        if hold:
            monkeypatch.setattr(spending, "_HOLD_PERIODS", hold(spending._HOLD_PERIODS))
        monkeypatch.setattr(posting, "hold_periods", find)

        def close():
            found.wait(timeout=30)
            close_period(finance=finance, period_id=november.pk, at=AT)
            if hold:
                closed.wait(timeout=30)

        closed, number = Barrier(2), posting.next_numbers

        def take(*args):
            if hold:
                closed.wait(timeout=30)
            return number(*args)

        monkeypatch.setattr(posting, "next_numbers", take)
        ends = at_once([deed(books, a_draft(books)), (books.council.pk, close)])
        act_for(books.council.pk)
        assert Period.objects.get(pk=november.pk).status == "CLOSED"
        return ends

    def test_who_posts_first_is_waited_for(self, books, monkeypatch):
        assert self.both(books, monkeypatch) == ["won", "won"]
        assert Journal.objects.get().period == books.periods[7]
        all_agrees(books)

    def test_what_comes_after_counts_in_the_next(self, books):
        finance = organisations.actor(books.council, "finance")

        def close():
            close_period(finance=finance, period_id=books.periods[7].pk, at=AT)

        deeds = [deed(books, a_draft(books)) for _ in range(16)]
        ends = at_once([*deeds[:8], (books.council.pk, close), *deeds[8:]], clients=8)
        assert Counter(ends) == {"won": 17}
        all_agrees(books)
        assert {each.dated_on.month for each in Journal.objects.all()} <= {11, 12}

    def test_the_race_is_real_without_holding_the_period(self, books, monkeypatch):
        """It is closed under the posting: only the database's own rule stops it, rudely."""
        ends = self.both(books, monkeypatch, hold=_unheld)
        assert ends == ["crash: IntegrityError", "won"]

    def test_and_without_the_databases_rule_it_stands_in_a_closed_period(
        self, database, books, monkeypatch
    ):
        without(database, "DROP TRIGGER journal_stands_in_its_period ON ledger_journal")
        ends = self.both(books, monkeypatch, hold=_unheld)
        assert ends == ["won", "won"]
        assert Journal.objects.get().period.status == "CLOSED"


def _unheld(statement):
    return statement.replace("FOR SHARE", "")


def _numbers_of_their_own():
    """Numbers that nobody waits for, so that a control meets where it means to."""
    taken = iter(range(1, 1000))
    return lambda _council, _kind, _year, count: [next(taken) for _ in range(count)]
