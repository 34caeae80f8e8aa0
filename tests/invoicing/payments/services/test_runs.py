"""Approving a payment run as a second person, and giving it up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from invoicing.models import PaidInvoice, PaymentRun
from invoicing.payments.selectors.hands import (
    Hand,
    hands_in,
    made_sure_by_the_preparer,
    who_can_approve,
)
from invoicing.payments.services import checks
from invoicing.payments.services.checks import (
    CHECKERS,
    PayDayPassed,
    PayeeChanged,
    PaymentsNotAllowed,
    RunNotAsFixed,
)
from invoicing.payments.services.runs import (
    RunApprovalNotAllowed,
    RunNotAsSeen,
    VoidReasonNeeded,
    approve_run,
    void_run,
)
from invoicing.states import InvoiceStatus, RunStatus
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import act_for, stewardship
from marketplace.organisations.selectors.people import actor_of
from tests.factories import organisations, payments
from tests.factories.ordering import NOON
from tests.invoicing.settling.deciding import membership_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    made = payments.house()
    act_for(made.council.pk)
    return made


@pytest.fixture
def run(house):
    payments.invoice(house)
    return payments.prepared(house)


def approve(run, approver, **facts):
    chosen = {"run_id": run.pk, "frozen_sha256": run.frozen_sha256, "at": NOON, **facts}
    return approve_run(approver=approver, **chosen)


def give_up(run, person, **facts):
    chosen = {"run_id": run.pk, "reason": "Wrong account.", "at": NOON, **facts}
    return void_run(person=person, **chosen)


class TestApproveRun:
    def test_a_second_person_says_yes(self, house, run):
        approved = approve(run, house.checker)
        approved.refresh_from_db()
        assert (approved.status, approved.version) == (RunStatus.APPROVED, 2)
        assert (approved.approved_at, approved.approved_by_name) == (NOON, "Cher Checker")

    def test_a_finance_officer_may_too(self, house, run):
        assert approve(run, house.finance).status == RunStatus.APPROVED

    def test_leaves_a_trace(self, house, run):
        approve(run, house.checker)
        event = Event.objects.get(verb="payment-run.approved")
        assert (event.actor_name, event.subject_reference) == ("Cher Checker", run.number)
        assert event.after == {"status": "APPROVED", "sha256": run.frozen_sha256}

    def test_whoever_works_for_a_supplier_in_it_may_not(self, house, run):
        """One person, two memberships, of which the council's connection sees one."""
        user = membership_of(organisations.actor(house.supplier, name="Bo Both")).user
        both = actor_of(organisations.person(house.council, "finance", as_user=user))
        with house.acting(), pytest.raises(RunApprovalNotAllowed, match="work for a supplier"):
            approve(run, both)

    def test_who_can_approve_leaves_out_who_had_a_hand(self, house, run):
        assert who_can_approve(run, CHECKERS) == ["Cher Checker", "Fay Finance"]
        payments.confirmed(house.council, payments.account(house.supplier), by=house.checker)
        assert hands_in(run, [house.preparer.user_id, house.checker.user_id]) == {
            house.preparer.user_id: Hand.PREPARED
        }

    def test_tells_the_second_person_that_one_did_two_things(self, house):
        payments.invoice(house)
        account = payments.account(house.supplier)
        payments.confirmed(house.council, account, by=house.preparer)
        run = payments.prepared(house)
        assert made_sure_by_the_preparer(run) == ["Chairs Ltd"]
        assert approve(run, house.checker).status == RunStatus.APPROVED

    def test_whoever_prepared_it_may_not(self, house, run):
        with pytest.raises(RunApprovalNotAllowed, match="prepared"):
            approve(run, house.preparer)

    def test_whoever_approved_an_invoice_in_it_may_not(self, house):
        payments.invoices(house, [10], approved_by_id=house.checker.user_id)
        with pytest.raises(RunApprovalNotAllowed, match="approved an invoice"):
            approve(payments.prepared(house), house.checker)

    def test_whoever_made_sure_of_an_account_in_it_may_not(self, house):
        other = payments.supplier(house.council)
        payments.confirmed(house.council, payments.account(other), by=house.checker)
        payments.invoices(house, [10], supplier=other)
        with pytest.raises(RunApprovalNotAllowed, match="made sure of an account"):
            approve(payments.prepared(house), house.checker)

    @pytest.mark.parametrize("role", ["buyer", "approver", "administrator", "auditor"])
    def test_others_may_not(self, house, run, role):
        with pytest.raises(PaymentsNotAllowed):
            approve(run, organisations.actor(house.council, role))

    def test_another_councils_run_is_missing(self, house, run):
        other = organisations.actor(organisations.council(), "payments")
        with pytest.raises(Missing):
            approve(run, other)

    def test_refuses_what_was_not_read(self, house, run):
        with pytest.raises(RunNotAsSeen):
            approve(run, house.checker, frozen_sha256="b" * 64)

    def test_refuses_what_is_not_what_was_fixed(self, house, run, monkeypatch):
        real = checks.frozen_hash
        monkeypatch.setattr(
            checks, "frozen_hash",
            lambda run, paid, documents: real(
                run, [replace_amount(each) for each in paid], documents
            ),
        )  # fmt: skip
        with pytest.raises(RunNotAsFixed):
            approve(run, house.checker)

    def test_refuses_when_a_supplier_wants_to_be_paid_elsewhere_since(self, house, run):
        payments.account(house.supplier)
        with pytest.raises(PayeeChanged, match="bank details of Chairs Ltd changed"):
            approve(run, house.checker)

    def test_refuses_even_when_the_new_account_is_confirmed(self, house, run):
        payments.confirmed(house.council, payments.account(house.supplier))
        with pytest.raises(PayeeChanged):
            approve(run, house.checker)
        give_up(run, house.checker)
        again = payments.prepared(house)
        assert approve(again, house.checker).status == RunStatus.APPROVED

    def test_refuses_when_its_day_is_over(self, house, run):
        last = NOON + timedelta(days=3)
        with pytest.raises(PayDayPassed, match="26 November 2026"):
            approve(run, house.checker, at=last + timedelta(days=1))
        assert approve(run, house.checker, at=last).status == RunStatus.APPROVED

    def test_refuses_a_run_that_does_not_wait(self, house, run):
        approve(run, house.checker)
        with pytest.raises(IllegalMove, match="Approved"):
            approve(run, house.finance)


