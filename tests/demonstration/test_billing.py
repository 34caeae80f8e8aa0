"""What was billed and paid in the demo: every state stands there, and the books agree."""

from __future__ import annotations

import io
from collections import Counter
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from fixtures.billing import CHANGED
from fixtures.councils import COUNCILS
from fixtures.suppliers import SUPPLIERS
from invoicing.matching.services import rematch_order
from invoicing.models import (
    AccountConfirmation,
    Arrival,
    Finding,
    Invoice,
    LedgerExport,
    PaidInvoice,
    PaymentRun,
    SupplierAccount,
)
from invoicing.payments.selectors.due import due_plan
from invoicing.states import InvoiceStatus
from marketplace.core.tenancy import stewardship, tenant
from marketplace.ledger.selectors.controls import accounts_by_role
from marketplace.ledger.selectors.journals import supplier_balances, trial_balance
from marketplace.ledger.states import AccountRole
from marketplace.organisations.models import Organisation


@pytest.fixture
def steward():
    with stewardship():
        yield


@pytest.fixture(params=[each.slug for each in COUNCILS])
def council(demo_db, steward, request):
    return Organisation.objects.get(slug=request.param)


def figures(rows) -> Decimal:
    return sum(rows, Decimal("0.00"))


class TestEachCouncil:
    def test_has_invoices_in_every_state(self, council):
        statuses = Invoice.objects.of(council.pk).values_list("status", flat=True)
        assert set(statuses) == set(InvoiceStatus)

    def test_has_them_held_for_every_reason(self, council):
        held = Finding.objects.of(council.pk).filter(invoice__status="HELD", closed="")
        codes = {
            tuple(sorted(set(held.filter(invoice=key).values_list("code", flat=True))))
            for key in held.values_list("invoice", flat=True)
        }
        assert codes == {
            ("PRICE",), ("BEYOND_RECEIVED",), ("UNKNOWN_ORDER",),
            ("BEYOND_ORDERED", "BEYOND_RECEIVED", "NUMBER_LOOKS_SAME"),
        }  # fmt: skip
        assert not Finding.objects.of(council.pk).filter(severity="BLOCK").exists()

    def test_has_files_that_could_not_be_read(self, council):
        refused = Arrival.objects.of(council.pk).exclude(status="TAKEN")
        codes = refused.values_list("status", "refusal_code")
        assert set(codes) == {("REFUSED", "e-invoice.doctype"), ("REFUSED", "e-invoice.not-xml")}

    def test_has_one_mended_after_it_was_sent_back(self, council):
        back = Invoice.objects.of(council.pk).get(status="SENT_BACK")
        assert "price" in back.sent_back_reason
        again = Invoice.objects.of(council.pk).exclude(pk=back.pk).get(number=back.number)
        assert again.status in ("MATCHED", "APPROVED")

    def test_has_a_repeat_of_one_that_goes_on(self, council):
        repeat = Invoice.objects.of(council.pk).get(status="REPEAT")
        assert repeat.repeats.status == "APPROVED"

    def test_has_a_credit_note_that_is_taken_off_what_is_owed(self, council):
        note = Invoice.objects.of(council.pk).get(kind="CREDIT_NOTE")
        taken_off = PaidInvoice.objects.of(council.pk).get(invoice=note)
        assert taken_off.amount < 0
        assert taken_off.payment.amount > 0

    def test_has_a_run_that_is_paid_and_one_that_waits_for_its_second_person(self, council):
        runs = PaymentRun.objects.of(council.pk).order_by("number")
        assert [each.status for each in runs] == ["SETTLED", "PREPARED"]
        paid, waiting = runs
        assert paid.approved_by_id != paid.prepared_by_id
        assert waiting.approved_by_id is None
        assert waiting.pay_on > paid.pay_on

    def test_has_something_approved_and_due_that_no_run_has(self, council):
        waiting = PaymentRun.objects.of(council.pk).get(status="PREPARED")
        assert due_plan(council.pk, waiting.pay_on.replace(year=9999)).paid

    def test_keeps_duties_apart(self, council):
        rows = PaidInvoice.objects.of(council.pk).select_related("invoice", "payment__run")
        for document in rows:
            run = document.payment.run
            assert document.invoice.approved_by_id not in (run.prepared_by_id, run.approved_by_id)
            confirmed = AccountConfirmation.objects.of(council.pk)
            by = confirmed.get(account_id=document.payment.account_id).confirmed_by_id
            assert by != run.approved_by_id

    def test_has_accounts_confirmed_and_one_changed_since(self, council):
        confirmed = AccountConfirmation.objects.of(council.pk)
        changed = confirmed.filter(supplier__slug__in=CHANGED)
        assert confirmed.count() > changed.count() > 0
        for each in changed:
            latest = SupplierAccount.objects.filter(supplier=each.supplier_id).order_by("id").last()
            assert latest.pk != each.account_id
            assert not confirmed.filter(account=latest).exists()

    def test_has_an_export_taken_and_one_that_waits(self, council):
        exports = LedgerExport.objects.of(council.pk).order_by("number")
        assert [each.status for each in exports] == ["ACKNOWLEDGED", "BUILT"]
        first, second = exports
        assert second.previous_sha256 == first.sha256

    def test_has_books_that_balance(self, council):
        rows = trial_balance(council.pk, until=timezone.localdate())
        debit = figures(each.debit_amount for each in rows)
        assert debit == figures(each.credit_amount for each in rows) > 0
        parts = accounts_by_role(council.pk)
        stands = {each.account_id: each.net_amount for each in rows}
        owed = Invoice.objects.of(council.pk).filter(status="APPROVED")
        assert -stands[parts[AccountRole.CREDITORS].pk] == figures(
            each.signed_amount for each in owed
        )
        balances = supplier_balances(council.pk, parts[AccountRole.CREDITORS].pk)
        assert set(balances) == {each.supplier_id for each in owed}
        assert stands.get(parts[AccountRole.CASH_IN_TRANSIT].pk, 0) == 0
        settled = PaymentRun.objects.of(council.pk).get(status="SETTLED")
        assert -stands[parts[AccountRole.BANK].pk] == settled.total_amount

    def test_stays_as_it_is_when_its_orders_are_compared_again(self, council, at):
        """The worker does so soon after the demo was loaded, since goods came."""
        rows = Invoice.objects.of(council.pk)
        before = Counter(rows.values_list("number", "status", "version"))
        orders = set(rows.exclude(order=None).values_list("order", flat=True))
        with tenant(council.pk):
            for order_id in sorted(orders):
                rematch_order(council_id=council.pk, order_id=order_id, at=at)
        assert Counter(rows.values_list("number", "status", "version")) == before


@pytest.mark.usefixtures("demo_db")
class TestTogether:
    def test_a_difference_was_let_through_by_somebody_else_than_who_approved_it(self):
        with stewardship():
            released = Finding.objects.filter(closed="RELEASED").select_related("invoice")
            assert released
            for each in released:
                assert each.closed_by_id != each.invoice.approved_by_id
                assert each.closed_reason

    def test_every_supplier_says_where_it_is_paid(self):
        with stewardship():
            accounts = list(SupplierAccount.objects.all())
        assert len({each.supplier_id for each in accounts}) == len(SUPPLIERS)
        assert len(accounts) == len(SUPPLIERS) + len(CHANGED)
        assert all(each.sort_code.startswith("00") for each in accounts)

    @pytest.mark.parametrize("command", ["check_ledger", "verify_audit"])
    def test_agrees(self, command):
        call_command(command, stdout=io.StringIO())
