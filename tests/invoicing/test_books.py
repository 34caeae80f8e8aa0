"""From the door to the bank in any order: what is billed, owed, spent and paid agrees throughout.

Orders, goods in and out, corrections, invoices right and wrong, credit notes, differences let
through, decisions, runs, failures and settlements, with the jobs between them done or still owed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from invoicing.models import (
    Allocation,
    Arrival,
    Finding,
    Invoice,
    PaidInvoice,
    Payment,
    PaymentRun,
)
from invoicing.payments.services.exporting import export_run
from invoicing.payments.services.preparing import prepare_run
from invoicing.payments.services.runs import approve_run, void_run
from invoicing.payments.services.settlement import fail_payment, settle_run
from invoicing.settling.services.approval import approve_invoice, approve_invoices
from invoicing.settling.services.releasing import release_finding
from invoicing.settling.services.sending_back import send_back_invoice
from marketplace.core.errors import Refusal
from marketplace.core.tenancy import clear, stewardship, tenant
from marketplace.ledger.models import Journal
from marketplace.ledger.selectors.controls import accounts_by_role
from marketplace.ledger.selectors.journals import balances_of
from marketplace.ledger.services.balances import balances_of_lines
from marketplace.ledger.states import AccountRole
from marketplace.ordering.bought.rules import part_of
from marketplace.ordering.models import Order, OrderLine, Receipt
from marketplace.ordering.receipts.services.corrections import correct_receipt
from marketplace.ordering.receipts.services.receipts import receive_goods
from marketplace.ordering.receipts.services.returns import (
    Parcel,
    return_for_credit,
    return_for_replacement,
)
from tests.factories import catalogue, einvoices, invoicing, ordering, payments, receipts
from tests.factories.ordering import NOON
from tests.probes import twins
from tests.resilience.invariants import MONEY, every_chain_is_whole

ORDERED = 5
NOUGHT = Decimal(0)
POSTED = ["APPROVED", "PAID"]
TENANTS = (Allocation, Arrival, Finding, Invoice, Journal, Order, PaidInvoice, Payment, PaymentRun)
amounts = st.integers(1, ORDERED)
factors = st.sampled_from(["1", "1", "1", "1.5", "0.9"])


class FromDoorToBank(RuleBasedStateMachine):
    """A council with two orders whose prices leave pennies over, and everybody at work on them."""

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()

    def teardown(self):
        assert every_chain_is_whole() == []
        clear()
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize()
    def begin(self):
        self.market = invoicing.market(budget_amount=1_000_000)
        self.stage = twins.stage(self.market)
        self.house = twins.house(self.stage)
        self.elsewhere = twins.stage()
        listings = [
            catalogue.listing(self.market.supplier, unit_price=price)
            for price in ("0.333333", "17.071429")
        ]
        self.orders = [
            ordering.answered(self.market, listings=[each], quantity=ORDERED) for each in listings
        ]
        self.said, self.bills = {}, 0

    # What everybody does, as far as they are let.

    def tried(self, service, **facts):
        """Do it if it is let; what is refused leaves nothing."""
        try:
            with self.market.acting(), transaction.atomic():
                return service(at=NOON, **facts)
        except Refusal:
            return None

    def rows(self, kind, **facts):
        with stewardship():
            council = self.market.council.pk
            return list(kind.objects.filter(council_id=council, **facts).order_by("pk"))

    def pick(self, data, rows):
        return rows[data.draw(st.integers(0, len(rows) - 1))] if rows else None

    @rule(which=st.integers(0, 1), quantity=amounts)
    def receive(self, which, quantity):
        order = self.orders[which]
        self.tried(
            receive_goods, order_id=order.pk, receiver=self.market.buyer,
            lines=receipts.counted(order, quantity), received_on=NOON.date(),
        )  # fmt: skip

    @rule(
        which=st.integers(0, 1), quantity=amounts,
        service=st.sampled_from([return_for_credit, return_for_replacement]),
    )  # fmt: skip
    def go_back(self, which, quantity, service):
        order = self.orders[which]
        parcel = Parcel(receipts.counted(order, quantity), NOON.date(), "They wobble.")
        self.tried(service, order_id=order.pk, receiver=self.market.buyer, parcel=parcel)

    @rule(data=st.data(), quantity=st.integers(0, ORDERED))
    def put_right(self, data, quantity):
        keys = [each.pk for each in self.orders]
        wrong = self.pick(data, self.rows(Receipt, order_id__in=keys))
        if wrong is not None:
            order = next(each for each in self.orders if each.pk == wrong.order_id)
            self.tried(
                correct_receipt, receipt_id=wrong.pk, receiver=self.market.buyer,
                lines=receipts.counted(order, quantity), reason="Miscounted.",
            )  # fmt: skip

    def send(self, said):
        invoice = invoicing.taken(self.market, said)
        self.said[invoice.pk] = said
        return invoice

    @rule(which=st.integers(0, 1), quantity=amounts, times=factors)
    def bill(self, which, quantity, times):
        """Bill so much of an order, in whatever order it comes, perhaps too dear."""
        self.bills += 1
        said = self.stage.billing(
            self.orders[which], quantity, f"B-{self.bills}77",
            issued_on=twins.FIRST_DAY - self.bills * twins.WEEK,
        )  # fmt: skip
        self.send(said if times == "1" else twins.dearer(said, times))

    @precondition(lambda self: self.said)
    @rule(data=st.data(), days=st.sampled_from([0, 0, 1]))
    def bill_again(self, data, days):
        said = self.pick(data, list(self.said.values()))
        again = replace(
            said, number=said.number.lower(), issued_on=said.issued_on + timedelta(days=days)
        )
        invoice = invoicing.taken(self.market, again)
        sent_back = self.rows(Invoice, number_key=invoice.number_key, status="SENT_BACK")
        assert invoice.status in {"HELD", "REPEAT"} or sent_back

    @precondition(lambda self: self.said)
    @rule(data=st.data(), quantity=st.integers(0, ORDERED))
    def credit(self, data, quantity):
        said = self.pick(data, [each for each in self.said.values() if not each.is_credit_note])
        self.bills += 1
        line = said.lines[0]
        if quantity:
            net = einvoices.rounded(line.price.amount * quantity)
            line = replace(line, quantity=Decimal(quantity), net_amount=net)
        note = invoicing.credit_of(
            said, lines=(line,), number=f"C-{self.bills}77",
            issued_on=twins.FIRST_DAY - self.bills * twins.WEEK,
        )  # fmt: skip
        invoicing.taken(self.market, note)

    @rule()
    def do_jobs(self):
        ordering.do_jobs()

    @rule(data=st.data())
    def let_through(self, data):
        finding = self.pick(data, self.rows(Finding, closed="", severity="HOLD"))
        if finding is not None:
            self.tried(
                release_finding, invoice_id=finding.invoice_id, finding_id=finding.pk,
                releaser=self.stage.other, reason="Looked into.",
            )  # fmt: skip

    @rule(data=st.data())
    def send_back(self, data):
        waiting = self.rows(Invoice, status__in=["HELD", "MATCHED"])
        invoice = self.pick(data, [each for each in waiting if each.pk != self.stage.honest.pk])
        if invoice is not None:
            self.tried(
                send_back_invoice, invoice_id=invoice.pk, finance=self.stage.finance, reason="No."
            )

    @rule(data=st.data())
    def approve(self, data):
        invoice = self.pick(data, self.rows(Invoice, status="MATCHED"))
        if invoice is not None:
            done = self.tried(approve_invoice, invoice_id=invoice.pk, approver=self.stage.finance)
            self.check_approved([done] if done else [])

    @rule()
    def approve_all(self):
        keys = [each.pk for each in self.rows(Invoice, status="MATCHED")]
        done = self.tried(approve_invoices, invoice_ids=keys, approver=self.stage.finance)
        self.check_approved(done.invoices if done else [])

    def check_approved(self, invoices):
        """No more is approved than is there at that moment, unless somebody let it through."""
        with stewardship():
            for invoice in invoices:
                passed = Finding.objects.filter(
                    invoice=invoice, closed="RELEASED", code__startswith="BEYOND"
                ).values_list("order_line_id", flat=True)
                rows = Allocation.objects.filter(invoice__status__in=POSTED)
                mine = rows.filter(invoice=invoice, quantity__gt=0, undone_by=None, undoes=None)
                for line in OrderLine.objects.filter(pk__in=mine.values("order_line_id")):
                    billed = rows.filter(order_line=line).aggregate(q=Sum("quantity"))["q"]
                    assert billed <= line.received_quantity or line.pk in set(passed)

    @rule()
    def prepare(self):
        self.tried(
            prepare_run, preparer=self.house.preparer, payer=payments.PAYER,
            pay_on=payments.TODAY, due_by_on=twins.FAR,
        )  # fmt: skip

    @rule(data=st.data())
    def decide_on_run(self, data):
        """The next step of a run, whatever it is, or its end."""
        run = self.pick(
            data, self.rows(PaymentRun, status__in=["PREPARED", "APPROVED", "EXPORTED"])
        )
        if run is None:
            return
        if run.status == "EXPORTED":
            self.tried(
                settle_run, run_id=run.pk, payments=self.house.preparer, settled_on=NOON.date()
            )
        elif data.draw(st.integers(0, 5)) == 0:
            self.tried(void_run, run_id=run.pk, person=self.house.finance, reason="No.")
        elif run.status == "APPROVED":
            self.tried(export_run, run_id=run.pk, payments=self.house.preparer)
        else:
            self.tried(
                approve_run, run_id=run.pk, approver=self.house.checker,
                frozen_sha256=run.frozen_sha256,
            )  # fmt: skip

    @rule(data=st.data())
    def come_back(self, data):
        payment = self.pick(data, self.rows(Payment, sent_at__isnull=False, failed_at=None))
        if payment is not None:
            self.tried(
                fail_payment, payment_id=payment.pk, payments=self.house.preparer, reason="AC04",
                failed_on=NOON.date(),
            )  # fmt: skip

    # What holds whatever they did.

    @invariant()
    def the_money_agrees(self):
        assert [problem for each in MONEY for problem in each()] == []

    @invariant()
    def what_stands_as_received_is_what_came_less_what_was_billed(self):
        council = self.market.council.pk
        with stewardship():
            approved = dict(
                Allocation.objects.filter(council_id=council, invoice__status__in=POSTED)
                .order_by()
                .values_list("order_line")
                .annotate(q=Sum("quantity"))
            )
            lines = list(OrderLine.objects.filter(council_id=council))
            parts = accounts_by_role(council)
            keys = {role: parts[role].pk for role in (AccountRole.RECEIPTS, AccountRole.VAT_INPUT)}
            stands = balances_of(council, list(keys.values()))
            vat = sum(
                -each.vat_amount if each.is_credit_note else each.vat_amount
                for each in Invoice.objects.filter(council_id=council, status__in=POSTED)
            )
        worth = NOUGHT
        for line in lines:
            billed = min(max(approved.get(line.pk, NOUGHT), NOUGHT), line.quantity)
            worth += part_of(line.net_amount, line.quantity, line.received_quantity)
            worth -= part_of(line.net_amount, line.quantity, billed)
        assert stands.get(keys[AccountRole.RECEIPTS], NOUGHT) == -worth
        assert stands.get(keys[AccountRole.VAT_INPUT], NOUGHT) == vat

    @invariant()
    def what_is_promised_is_what_is_to_come(self):
        council = self.market.council.pk
        with stewardship():
            lines = list(OrderLine.objects.filter(council_id=council))
            held = balances_of_lines(council, [line.pk for line in lines])
        for line in lines:
            promised = sum((each.amount for each in held.get(line.pk, ())), NOUGHT)
            exact = line.net_amount * line.to_come_quantity / line.quantity
            assert abs(promised - exact) <= Decimal("0.05")
            assert promised == 0 or line.to_come_quantity

    @invariant()
    def another_council_sees_nothing_of_it(self):
        other = self.elsewhere.market.council.pk
        with tenant(other):
            for kind in TENANTS:
                assert not kind.objects.exclude(council_id=other).exists()

    @invariant()
    def the_honest_one_goes_its_way(self):
        honest = invoicing.now(self.stage.honest)
        assert honest.status in {"MATCHED", *POSTED}
        assert invoicing.found_in(honest) == []

    @invariant()
    def the_database_finds_nothing_at_the_commit(self):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


class FarFromDoorToBank(FromDoorToBank):
    """The same, for longer."""


def _sized(examples: int, steps: int, **more: object) -> settings:
    checks = list(HealthCheck)
    return settings(
        max_examples=examples, stateful_step_count=steps, suppress_health_check=checks, **more
    )


FromDoorToBank.TestCase.settings = _sized(4, 25)
FarFromDoorToBank.TestCase.settings = _sized(30, 40, derandomize=False, print_blob=True)


@pytest.mark.django_db
class TestFromDoorToBank(FromDoorToBank.TestCase):
    pass


@pytest.mark.slow
@pytest.mark.django_db
class TestFarFromDoorToBank(FarFromDoorToBank.TestCase):
    pass
