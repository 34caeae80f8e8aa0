"""What the bank did with a run: it paid it, or gave a payment back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.models import Invoice, PaidInvoice, Payment, PaymentRun
from invoicing.payments.postings import failure_draft, settlement_draft
from invoicing.payments.selectors.runs import open_invoice_ids, payment
from invoicing.payments.services.advice import tell_of_failure
from invoicing.payments.services.checks import check_payer
from invoicing.payments.services.paid import move_invoices
from invoicing.states import RunStatus
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Invalid
from marketplace.ledger.services.controls import required_accounts
from marketplace.ledger.services.journals import post_journal
from marketplace.ledger.states import AccountRole

LONGEST_FAILURE = 200


class BankDayNotRight(Invalid):
    """The bank cannot have done it on this day."""

    code = "payment-run.bank-day-not-right"
    title = gettext_lazy("The bank cannot have done this on that day.")


class FailureReasonNeeded(Invalid):
    """A payment that came back needs the bank’s reason."""

    code = "payment.reason-needed"
    title = gettext_lazy("Say why the payment came back.")


class PaymentNotSent(Conflict):
    """The bank was not told of the payment, so it cannot have come back."""

    code = "payment.not-sent"
    title = gettext_lazy("This payment has not gone to the bank.")


class PaymentFailedBefore(Conflict):
    """The payment came back already."""

    code = "payment.failed-before"
    title = gettext_lazy("This payment has come back already.")


@transaction.atomic
def settle_run(*, run_id: UUID, payments: Actor, settled_on: date, at: datetime) -> PaymentRun:
    """Note that the bank took a run off the account, without what it gave back before.

    Shapes: if it did so on another day than was asked for, the invoices were paid on that day.
    Raises: PaymentsNotAllowed; Missing; IllegalMove; BankDayNotRight; ControlAccountMissing;
    NoOpenPeriod; Busy.
    """
    check_payer(payments)
    run = PaymentRun.objects.of(payments.organisation_id).lock(run_id)
    run.check_move("settle")
    _check_bank_day(run, settled_on, at, "settled_on")
    if settled_on < run.pay_on:
        raise BankDayNotRight(
            _("The bank was told to pay on %(day)s. Choose that day or a later one.")
            % {"day": date_format(run.pay_on, "j F Y")},
            field="settled_on",
        )
    accounts = required_accounts(run.council_id, AccountRole.CASH_IN_TRANSIT, AccountRole.BANK)
    if settled_on != run.pay_on:
        _correct_paid_on(run, settled_on)
    run.move("settle")
    run.version += 1
    run.settled_on = settled_on
    run.save(update_fields=["status", "version", "settled_on"])
    kept = Payment.objects.of(run.council_id).filter(run=run, failed_at__isnull=True)
    amount = sum(kept.values_list("amount", flat=True), Decimal("0.00"))
    kept.update(settled_on=settled_on)
    if amount:
        post_journal(
            council_id=run.council_id,
            draft=settlement_draft(run, amount, accounts, settled_on),
            posted_by=payments,
            at=at,
        )
    record(
        "payment-run.settled",
        run,
        actor=payments,
        at=at,
        organisation_id=run.council_id,
        after={
            "status": run.status,
            "settled_on": settled_on,
            "total_amount": amount,
            "came_back_amount": run.total_amount - amount,
        },
    )
    return run


@transaction.atomic
def fail_payment(
    *, payment_id: UUID, payments: Actor, reason: str, failed_on: date, at: datetime
) -> Payment:
    """Note that the bank gave one payment back: what it was for is owed again.

    Raises: PaymentsNotAllowed; FailureReasonNeeded; Missing; PaymentNotSent; PaymentFailedBefore;
    BankDayNotRight; ControlAccountMissing; NoOpenPeriod; Busy.
    """
    check_payer(payments)
    council_id, reason = payments.organisation_id, reason.strip()
    if not reason:
        raise FailureReasonNeeded(_("Enter the reason that the bank gives."), field="reason")
    # The run is held before its payments, by everybody.
    run = PaymentRun.objects.of(council_id).lock(payment(council_id, payment_id).run_id)
    failed = Payment.objects.of(council_id).lock(payment_id)
    _check_came_back(run, failed)
    _check_bank_day(run, failed_on, at, "failed_on")
    was_settled = run.status == RunStatus.SETTLED
    came_back_to = AccountRole.BANK if was_settled else AccountRole.CASH_IN_TRANSIT
    accounts = required_accounts(council_id, AccountRole.CREDITORS, came_back_to)
    reopened = move_invoices(council_id, open_invoice_ids(run, [failed.pk]), "reopen", paid_on=None)
    PaidInvoice.objects.of(council_id).filter(payment=failed).update(is_open=False)
    failed.failed_at, failed.failed_reason = at, reason[:LONGEST_FAILURE]
    failed.save(update_fields=["failed_at", "failed_reason"])
    post_journal(
        council_id=council_id,
        draft=failure_draft(failed, accounts, failed_on, came_back_to=came_back_to),
        posted_by=payments,
        at=at,
    )
    record(
        "payment.failed",
        failed,
        actor=payments,
        at=at,
        organisation_id=council_id,
        counterparty_id=failed.supplier_id,
        after={
            "failed_on": failed_on,
            "amount": failed.amount,
            "invoices": [each.number for each in reopened],
        },
        note=failed.failed_reason,
    )
    tell_of_failure(failed, at)
    return failed


def _check_bank_day(run: PaymentRun, day: date, at: datetime, field: str) -> None:
    """Refuse a day that is to come, or on which the bank did not have the file yet.

    Raises: BankDayNotRight.
    """
    if day > timezone.localdate(at):
        raise BankDayNotRight(_("Choose today or an earlier day."), field=field)
    if run.exported_at is not None and day < timezone.localdate(run.exported_at):
        raise BankDayNotRight(
            _("The file for the bank was made on %(day)s. Choose that day or a later one.")
            % {"day": date_format(timezone.localdate(run.exported_at), "j F Y")},
            field=field,
        )


def _check_came_back(run: PaymentRun, failed: Payment) -> None:
    """Raise PaymentNotSent or PaymentFailedBefore."""
    if failed.sent_at is None or run.status not in {RunStatus.EXPORTED, RunStatus.SETTLED}:
        raise PaymentNotSent
    if failed.failed_at is not None:
        raise PaymentFailedBefore(
            _("The reason was: %(reason)s") % {"reason": failed.failed_reason}
        )


def _correct_paid_on(run: PaymentRun, settled_on: date) -> None:
    """Say when invoices were paid in truth; they are held in the order of their keys."""
    held: Sequence[Invoice] = Invoice.objects.of(run.council_id).lock_all(open_invoice_ids(run))
    Invoice.objects.of(run.council_id).filter(pk__in=[each.pk for each in held]).update(
        paid_on=settled_on
    )