def replace_amount(payment):
    payment.amount += 1
    return payment


class TestVoidRun:
    def test_sets_its_invoices_free(self, house, run):
        given_up = give_up(run, house.preparer)
        given_up.refresh_from_db()
        assert (given_up.status, given_up.void_reason) == (RunStatus.VOID, "Wrong account.")
        document = PaidInvoice.objects.select_related("invoice").get()
        assert not document.is_open
        assert document.invoice.status == InvoiceStatus.APPROVED
        assert payments.prepared(house).total_amount == run.total_amount

    def test_an_approved_one_can_be_given_up(self, house):
        payments.invoice(house)
        assert give_up(payments.approved(house), house.finance).status == RunStatus.VOID

    def test_not_when_the_bank_has_its_file(self, house):
        payments.invoice(house)
        with pytest.raises(IllegalMove):
            give_up(payments.exported(house), house.preparer)
        assert PaidInvoice.objects.get().is_open

    @pytest.mark.parametrize("reason", ["", "  \n"])
    def test_says_why(self, house, run, reason):
        with pytest.raises(VoidReasonNeeded):
            give_up(run, house.preparer, reason=reason)

    def test_others_may_not(self, house, run):
        with pytest.raises(PaymentsNotAllowed):
            give_up(run, organisations.actor(house.council, "buyer"))
        with pytest.raises(Missing):
            give_up(run, organisations.actor(organisations.council(), "payments"))

    def test_leaves_a_trace(self, house, run):
        give_up(run, house.preparer)
        event = Event.objects.get(verb="payment-run.given-up")
        assert (event.before, event.after) == ({"status": "PREPARED"}, {"status": "VOID"})
        assert event.note == "Wrong account."


def test_no_event_says_an_account_number(house):
    payments.invoice(house)
    payments.settled(house)
    with stewardship():
        said = str([(e.before, e.after, e.note) for e in Event.objects.all()])
    for number in (house.account.account_number, payments.PAYER.account_number):
        assert number not in said
    assert PaymentRun.objects.get().status == RunStatus.SETTLED
