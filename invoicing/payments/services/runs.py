"""What a second person says of a payment run: yes, or that it is given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.models import PaidInvoice, Payment, PaymentRun
from invoicing.payments.freezing import frozen_hash
from invoicing.payments.selectors.runs import (
    documents_in,
    has_approved_invoice_in,
    has_confirmed_account_in,
    has_given_account_in,
    payments_in,
    payments_to_former_accounts,
)
from invoicing.payments.services.checks import check_checker, check_pay_day
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Forbidden, Invalid

LONGEST_REASON = 2000


class RunApprovalNotAllowed(Forbidden):
    """Somebody who had a hand in it already may not be the second person."""

    code = "payment-run.second-person-needed"
    title = gettext_lazy("Somebody else must approve this payment run.")


class RunNotAsSeen(Conflict):
    """What is approved is not what was read."""

    code = "payment-run.not-as-seen"
    title = gettext_lazy("This is not the payment run that you read.")
    advice = gettext_lazy("Open the run again, and read what will be paid.")


class RunNotAsFixed(Conflict):
    """What is in the run is not what its hash says."""

    code = "payment-run.not-as-fixed"
    title = gettext_lazy("What is in this run is not what was fixed when it was prepared.")
    advice = gettext_lazy("Do not pay it. Give the run up, and tell whoever runs this marketplace.")


class PayeeChanged(Conflict):
    """A supplier asked to be paid elsewhere after the run was prepared."""

    code = "payment-run.payee-changed"
    title = gettext_lazy("Bank details have changed since this run was prepared.")
    advice = gettext_lazy("Give the run up, make sure of the new account, and prepare it again.")


class VoidReasonNeeded(Invalid):
    """Giving a run up needs a reason."""

    code = "payment-run.reason-needed"
    title = gettext_lazy("Say why the run is given up.")


@transaction.atomic
def approve_run(*, run_id: UUID, approver: Actor, frozen_sha256: str, at: datetime) -> PaymentRun:
    """Say yes to exactly what was fixed, as a second person.

    Shapes: `frozen_sha256` is the hash of what the approver read.
    Raises: PaymentsNotAllowed; Missing; IllegalMove; RunApprovalNotAllowed for whoever prepared it,
    approved one of its invoices, made sure of one of its accounts or gave it; PayDayPassed;
    RunNotAsSeen;
    RunNotAsFixed; PayeeChanged; Busy.
    """
    check_checker(approver)
    run = PaymentRun.objects.of(approver.organisation_id).lock(run_id)
    run.check_move("approve")
    _check_second_person(run, approver)
    check_pay_day(run.pay_on, at)
    if frozen_sha256 != run.frozen_sha256:
        raise RunNotAsSeen
    payments = list(payments_in(run))
    if frozen_hash(run, payments, documents_in(run)) != run.frozen_sha256:
        raise RunNotAsFixed
    _check_payees(payments)
    run.move("approve")
    run.version += 1
    run.approved_at = at
    run.approved_by_id, run.approved_by_name = approver.user_id, approver.name
    run.save(
        update_fields=["status", "version", "approved_at", "approved_by_id", "approved_by_name"]
    )
    record(
        "payment-run.approved",
        run,
        actor=approver,
        at=at,
        organisation_id=run.council_id,
        after={"status": run.status, "sha256": run.frozen_sha256},
    )
    return run


@transaction.atomic
def void_run(*, run_id: UUID, person: Actor, reason: str, at: datetime) -> PaymentRun:
    """Give a run up before the bank has its file; its invoices can be paid by another.

    Raises: PaymentsNotAllowed; VoidReasonNeeded; Missing; IllegalMove; Busy.
    """
    check_checker(person)
    reason = reason.strip()
    if not reason:
        raise VoidReasonNeeded(_("Say why you give it up."), field="reason")
    run = PaymentRun.objects.of(person.organisation_id).lock(run_id)
    before = run.status
    run.move("void")
    run.version += 1
    run.void_at, run.void_reason = at, reason[:LONGEST_REASON]
    run.save(update_fields=["status", "version", "void_at", "void_reason"])
    mine = PaidInvoice.objects.of(run.council_id).filter(payment__run=run)
    mine.update(is_open=False)
    record(
        "payment-run.given-up",
        run,
        actor=person,
        at=at,
        organisation_id=run.council_id,
        before={"status": before},
        after={"status": run.status},
        note=run.void_reason,
    )
    return run


def _check_second_person(run: PaymentRun, approver: Actor) -> None:
    """Refuse whoever had a hand in what they would approve.

    Raises: RunApprovalNotAllowed.
    """
    if run.prepared_by_id == approver.user_id:
        raise RunApprovalNotAllowed(_("You prepared it."))
    if has_approved_invoice_in(run, approver.user_id):
        raise RunApprovalNotAllowed(_("You approved an invoice that is in it."))
    if has_confirmed_account_in(run, approver.user_id):
        raise RunApprovalNotAllowed(_("You made sure of an account that is in it."))
    if has_given_account_in(run, approver.user_id):
        raise RunApprovalNotAllowed(_("You gave the bank details of an account that is in it."))


def _check_payees(payments: Sequence[Payment]) -> None:
    """Refuse a run in which somebody would be paid to an account that is not theirs any more.

    Raises: PayeeChanged.
    """
    names = [each.supplier.name for each in payments_to_former_accounts(payments)]
    if names:
        raise PayeeChanged(
            _(
                "The bank details of %(names)s changed after this run was prepared. Give the run"
                " up and prepare it again."
            )
            % {"names": ", ".join(names)},
            suppliers=names,
        )
