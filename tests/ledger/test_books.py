"""Any sequence of promises, postings and reversals, against sums that are kept beside it."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Budget, Journal, Period
from marketplace.ledger.rules import opposite
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.ledger.selectors.journals import (
    actuals_out_of_line,
    journals_out_of_balance,
    supplier_balances,
    trial_balance,
    years_with_gaps,
)
from marketplace.ledger.services.commitments import (
    CommitmentLine,
    Document,
    OverBudget,
    commit,
    release_commitment,
)
from marketplace.ledger.services.journals import post_journal, reverse_journal
from marketplace.ledger.states import AccountRole, JournalKind, Stage
from tests.factories import ledger, ordering, organisations

AT = ordering.NOON
CREDITORS, RECEIPTS, VAT = AccountRole.CREDITORS, AccountRole.RECEIPTS, AccountRole.VAT_INPUT
NOUGHT = Decimal(0)
pennies = st.integers(1, 6000).map(lambda pence: Decimal(pence) / 100)
months = st.integers(0, 11)


class BooksHold(RuleBasedStateMachine):
    """Promise, receive, be invoiced, pay back, close and open months, in any order."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        council = organisations.council()
        act_for(council.pk)
        self.books = ledger.books(council, amount="200.00")
        self.budgets = [
            self.books.budget, ledger.budget(council, amount="50.00", is_hard_stop=False),
        ]  # fmt: skip
        self.suppliers = [organisations.supplier() for _ in range(2)]
        self.held: dict = {}
        self.posted: list[tuple[Journal, int, Decimal, object, Decimal]] = []
        self.reversed: set = set()
        self.spent = [NOUGHT, NOUGHT]
        self.owed = {each.pk: NOUGHT for each in self.suppliers}

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def promised(self, which):
        return sum((amount for place, amount in self.held.values() if place == which), NOUGHT)

    def left(self, which):
        return self.budgets[which].budget_amount - self.promised(which) - self.spent[which]

    def pick(self, data, things):
        return things[data.draw(st.integers(0, len(things) - 1))]

    def post(self, *postings, **facts):
        draft = ledger.draft(*postings, **facts)
        with transaction.atomic():
            first = post_journal(
                council_id=self.books.council.pk, draft=draft, posted_by=None, at=AT
            )
            again = post_journal(
                council_id=self.books.council.pk, draft=draft, posted_by=None, at=AT
            )
        assert first == again
        return first

    @initialize(amount=pennies, spent=pennies)
    def begin(self, amount, spent):
        """Promise and receive at once, so that there is something to take back from the start."""
        for which in (0, 1):
            self.promise(which, min(amount, Decimal(20)))
            line_id = list(self.held)[-1]
            self.spend(line_id, min(spent, Decimal(20)), None, 7)

    @rule(which=st.integers(0, 1), amount=pennies)
    def promise(self, which, amount):
        budget = self.budgets[which]
        line = CommitmentLine(uuid4(), budget.cost_centre_id, budget.account_id, amount)
        try:
            with transaction.atomic():
                commit(
                    council_id=self.books.council.pk, financial_year=2026, lines=[line],
                    stage=Stage.ORDER, document=Document("order", uuid4()), at=AT,
                )  # fmt: skip
        except OverBudget:
            assert amount > self.left(which)
        else:
            assert amount <= self.left(which)
            self.held[line.line_id] = (which, amount)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), most=st.none() | pennies)
    def give_back(self, data, most):
        line_id = self.pick(data, list(self.held))
        which, held = self.held[line_id]
        with transaction.atomic():
            release_commitment(
                council_id=self.books.council.pk, document=Document("order", uuid4()),
                amounts={line_id: most}, at=AT, reason="test",
            )  # fmt: skip
        self.held[line_id] = (which, held - (held if most is None else min(held, most)))

    @precondition(lambda self: self.held)
    @rule(data=st.data(), amount=pennies, most=st.none() | pennies, month=months)
    def receive(self, data, amount, most, month):
        self.spend(self.pick(data, list(self.held)), amount, most, month)

    def spend(self, line_id, amount, most, month):
        which, held = self.held[line_id]
        kept = held if most is None else min(held, most)
        journal = self.post(
            self.books.spend(amount, self.budgets[which]), self.books.credit(RECEIPTS, amount),
            relief={line_id: most}, dated_on=self.books.periods[month].starts_on,
        )  # fmt: skip
        self.held[line_id] = (which, held - kept)
        self.spent[which] += amount
        self.posted.append((journal, which, amount, line_id, kept))

    @rule(which=st.integers(0, 1), net=pennies, who=st.integers(0, 1), credit=st.booleans())
    def invoice(self, which, net, who, credit):
        """Spend or credit without a promise, with VAT that comes back."""
        vat = (net / 5).quantize(Decimal("0.01")) or Decimal("0.01")
        supplier = self.suppliers[who].pk
        sides = [
            self.books.spend(net, self.budgets[which]), self.books.debit(VAT, vat),
            self.books.credit(CREDITORS, net + vat, supplier_id=supplier),
        ]  # fmt: skip
        kind = JournalKind.INVOICE
        if credit:
            sides, kind = [opposite(each) for each in sides], JournalKind.CREDIT_NOTE
        sign = -1 if credit else 1
        journal = self.post(*sides, kind=kind)
        self.spent[which] += sign * net
        self.owed[supplier] += sign * (net + vat)
        self.posted.append((journal, which, sign * net, (supplier, sign * (net + vat)), NOUGHT))

    @precondition(lambda self: len(self.posted) > len(self.reversed))
    @rule(data=st.data())
    def take_back(self, data):
        open_ones = [each for each in self.posted if each[0].pk not in self.reversed]
        journal, which, amount, about, kept = self.pick(data, open_ones)
        budget = self.budgets[which]
        full = budget.is_hard_stop and kept - amount > max(self.left(which), NOUGHT)
        try:
            with transaction.atomic():
                reverse_journal(
                    council_id=self.books.council.pk, journal_id=journal.pk,
                    dated_on=ledger.TODAY, narrative="Back", posted_by=None, at=AT,
                )  # fmt: skip
        except OverBudget:
            assert (bool(full), bool(kept)) == (True, True)
            return
        assert not (full and kept)
        self.reversed.add(journal.pk)
        self.spent[which] -= amount
        if isinstance(about, tuple):
            self.owed[about[0]] -= about[1]
        else:
            place, held = self.held[about]
            self.held[about] = (place, held + kept)

    @rule(month=st.integers(0, 10), shut=st.booleans())
    def close_or_open(self, month, shut):
        """March stays open, so that there is always somewhere to post."""
        status = "CLOSED" if shut else "OPEN"
        Period.objects.filter(pk=self.books.periods[month].pk).update(status=status)

    @invariant()
    def all_agrees(self):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS journal_balances IMMEDIATE")
            cursor.execute("SET CONSTRAINTS journal_balances DEFERRED")
        for which, budget in enumerate(self.budgets):
            row = Budget.objects.get(pk=budget.pk)
            assert row.committed_amount == self.promised(which) >= 0
            assert row.actual_amount == self.spent[which]
        rows = trial_balance(self.books.council.pk, until=self.books.periods[11].ends_on)
        assert sum(row.net_amount for row in rows) == 0
        spent = sum(row.net_amount for row in rows if row.kind == "expense")
        assert spent == sum(self.spent)
        owed = supplier_balances(self.books.council.pk, self.books.controls[CREDITORS].pk)
        assert owed == {who: -amount for who, amount in self.owed.items() if amount}
        assert list(actuals_out_of_line()) == []
        assert list(commitments_out_of_line()) == []
        assert lines_below_nought() == []
        assert journals_out_of_balance() == []
        assert years_with_gaps() == []


@pytest.mark.django_db(transaction=False)
class TestBooksHold(BooksHold.TestCase):
    settings = settings(
        max_examples=30, stateful_step_count=12, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
