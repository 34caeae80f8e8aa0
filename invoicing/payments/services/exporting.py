"""The file for the bank: made once, posted once, and handed out as it was made."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from invoicing.models import Payment, PaymentRun
from invoicing.payments.freezing import bank_file
from invoicing.payments.pain001 import write_pain001
from invoicing.payments.postings import payment_draft
from invoicing.payments.selectors.runs import documents_in, payments_in
from invoicing.payments.services.checks import check_as_fixed, check_pay_day, check_payer
from invoicing.payments.services.holding import hold_accounts_still
from invoicing.payments.services.paid import move_invoices
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Missing
from marketplace.documents.models import Document
from marketplace.documents.services import store_document
from marketplace.jobs.services import wake
from marketplace.ledger.services.controls import required_accounts
from marketplace.ledger.services.journals import post_journals
from marketplace.ledger.states import AccountRole

MEDIA_TYPE = "application/xml"


@transaction.atomic
def export_run(*, run_id: UUID, payments: Actor, at: datetime) -> PaymentRun:
    """Make the file for the bank, post each payment, and call its invoices paid.

    Shapes: an invoice counts as paid on the day on which the bank is to pay; the journals count on
    the day on which the file was made.
    Raises: PaymentsNotAllowed; Missing; IllegalMove; PayDayPassed; RunNotAsFixed; PayeeChanged when
    somebody in it has given another account since, or a payment to theirs came back;
    PaymentFileFaulty; ControlAccountMissing; NoOpenPeriod; Busy.
    """
    check_payer(payments)
    run = PaymentRun.objects.of(payments.organisation_id).lock(run_id)
    run.check_move("export")
    check_pay_day(run.pay_on, at)
    accounts = required_accounts(run.council_id, AccountRole.CREDITORS, AccountRole.CASH_IN_TRANSIT)
    paid, documents = list(payments_in(run)), documents_in(run)
    hold_accounts_still({each.supplier_id for each in paid})
    check_as_fixed(run, paid, documents)
    written = write_pain001(bank_file(run, paid, documents, at))
    standing = [each.invoice_id for part in documents.values() for each in part if each.is_open]
    move_invoices(run.council_id, standing, "pay", paid_on=run.pay_on)
    run.move("export")
    run.version += 1
    run.exported_at, run.exported_by_name = at, payments.name
    run.file = store_document(
        organisation_id=run.council_id,
        name=f"{run.number}.xml",
        media_type=MEDIA_TYPE,
        content=written.content,
        at=at,
    )
    run.save(update_fields=["status", "version", "exported_at", "exported_by_name", "file"])
    Payment.objects.of(run.council_id).filter(run=run).update(sent_at=at)
    post_journals(
        council_id=run.council_id,
        drafts=[payment_draft(each, accounts, timezone.localdate(at), run.pay_on) for each in paid],
        posted_by=payments,
        at=at,
    )
    record(
        "payment-run.exported",
        run,
        actor=payments,
        at=at,
        organisation_id=run.council_id,
        after={"status": run.status, "sha256": written.sha256, "payments": written.count,
               "total_amount": written.total_amount},
    )  # fmt: skip
    wake(
        "invoicing.advise_payees",
        key=f"payment-run:{run.pk}",
        organisation_id=run.council_id,
        payload={"council_id": str(run.council_id), "run_id": str(run.pk)},
    )
    return run


@transaction.atomic
def hand_out_file(*, run_id: UUID, payments: Actor, at: datetime) -> Document:
    """Return the file for the bank as it was made, and note who took it.

    Raises: PaymentsNotAllowed; Missing.
    """
    check_payer(payments)
    run = PaymentRun.objects.of(payments.organisation_id).one(run_id)
    if run.file_id is None:
        raise Missing(_("The file for the bank has not been made yet."))
    kept = Document.objects.of(run.council_id).one(run.file_id)
    record(
        "payment-run.file-handed-out",
        run,
        actor=payments,
        at=at,
        organisation_id=run.council_id,
        after={"sha256": kept.sha256},
    )
    return kept
