"""Judging anew what was like an invoice that was sent back, since it counts no more.

A supplier that mends its invoice may send it before the first is sent back. What was held for being
like the first is held for that no longer; what was set aside as the first one again is taken up.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from invoicing.formats.gate import DocumentRefused
from invoicing.intake.recognising import recognised, same_firm
from invoicing.intake.rules import figures_of
from invoicing.intake.services.reading import (
    ONCE,
    Read,
    hold_taking_in,
    judged,
    judgements,
    likenesses,
    repeated_by,
)
from invoicing.matching.found import by_likeness
from invoicing.matching.services import compare_invoice, keep_findings, record_comparison
from invoicing.models import Arrival, Finding, Invoice
from invoicing.settling.services.telling import tell_of_dispute
from invoicing.states import Closed, InvoiceStatus, Source
from marketplace.audit.services import record
from marketplace.documents.selectors import NotClean, bytes_for_programs

_WAITING = [InvoiceStatus.HELD.value, InvoiceStatus.MATCHED.value]


def look_again(*, council_id: UUID, invoice_id: UUID, at: datetime) -> None:
    """Judge anew what was held, or set aside, for being like an invoice that was sent back.

    Shapes: run again it finds nothing left to do.
    Raises: Missing; Busy.
    """
    first = Invoice.objects.of(council_id).one(invoice_id)
    if first.status != InvoiceStatus.SENT_BACK:
        return
    suspected = Finding.objects.of(council_id).filter(
        other=first, source=Source.DUPLICATE.value, closed="", invoice__status__in=_WAITING
    )
    for pk in suspected.order_by("invoice_id").values_list("invoice_id", flat=True).distinct():
        _forget_likeness(council_id, pk, first, at)
    repeats = Invoice.objects.of(council_id).filter(
        repeats=first, status=InvoiceStatus.REPEAT.value
    )
    for pk in list(repeats.order_by("id").values_list("pk", flat=True)):
        _take_up(council_id, pk, first, at)


@transaction.atomic
def _forget_likeness(council_id: UUID, invoice_id: UUID, first: Invoice, at: datetime) -> None:
    invoice = Invoice.objects.of(council_id).lock(invoice_id)
    if invoice.status not in _WAITING:
        return
    rows = Finding.objects.of(council_id).filter(
        invoice=invoice, other=first, source=Source.DUPLICATE.value, closed=""
    )
    rows.update(closed=Closed.GONE.value, closed_at=at)
    record_comparison(compare_invoice(invoice=invoice, at=at), at=at)


def _take_up(council_id: UUID, invoice_id: UUID, first: Invoice, at: datetime) -> None:
    repeat = Invoice.objects.of(council_id).one(invoice_id)
    try:
        read = judged(bytes_for_programs(council_id, repeat.document_id), repeat.received_at)
    except (NotClean, DocumentRefused):
        # What was read once and cannot be read now stays where it is; its supplier may send it.
        return
    _keep_taken_up(council_id, invoice_id, first, read, at)


@transaction.atomic
def _keep_taken_up(
    council_id: UUID, invoice_id: UUID, first: Invoice, read: Read, at: datetime
) -> None:
    firm = same_firm(first.supplier_id)
    hold_taking_in(council_id, firm)
    invoice = Invoice.objects.of(council_id).lock(invoice_id)
    if invoice.status != InvoiceStatus.REPEAT or invoice.repeats_id != first.pk:
        return
    like = likenesses(invoice, firm)
    repeated = repeated_by(like)
    if repeated is not None:
        invoice.repeats_id = repeated
        invoice.save(update_fields=["repeats"])
        return
    invoice.move("take_up")
    invoice.repeats = None
    invoice.rules_version = read.rules_version[:60]
    invoice.version += 1
    invoice.save(update_fields=["status", "repeats", "rules_version", "version"])
    arrival = Arrival.objects.of(council_id).one(invoice.arrival_id)
    whose = recognised(arrival, read.reading.invoice)
    found = [
        *whose.found,
        *map(by_likeness, like),
        *judgements(read, figures_of(read.reading.invoice)),
    ]
    keep_findings(invoice=invoice, sources=ONCE, found=found, at=at)
    compared = compare_invoice(invoice=invoice, at=at)
    record(
        "invoice.taken-up",
        invoice,
        actor=None,
        at=at,
        organisation_id=council_id,
        counterparty_id=invoice.supplier_id,
        before={"status": InvoiceStatus.REPEAT.value},
        after={"status": InvoiceStatus.HELD.value},
    )
    record_comparison(compared, at=at)
    if invoice.status == InvoiceStatus.HELD:
        tell_of_dispute(council_id=council_id, invoice_id=invoice.pk, at=at)
