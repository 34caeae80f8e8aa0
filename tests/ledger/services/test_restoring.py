"""Promising again a part of what journals spent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction

from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ledger.rules import Posting
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.ledger.selectors.journals import actuals_out_of_line, journals_out_of_balance
from marketplace.ledger.services.commitments import CommitmentLine, Document, OverBudget, commit
from marketplace.ledger.services.journals import post_journal, reverse_journal
from marketplace.ledger.states import AccountRole, Stage
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.django_db

AT = ordering.NOON
RECEIPTS = AccountRole.RECEIPTS


@pytest.fixture
def books():
    council = organisations.council()
    act_for(council.pk)
    return ledger.books(council, amount=1000)


@pytest.fixture
def line_id(books):
    line = CommitmentLine(
        uuid4(), books.budget.cost_centre_id, books.budget.account_id, Decimal(100)
    )
    with transaction.atomic():
        commit(
            council_id=books.council.pk, financial_year=2026, lines=[line], stage=Stage.ORDER,
            document=Document("order", uuid4()), at=AT,
        )  # fmt: skip
    return line.line_id


def post(books, draft):
    with transaction.atomic():
        return post_journal(council_id=books.council.pk, draft=draft, posted_by=None, at=AT)


def came(books, line_id, amount):
    sides = (books.spend(amount), books.credit(RECEIPTS, amount))
    return post(books, ledger.draft(*sides, relief={line_id: Decimal(amount)}))


def went(books, line_id, amount, most=None, **facts):
    back = Posting(
        books.budget.account_id, credit_amount=Decimal(amount),
        cost_centre_id=books.budget.cost_centre_id,
    )  # fmt: skip
    sides = (books.debit(RECEIPTS, amount), back)
    restoring = {line_id: Decimal(amount if most is None else most)}
    return post(books, ledger.draft(*sides, restoring=restoring, **facts))


def stands(books):
    assert list(commitments_out_of_line()) == []
    assert list(actuals_out_of_line()) == []
    assert lines_below_nought() == []
    assert journals_out_of_balance() == []
    budget = Budget.objects.get(pk=books.budget.pk)
    return budget.committed_amount, budget.actual_amount


class TestRestoring:
    def test_a_part_is_promised_again(self, books, line_id):
        came(books, line_id, 60)
        journal = went(books, line_id, 20)
        assert stands(books) == (60, 40)
        entry = CommitmentEntry.objects.get(kind="RESTORE")
        assert (entry.amount, entry.stage, entry.line_id) == (20, "ORDER", line_id)
        assert entry.journal_id == journal.pk

    def test_never_more_than_was_spent_and_is_not_promised_again(self, books, line_id):
        came(books, line_id, 60)
        went(books, line_id, 50)
        went(books, line_id, 10, most=40)
        assert stands(books) == (100, 0)

    def test_nothing_was_spent_of_it(self, books, line_id):
        went(books, line_id, 5)
        assert stands(books) == (100, -5)

    def test_in_the_next_year_it_is_that_years(self, books, line_id):
        ledger.year(books.council, 2027)
        after = ledger.budget(
            books.council, year=2027, cost_centre=books.budget.cost_centre,
            account=books.budget.account, amount=500,
        )  # fmt: skip
        came(books, line_id, 60)
        went(books, line_id, 20, dated_on=date(2027, 4, 2))
        went(books, line_id, 50, dated_on=date(2027, 4, 2))
        assert stands(books) == (40, 60)
        after.refresh_from_db()
        assert (after.committed_amount, after.actual_amount) == (60, -70)

    def test_refuses_what_went_to_somebody_else(self, books, line_id):
        came(books, line_id, 60)
        other = CommitmentLine(
            uuid4(), books.budget.cost_centre_id, books.budget.account_id, Decimal(900)
        )
        with transaction.atomic():
            commit(
                council_id=books.council.pk, financial_year=2026, lines=[other],
                stage=Stage.ORDER, document=Document("order", uuid4()), at=AT,
            )  # fmt: skip
        with pytest.raises(OverBudget):
            went(books, line_id, 20, most=30)
        went(books, line_id, 20)
        assert stands(books) == (960, 40)

    def test_a_reversal_takes_the_promise_back(self, books, line_id):
        came(books, line_id, 60)
        journal = went(books, line_id, 20)
        with transaction.atomic():
            reverse_journal(
                council_id=books.council.pk, journal_id=journal.pk, dated_on=ledger.TODAY,
                narrative="It was not sent back", posted_by=None, at=AT,
            )  # fmt: skip
        assert stands(books) == (40, 60)
