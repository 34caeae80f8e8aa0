"""What a second person says of a payment run: yes, or that it is given up."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.models import PaidInvoice, PaymentRun
from invoicing.payments.selectors.hands import Hand, hands_in
from invoicing.payments.selectors.runs import (
    documents_in,
    payments_in,
)
from invoicing.payments.services.checks import check_as_fixed, check_checker, check_pay_day
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Forbidden, Invalid

LONGEST_REASON = 2000
HAND_WORDS: Final[dict[Hand, Any]] = {
    Hand.PREPARED: gettext_lazy("You prepared it."),
    Hand.APPROVED_INVOICE: gettext_lazy("You approved an invoice that is in it."),
    Hand.MADE_SURE: gettext_lazy("You made sure of an account that is in it."),
    Hand.GAVE_ACCOUNT: gettext_lazy("You gave the bank details of an account that is in it."),
    Hand.WORKS_FOR: gettext_lazy("You work for a supplier that it pays."),
}


class RunApprovalNotAllowed(Forbidden):
    """Somebody who had a hand in it already may not be the second person."""

    code = "payment-run.second-person-needed"
    title = gettext_lazy("Somebody else must approve this payment run.")


class RunNotAsSeen(Conflict):
    """What is approved is not what was read."""

    code = "payment-run.not-as-seen"
    title = gettext_lazy("This is not the payment run that you read.")
    advice = gettext_lazy("Open the run again, and read what will be paid.")


class VoidReasonNeeded(Invalid):
    """Giving a run up needs a reason."""

    code = "payment-run.reason-needed"
    title = gettext_lazy("Say why the run is given up.")


@transaction.atomic
def approve_run(*, run_id: UUID, approver: Actor, frozen_sha256: str, at: datetime) -> PaymentRun:
    """Say yes to exactly what was fixed, as a second person.

    Shapes: `frozen_sha256` is the hash of what the approver read.
    Raises: PaymentsNotAllowed; Missing; IllegalMove; RunApprovalNotAllowed for whoever prepared it,
    approved one of its invoices, made sure of one of its accounts, gave it or works for one of its
    suppliers; PayDayPassed; RunNotAsSeen;
    RunNotAsFixed; PayeeChanged; Busy.
    """
    check_checker(approver)
    run = PaymentRun.objects.of(approver.organisation_id).lock(run_id)
    run.check_move("approve")
    _check_second_person(run, approver)
    check_pay_day(run.pay_on, at)
    if frozen_sha256 != run.frozen_sha256:
        raise RunNotAsSeen
    check_as_fixed(run, list(payments_in(run)), documents_in(run))
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
    hand = hands_in(run, [approver.user_id]).get(approver.user_id)
    if hand is not None:
        raise RunApprovalNotAllowed(str(HAND_WORDS[hand]))
