"""Any sequence of invoices, runs and what the bank does, against what a council owes."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from invoicing.models import Invoice, PaidInvoice, Payment, PaymentRun
from invoicing.payments.services.checks import PayDayPassed, PayeeChanged
from invoicing.payments.services.exporting import export_run
from invoicing.payments.services.preparing import NothingToPay, prepare_run
from invoicing.payments.services.runs import approve_run, void_run
from invoicing.payments.services.settlement import fail_payment, settle_run
from invoicing.states import InvoiceStatus, RunStatus
from marketplace.core.tenancy import act_for
from marketplace.ledger.selectors.journals import balances_of, supplier_balances, trial_balance
from marketplace.ledger.states import AccountRole
from tests.factories import payments
from tests.factories.ordering import NOON

CREDITORS, TRANSIT, BANK = AccountRole.CREDITORS, AccountRole.CASH_IN_TRANSIT, AccountRole.BANK
NOUGHT = Decimal(0)
pennies = st.integers(1, 50_000).map(lambda pence: Decimal(pence) / 100)


class PaymentsHold(RuleBasedStateMachine):
    """Be invoiced and credited, prepare, approve, give up, pay and have it back, in any order."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.house = payments.house()
        act_for(self.house.council.pk)
        other = payments.payee(self.house.council)
        self.suppliers = [self.house.supplier, other]
        self.owed = defaultdict(lambda: NOUGHT)
        self.sent = defaultdict(lambda: NOUGHT)
        self.gone = NOUGHT

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def runs(self, *statuses):
        return list(PaymentRun.objects.filter(status__in=statuses).order_by("number"))

    def pick(self, data, things):
        return things[data.draw(st.integers(0, len(things) - 1))]

    def deed(self, service, **facts):
        with transaction.atomic():
            return service(at=NOON, **facts)

    @initialize(amount=pennies)
    def begin(self, amount):
        self.bill(amount, 0, False)

    @rule(amount=pennies, who=st.integers(0, 1), later=st.booleans())
    def bill(self, amount, who, later):
        day = payments.TODAY + timedelta(days=10 if later else 0)
        supplier = self.suppliers[who]
        payments.invoices(self.house, [amount], supplier=supplier, pay_by_on=day)
        self.owed[supplier.pk] += amount

    @rule(amount=pennies, who=st.integers(0, 1))
    def credit(self, amount, who):
        supplier = self.suppliers[who]
        payments.invoices(self.house, [-amount], supplier=supplier)
        self.owed[supplier.pk] -= amount

    @rule(days=st.sampled_from([0, 10]))
    def prepare(self, days):
        try:
            run = self.deed(
                prepare_run, preparer=self.house.preparer, payer=payments.PAYER,
                pay_on=payments.TODAY, due_by_on=payments.TODAY + timedelta(days=days),
            ).run  # fmt: skip
        except NothingToPay:
            return
        assert run.status == RunStatus.PREPARED

    @precondition(lambda self: self.runs("PREPARED"))
    @rule(data=st.data())
    def approve(self, data):
        run = self.pick(data, self.runs("PREPARED"))
        changed = Payment.objects.filter(run=run).exclude(
            account_id__in=[self.latest(each).pk for each in self.suppliers]
        )
        try:
            self.deed(
                approve_run, run_id=run.pk, approver=self.house.checker,
                frozen_sha256=run.frozen_sha256,
            )  # fmt: skip
        except PayeeChanged:
            assert changed.exists()
        else:
            assert not changed.exists()

    def latest(self, supplier):
        return payments.SupplierAccount.objects.filter(supplier=supplier).order_by("-id").first()

    @rule(who=st.integers(0, 1), sure=st.booleans())
    def move_account(self, who, sure):
        account = payments.account(self.suppliers[who])
        if sure:
            payments.confirmed(self.house.council, account)

    @precondition(lambda self: self.runs("PREPARED", "APPROVED"))
    @rule(data=st.data())
    def give_up(self, data):
        run = self.pick(data, self.runs("PREPARED", "APPROVED"))
        self.deed(void_run, run_id=run.pk, person=self.house.finance, reason="No")

    @precondition(lambda self: self.runs("APPROVED"))
    @rule(data=st.data())
    def export(self, data):
        run = self.pick(data, self.runs("APPROVED"))
        with pytest.raises(PayDayPassed), transaction.atomic():
            export_run(run_id=run.pk, payments=self.house.preparer, at=NOON + timedelta(days=9))
        self.deed(export_run, run_id=run.pk, payments=self.house.preparer)
        for each in Payment.objects.filter(run=run):
            self.owed[each.supplier_id] -= each.amount
            self.sent[run.pk] += each.amount

    @precondition(lambda self: self.runs("EXPORTED"))
    @rule(data=st.data())
    def settle(self, data):
        run = self.pick(data, self.runs("EXPORTED"))
        facts = {"run_id": run.pk, "settled_on": run.pay_on}
        self.deed(settle_run, payments=self.house.preparer, **facts)
        self.gone += self.sent.pop(run.pk)

    @precondition(lambda self: Payment.objects.filter(sent_at__isnull=False, failed_at=None))
    @rule(data=st.data())
    def come_back(self, data):
        rows = Payment.objects.filter(sent_at__isnull=False, failed_at=None).select_related("run")
        payment = self.pick(data, list(rows.order_by("end_to_end_id")))
        facts = {"payment_id": payment.pk, "reason": "AC04", "failed_on": payments.TODAY}
        self.deed(fail_payment, payments=self.house.preparer, **facts)
        self.owed[payment.supplier_id] += payment.amount
        if payment.run.status == RunStatus.SETTLED:
            self.gone -= payment.amount
        else:
            self.sent[payment.run_id] -= payment.amount

    @invariant()
    def an_invoice_is_paid_at_most_once_and_never_beyond_what_it_asks(self):
        paid = defaultdict(lambda: NOUGHT)
        for row in PaidInvoice.objects.filter(is_open=True):
            paid[row.invoice_id] += row.amount
        for invoice in Invoice.objects.all():
            amount = paid.get(invoice.pk, NOUGHT)
            assert amount in (NOUGHT, invoice.signed_amount)
            assert abs(amount) <= invoice.gross_amount
            assert invoice.status != InvoiceStatus.PAID or amount == invoice.signed_amount

    @invariant()
    def what_is_paid_is_what_an_open_payment_that_went_says(self):
        went = PaidInvoice.objects.filter(
            is_open=True, payment__run__status__in=[RunStatus.EXPORTED, RunStatus.SETTLED]
        )
        paid = Invoice.objects.filter(status=InvoiceStatus.PAID)
        assert set(went.values_list("invoice_id", flat=True)) == {each.pk for each in paid}

    @invariant()
    def nothing_is_held_by_what_was_given_up_or_came_back(self):
        held = PaidInvoice.objects.filter(is_open=True)
        assert not held.filter(payment__run__status=RunStatus.VOID).exists()
        assert not held.filter(payment__failed_at__isnull=False).exists()

    @invariant()
    def the_books_agree(self):
        council_id = self.house.council.pk
        controls = {role: each.pk for role, each in self.house.books.controls.items()}
        assert sum(r.net_amount for r in trial_balance(council_id, until=payments.PAY_ON)) == 0
        found = supplier_balances(council_id, controls[CREDITORS])
        assert {key: -net for key, net in found.items()} == {
            key: amount for key, amount in self.owed.items() if amount
        }
        net = balances_of(council_id, [controls[TRANSIT], controls[BANK]])
        assert net.get(controls[TRANSIT], NOUGHT) == -sum(self.sent.values(), NOUGHT)
        assert net.get(controls[BANK], NOUGHT) == -self.gone

    @invariant()
    def the_database_finds_nothing_at_the_commit(self):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


PaymentsHold.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, suppress_health_check=list(HealthCheck)
)


@pytest.mark.django_db
class TestPaymentsHold(PaymentsHold.TestCase):
    pass
