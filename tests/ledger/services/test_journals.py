"""Posting, and taking back what was posted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from marketplace.core.errors import Missing
from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Budget, CommitmentEntry, Journal, JournalLine, Period
from marketplace.ledger.rules import Posting
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.ledger.selectors.journals import (
    actuals_out_of_line,
    journals_out_of_balance,
    years_with_gaps,
)
from marketplace.ledger.services.commitments import (
    CommitmentLine,
    Document,
    OverBudget,
    commit,
    release_commitment,
)
from marketplace.ledger.services.journals import (
    CostCentreMissing,
    EventPostedOtherwise,
    JournalFaulty,
    ReversalStays,
    post_journal,
    post_journals,
    reverse_journal,
)
from marketplace.ledger.services.spending import NoOpenPeriod
from marketplace.ledger.states import AccountRole, JournalKind, Stage
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.django_db

AT = ordering.NOON
RECEIPTS, CREDITORS, VAT = AccountRole.RECEIPTS, AccountRole.CREDITORS, AccountRole.VAT_INPUT


@pytest.fixture
def books():
    council = organisations.council()
    act_for(council.pk)
    return ledger.books(council, amount=1000)


def post(books, *postings, posted_by=None, **facts):
    return post_draft(books, ledger.draft(*postings, **facts), posted_by=posted_by)


def post_draft(books, draft, posted_by=None):
    with transaction.atomic():
        return post_journal(council_id=books.council.pk, draft=draft, posted_by=posted_by, at=AT)


def reverse(books, journal, dated_on=ledger.TODAY):
    with transaction.atomic():
        return reverse_journal(
            council_id=books.council.pk, journal_id=journal.pk, dated_on=dated_on,
            narrative="Sent back", posted_by=None, at=AT,
        )  # fmt: skip


def promise(books, amount, budget=None, line_id=None):
    chosen = budget or books.budget
    line = CommitmentLine(
        line_id or uuid4(), chosen.cost_centre_id, chosen.account_id, Decimal(amount)
    )
    with transaction.atomic():
        commit(
            council_id=books.council.pk, financial_year=2026, lines=[line], stage=Stage.ORDER,
            document=Document("order", uuid4()), at=AT,
        )  # fmt: skip
    return line.line_id


def stands(budget):
    row = Budget.objects.get(pk=budget.pk)
    return row.committed_amount, row.actual_amount, row.available_amount


def all_agrees():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS journal_balances IMMEDIATE")
        cursor.execute("SET CONSTRAINTS journal_balances DEFERRED")
    assert list(actuals_out_of_line()) == []
    assert list(commitments_out_of_line()) == []
    assert lines_below_nought() == []
    assert journals_out_of_balance() == []
    assert years_with_gaps() == []


class TestPostJournal:
    def test_writes_both_sides_and_what_is_spent(self, books):
        clerk = organisations.actor(books.council, "receiver", name="Rae Receiver")
        journal = post(books, books.spend("40.10"), books.credit(RECEIPTS, "40.10"),
                       posted_by=clerk)  # fmt: skip
        assert (journal.reference, journal.total_amount, journal.lines_count) == (
            "J26-000001", Decimal("40.10"), 2,
        )  # fmt: skip
        assert (journal.posted_by_name, journal.period) == ("Rae Receiver", books.periods[7])
        spent, owed = JournalLine.objects.order_by("number")
        assert (spent.budget, spent.debit_amount, spent.dated_on) == (
            books.budget, Decimal("40.10"), ledger.TODAY,
        )  # fmt: skip
        assert (owed.budget, owed.credit_amount) == (None, Decimal("40.10"))
        assert stands(books.budget) == (0, Decimal("40.10"), Decimal("959.90"))
        all_agrees()

    def test_one_event_is_posted_once(self, books):
        draft = ledger.draft(books.spend(5), books.credit(RECEIPTS, 5))
        assert post_draft(books, draft) == post_draft(books, draft)
        assert stands(books.budget)[1] == 5
        assert post(books, books.spend(1), books.credit(RECEIPTS, 1)).number == 2
        all_agrees()

    def test_says_when_the_event_was_posted_otherwise(self, books):
        draft = ledger.draft(books.spend(5), books.credit(RECEIPTS, 5))
        post_draft(books, draft)
        other = replace(draft, postings=[books.spend(6), books.credit(RECEIPTS, 6)])
        with pytest.raises(EventPostedOtherwise, match="J26-000001"):
            post_draft(books, other)

    def test_numbers_start_anew_each_year(self, books):
        ledger.year(books.council, 2027)
        days = [date(2026, 4, 1), date(2027, 4, 1), date(2027, 3, 31)]
        drafts = [
            ledger.draft(books.spend(1), books.credit(RECEIPTS, 1), dated_on=day) for day in days
        ]
        with transaction.atomic():
            made = post_journals(council_id=books.council.pk, drafts=drafts, posted_by=None, at=AT)
        assert [each.reference for each in made] == ["J26-000001", "J27-000001", "J26-000002"]
        assert Budget.objects.get(financial_year=2027).actual_amount == 1
        assert stands(books.budget)[1] == 2
        all_agrees()

    def test_what_comes_late_counts_in_the_next_open_period(self, books):
        Period.objects.filter(number__lte=8).update(status="CLOSED")
        journal = post(books, books.spend(1), books.credit(RECEIPTS, 1))
        assert (journal.dated_on, journal.document_on) == (date(2026, 12, 1), ledger.TODAY)
        assert journal.period == books.periods[8]
        all_agrees()

    def test_refuses_when_no_period_is_open(self, books):
        Period.objects.update(status="CLOSED")
        with pytest.raises(NoOpenPeriod, match="23 November 2026"):
            post(books, books.spend(1), books.credit(RECEIPTS, 1))
        assert Journal.objects.count() == 0

    def test_a_coding_without_a_budget_gets_one_of_nought(self, books):
        centre, account = ledger.cost_centre(books.council), ledger.account(books.council)
        post(
            books, Posting(account.pk, debit_amount=Decimal(7), cost_centre_id=centre.pk),
            books.credit(CREDITORS, 7),
        )  # fmt: skip
        made = Budget.objects.get(cost_centre=centre, account=account)
        assert (made.budget_amount, made.available_amount) == (0, -7)
        assert made.coding == f"{centre.code}/{account.code}"
        all_agrees()

    @pytest.mark.parametrize(
        ("fault", "sides"),
        [
            ("balance", lambda b: (b.spend("5.01"), b.credit(RECEIPTS, 5))),
            ("sides", lambda b: (b.spend(5),)),
            ("amount", lambda b: (b.spend(0), b.credit(RECEIPTS, 0))),
            ("amount", lambda b: (b.spend(-5), b.credit(RECEIPTS, -5))),
            ("penny", lambda b: (b.spend("0.005"), b.credit(RECEIPTS, "0.005"))),
        ],
    )
    def test_refuses_what_does_not_balance(self, books, fault, sides):
        with pytest.raises(JournalFaulty) as refused:
            post(books, *sides(books))
        assert fault in refused.value.facts["faults"]

    def test_refuses_spending_that_nobody_answers_for(self, books):
        bare = replace(books.spend(5), cost_centre_id=None)
        with pytest.raises(CostCentreMissing):
            post(books, bare, books.credit(RECEIPTS, 5))

    def test_refuses_another_councils_codes(self, books):
        other = ledger.books(organisations.council())
        with pytest.raises(Missing):
            post(books, other.spend(5), other.credit(RECEIPTS, 5))
        strange = replace(books.spend(5), cost_centre_id=other.budget.cost_centre_id)
        with pytest.raises(Missing):
            post(books, strange, books.credit(RECEIPTS, 5))

    def test_two_drafts_of_one_event_are_a_mistake_of_ours(self, books):
        draft = ledger.draft(books.spend(5), books.credit(RECEIPTS, 5))
        with pytest.raises(ValueError, match="one event key"), transaction.atomic():
            post_journals(council_id=books.council.pk, drafts=[draft, draft], posted_by=None, at=AT)

    def test_costs_the_same_for_ten_lines_and_a_thousand(self, books):
        def statements(lines, journals):
            held = [promise(books, "0.01") for _ in range(journals)]
            drafts = [
                ledger.draft(
                    *[books.spend("0.01") for _ in range(lines)],
                    books.credit(RECEIPTS, Decimal(lines) / 100),
                    relief={line_id: None},
                )
                for line_id in held
            ]
            with CaptureQueriesContext(connection) as found, transaction.atomic():
                post_journals(council_id=books.council.pk, drafts=drafts, posted_by=None, at=AT)
            return len(found)

        counts = [statements(10, 1), statements(1000, 1), statements(10, 8)]
        assert counts == [counts[0]] * 3
        assert counts[0] <= 15
        all_agrees()


class TestRelief:
    def test_what_was_promised_becomes_spent(self, books):
        line_id = promise(books, 100)
        post(books, books.spend(60), books.credit(RECEIPTS, 60), relief={line_id: Decimal(60)})
        assert stands(books.budget) == (40, 60, 900)
        post(books, books.spend(40), books.credit(RECEIPTS, 40), relief={line_id: None})
        assert stands(books.budget) == (0, 100, 900)
        all_agrees()

    def test_never_more_than_is_held(self, books):
        line_id = promise(books, 100)
        post(books, books.spend(130), books.credit(RECEIPTS, 130), relief={line_id: Decimal(130)})
        assert stands(books.budget) == (0, 130, 870)
        spent = CommitmentEntry.objects.get(kind="SPEND")
        assert (spent.amount, spent.document_type) == (-100, "receipt")
        all_agrees()

    def test_two_journals_at_once_share_what_is_held(self, books):
        line_id = promise(books, 100)
        drafts = [
            ledger.draft(books.spend(70), books.credit(RECEIPTS, 70), relief={line_id: Decimal(70)})
            for _ in range(2)
        ]
        with transaction.atomic():
            post_journals(council_id=books.council.pk, drafts=drafts, posted_by=None, at=AT)
        amounts = CommitmentEntry.objects.filter(kind="SPEND").order_by("pk")
        assert list(amounts.values_list("amount", flat=True)) == [-70, -30]
        all_agrees()

    def test_a_bill_beyond_a_hard_stop_is_written_down(self, books):
        line_id = promise(books, 1000)
        post(books, books.spend(1200), books.credit(RECEIPTS, 1200), relief={line_id: None})
        assert stands(books.budget) == (0, 1200, -200)
        all_agrees()

    def test_an_event_told_twice_spends_once(self, books):
        line_id = promise(books, 100)
        draft = ledger.draft(
            books.spend(10), books.credit(RECEIPTS, 10), relief={line_id: Decimal(10)}
        )
        post_draft(books, draft)
        post_draft(books, draft)
        assert stands(books.budget) == (90, 10, 900)
        all_agrees()

    def test_another_councils_promise_is_not_touched(self, books):
        other = ledger.books(organisations.council())
        act_for(other.council.pk)
        line_id = promise(other, 100)
        act_for(books.council.pk)
        post(books, books.spend(10), books.credit(RECEIPTS, 10), relief={line_id: None})
        act_for(other.council.pk)
        assert stands(other.budget)[0] == 100


class TestReverseJournal:
    def test_is_equal_and_opposite_and_opens_the_promise_again(self, books):
        line_id = promise(books, 100)
        supplier = organisations.supplier()
        journal = post(
            books, books.spend(60), books.debit(VAT, 12),
            books.credit(CREDITORS, 72, supplier_id=supplier.pk), relief={line_id: Decimal(60)},
            kind=JournalKind.INVOICE,
        )  # fmt: skip
        back = reverse(books, journal)
        assert (back.reverses, back.kind, back.number) == (journal, "INVOICE", 2)
        assert [(each.net_amount, each.supplier_id) for each in back.lines.order_by("number")] == [
            (-60, None), (-12, None), (72, supplier.pk),
        ]  # fmt: skip
        assert stands(books.budget) == (100, 0, 900)
        all_agrees()
        post(books, books.spend(60), books.credit(RECEIPTS, 60), relief={line_id: None})
        assert stands(books.budget) == (0, 60, 940)
        all_agrees()

    def test_once(self, books):
        journal = post(books, books.spend(60), books.credit(RECEIPTS, 60))
        assert reverse(books, journal) == reverse(books, journal)
        assert stands(books.budget)[1] == 0

    def test_a_reversal_stays(self, books):
        journal = post(books, books.spend(60), books.credit(RECEIPTS, 60))
        with pytest.raises(ReversalStays):
            reverse(books, reverse(books, journal))

    def test_another_councils_is_missing(self, books):
        journal = post(books, books.spend(60), books.credit(RECEIPTS, 60))
        other = ledger.books(organisations.council())
        act_for(other.council.pk)
        with pytest.raises(Missing):
            reverse(other, journal)

    def test_in_the_next_year_the_promise_is_that_years(self, books):
        line_id = promise(books, 100)
        journal = post(books, books.spend(100), books.credit(RECEIPTS, 100), relief={line_id: None})
        ledger.year(books.council, 2027)
        Period.objects.filter(financial_year=2026).update(status="CLOSED")
        reverse(books, journal)
        assert stands(books.budget) == (0, 100, 900)
        next_year = Budget.objects.get(financial_year=2027)
        assert stands(next_year) == (100, -100, 0)
        all_agrees()

    def test_beyond_its_budget_already(self, books):
        line_id = promise(books, 1000)
        journal = post(
            books, books.spend(1000), books.credit(RECEIPTS, 1000), relief={line_id: None}
        )
        post(books, books.spend(500), books.credit(RECEIPTS, 500))
        reverse(books, journal)
        assert stands(books.budget) == (1000, 500, -500)
        all_agrees()

    def test_refuses_what_went_to_somebody_else(self, books):
        elsewhere = ledger.budget(books.council, amount=1000)
        line_id = promise(books, 1000)
        journal = post(
            books, books.spend(1000, elsewhere), books.credit(RECEIPTS, 1000),
            relief={line_id: None},
        )  # fmt: skip
        promise(books, 1)
        with pytest.raises(OverBudget, match=books.budget.coding):
            reverse(books, journal)
        all_agrees()

    def test_what_was_opened_again_can_be_given_back(self, books):
        line_id = promise(books, 100)
        journal = post(books, books.spend(100), books.credit(RECEIPTS, 100), relief={line_id: None})
        reverse(books, journal, ledger.TODAY + timedelta(days=1))
        with transaction.atomic():
            given = release_commitment(
                council_id=books.council.pk, document=Document("order", uuid4()),
                amounts={line_id: None}, at=AT, reason="Cancelled.",
            )  # fmt: skip
        assert given == {line_id: 100}
        assert stands(books.budget) == (0, 0, 1000)
        all_agrees()
