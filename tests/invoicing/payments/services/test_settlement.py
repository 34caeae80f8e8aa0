"""What the bank did: it paid a run, or gave a payment back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.models import Invoice, PaidInvoice, Payment
from invoicing.payments.services.accounts import ConfirmedBefore, confirm_account
from invoicing.payments.services.checks import PayeeChanged, PaymentsNotAllowed
from invoicing.payments.services.preparing import NothingToPay
from invoicing.payments.services.settlement import (
    BankDayNotRight,
    FailureReasonNeeded,
    PaymentFailedBefore,
    PaymentNotSent,
    fail_payment,
    settle_run,
)
from invoicing.states import InvoiceStatus, RunStatus
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Journal
from marketplace.ledger.selectors.journals import balances_of, trial_balance
from marketplace.ledger.states import AccountRole
from marketplace.notifications.models import Message
from tests.factories import organisations, payments
from tests.factories.ordering import NOON

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(days=3)


@pytest.fixture
def house():
    made = payments.house()
    act_for(made.council.pk)
    return made


@pytest.fixture
def run(house):
    payments.invoices(house, [100, -30])
    payments.invoices(house, [5], supplier=payments.payee(house.council))
    return payments.exported(house)


def settle(house, run, **facts):
    chosen = {
        "run_id": run.pk, "payments": house.preparer, "settled_on": payments.PAY_ON, "at": LATER,
        **facts,
    }  # fmt: skip
    return settle_run(**chosen)


def fail(house, payment, **facts):
    chosen = {
        "payment_id": payment.pk, "payments": house.preparer, "reason": "AC04, account closed",
        "failed_on": payments.PAY_ON, "at": LATER, **facts,
    }  # fmt: skip
    return fail_payment(**chosen)


def chairs(house):
    return Payment.objects.get(supplier=house.supplier)


def balances(house, *roles):
    keys = {role: house.books.controls[role].pk for role in roles}
    found = balances_of(house.council.pk, list(keys.values()))
    rows = trial_balance(house.council.pk, until=payments.PAY_ON)
    assert sum(row.net_amount for row in rows) == 0
    return [found.get(keys[role], Decimal(0)) for role in roles]


CREDITORS, TRANSIT, BANK = AccountRole.CREDITORS, AccountRole.CASH_IN_TRANSIT, AccountRole.BANK


class TestSettleRun:
    def test_takes_it_off_the_bank(self, house, run):
        settled = settle(house, run)
        settled.refresh_from_db()
        assert (settled.status, settled.settled_on) == (RunStatus.SETTLED, payments.PAY_ON)
        assert balances(house, CREDITORS, TRANSIT, BANK) == [0, 0, -75]
        journal = Journal.objects.get(kind="BANK")
        assert (journal.event_key, journal.dated_on) == (f"settlement:{run.pk}", payments.PAY_ON)

    def test_without_what_came_back_before(self, house, run):
        fail(house, chairs(house))
        settle(house, run)
        assert balances(house, CREDITORS, TRANSIT, BANK) == [-70, 0, -5]

    def test_of_which_everything_came_back_posts_nothing(self, house, run):
        for each in Payment.objects.all():
            fail(house, each)
        assert settle(house, run).status == RunStatus.SETTLED
        assert balances(house, CREDITORS, TRANSIT, BANK) == [-75, 0, 0]
        assert not Journal.objects.filter(event_key=f"settlement:{run.pk}").exists()

    def test_says_when_invoices_were_paid_in_truth(self, house, run):
        payment = chairs(house)
        fail(house, payment)
        next_day = payments.PAY_ON + timedelta(days=1)
        settle(house, run, settled_on=next_day, at=LATER + timedelta(days=1))
        other = Invoice.objects.exclude(supplier=house.supplier).get()
        assert (other.status, other.paid_on) == (InvoiceStatus.PAID, next_day)
        mine = Invoice.objects.filter(supplier=house.supplier)
        assert set(mine.values_list("status", "paid_on")) == {(InvoiceStatus.APPROVED, None)}

    @pytest.mark.parametrize("days", [-1, 4])
    def test_refuses_a_day_on_which_it_cannot_have_been(self, house, run, days):
        with pytest.raises(BankDayNotRight) as refused:
            settle(house, run, settled_on=payments.TODAY + timedelta(days=days))
        assert refused.value.field == "settled_on"

    def test_only_once_and_only_what_the_bank_has(self, house, run):
        settle(house, run)
        with pytest.raises(IllegalMove):
            settle(house, run)
        payments.invoice(house)
        with pytest.raises(IllegalMove):
            settle(house, payments.approved(house))

    def test_is_for_payments_officers_of_the_council(self, house, run):
        with pytest.raises(PaymentsNotAllowed):
            settle(house, run, payments=house.finance)
        stranger = organisations.actor(organisations.council(), "payments")
        with pytest.raises(Missing):
            settle(house, run, payments=stranger)

    def test_leaves_a_trace(self, house, run):
        settle(house, run)
        event = Event.objects.get(verb="payment-run.settled")
        assert event.after == {
            "status": "SETTLED", "settled_on": "2026-11-26", "total_amount": "75.00",
            "came_back_amount": "0.00",
        }  # fmt: skip

    def test_says_on_each_payment_when_the_bank_paid(self, house, run):
        fail(house, chairs(house))
        settle(house, run)
        days = dict(Payment.objects.values_list("supplier", "settled_on"))
        assert days.pop(house.supplier.pk) is None
        assert set(days.values()) == {payments.PAY_ON}
        assert Event.objects.get(verb="payment-run.settled").after["came_back_amount"] == "70.00"

    def test_refuses_a_day_before_its_own(self, house, run):
        """The bank was told to pay on another day, and has not paid yet."""
        with pytest.raises(BankDayNotRight, match="26 November 2026"):
            settle(house, run, settled_on=payments.PAY_ON - timedelta(days=1))


class TestFailPayment:
    def test_what_it_was_for_is_owed_again(self, house, run):
        failed = fail(house, chairs(house))
        failed.refresh_from_db()
        assert (failed.failed_at, failed.failed_reason) == (LATER, "AC04, account closed")
        assert balances(house, CREDITORS, TRANSIT, BANK) == [-70, -5, 0]
        mine = Invoice.objects.filter(supplier=house.supplier)
        assert set(mine.values_list("status", "paid_on")) == {(InvoiceStatus.APPROVED, None)}
        assert set(
            PaidInvoice.objects.filter(payment=failed).values_list("is_open", flat=True)
        ) == {False}
        others = Invoice.objects.exclude(supplier=house.supplier)
        assert others.get().status == InvoiceStatus.PAID

    def test_after_the_bank_paid_it_comes_back_to_the_bank(self, house, run):
        settle(house, run)
        fail(house, chairs(house))
        assert balances(house, CREDITORS, TRANSIT, BANK) == [-70, 0, -5]

    def test_is_paid_by_the_next_run(self, house, run):
        fail(house, chairs(house))
        payments.confirmed(house.council, house.account)
        again = payments.prepared(house)
        assert (again.payments_count, again.total_amount) == (1, 70)

    def test_its_account_has_to_be_made_sure_of_again(self, house, run):
        """It came back, so what somebody was told of the account is not so any more."""
        fail(house, chairs(house))
        with pytest.raises(NothingToPay, match="left out"):
            payments.prepared(house)
        said = {"account_id": house.account.pk, "spoke_to": "Sal", "spoke_by": "Phone", "at": LATER}
        kept = confirm_account(person=house.finance, **said)
        assert kept.returned == chairs(house)
        with pytest.raises(ConfirmedBefore):
            confirm_account(person=house.checker, **said)
        assert payments.prepared(house).total_amount == 70

    def test_stops_the_runs_that_wait_with_its_account(self, house, run):
        payments.invoices(house, [8])
        waiting = payments.prepared(house)
        fail(house, Payment.objects.get(run=run, supplier=house.supplier))
        with pytest.raises(PayeeChanged, match="came back"):
            payments.checked(house, waiting)

    def test_comes_back_once(self, house, run):
        fail(house, chairs(house))
        with pytest.raises(PaymentFailedBefore, match="AC04"):
            fail(house, chairs(house))

    def test_not_before_the_bank_has_it(self, house):
        payments.invoice(house)
        payments.approved(house)
        with pytest.raises(PaymentNotSent):
            fail(house, chairs(house))

    def test_says_why(self, house, run):
        with pytest.raises(FailureReasonNeeded):
            fail(house, chairs(house), reason=" ")

    @pytest.mark.parametrize("days", [-1, 4])
    def test_refuses_a_day_on_which_it_cannot_have_been(self, house, run, days):
        with pytest.raises(BankDayNotRight) as refused:
            fail(house, chairs(house), failed_on=payments.TODAY + timedelta(days=days))
        assert refused.value.field == "failed_on"

    def test_is_for_payments_officers_of_the_council(self, house, run):
        with pytest.raises(PaymentsNotAllowed):
            fail(house, chairs(house), payments=house.finance)
        stranger = organisations.actor(organisations.council(), "payments")
        with pytest.raises(Missing):
            fail(house, chairs(house), payments=stranger)

    def test_leaves_a_trace_that_the_supplier_may_read(self, house, run):
        failed = fail(house, chairs(house))
        event = Event.objects.get(verb="payment.failed")
        assert event.counterparty_id == house.supplier.pk
        assert (event.subject_reference, event.note) == (failed.reference, failed.failed_reason)
        assert len(event.after["invoices"]) == 2

    def test_tells_the_supplier(self, house, run):
        fail(house, chairs(house))
        message = Message.objects.get(to="accounts@example.com")
        assert "AC04" in message.body
        assert house.account.account_number not in message.body


def test_asks_the_same_of_the_database_for_ten_and_for_a_hundred(house):
    settling, failing = [], []
    for many in (10, 100):
        payments.invoices(house, [10] * many)
        run = payments.exported(house)
        with CaptureQueriesContext(connection) as asked:
            fail(house, Payment.objects.get(run=run))
        failing.append(len(asked))
        with CaptureQueriesContext(connection) as asked:
            settle(house, run)
        settling.append(len(asked))
        payments.confirmed(house.council, payments.account(house.supplier))
    assert failing[0] == failing[1] < 50
    assert settling[0] == settling[1] < 50
