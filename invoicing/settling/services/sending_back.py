"""Sending an invoice back to its supplier, with the reason, so that it can be mended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.matching.services import undo_allocations
from invoicing.models import Invoice
from invoicing.settling.services.approval import InvoiceChanged
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Forbidden, Invalid
from marketplace.jobs.services import wake
from marketplace.notifications.services import notify
from marketplace.organisations.models import Organisation


class SendingBackNotAllowed(Forbidden):
    """This person may not send an invoice back."""

    code = "invoice.sending-back-not-allowed"
    title = gettext_lazy("You cannot send this invoice back.")


class SendingBackReasonNeeded(Invalid):
    """Sending back needs a reason."""

    code = "invoice.sending-back-reason-needed"
    title = gettext_lazy("Say why you send it back.")


@transaction.atomic
def send_back_invoice(
    *, invoice_id: UUID, finance: Actor, reason: str, at: datetime, version: int | None = None
) -> Invoice:
    """Send an invoice back: it bills nothing any more, and its supplier is told why at once.

    Raises: Missing; InvoiceChanged; SendingBackNotAllowed; SendingBackReasonNeeded; IllegalMove;
    CreditStandsAgainst; Busy.
    Source: Procurement Act 2023 s.68: the thirty days stop only if the payee is told without undue
    delay that the invoice is thought invalid or is disputed.
    """
    council_id = finance.organisation_id
    invoice = Invoice.objects.of(council_id).filter(council_id=council_id).lock(invoice_id)
    if not finance.holds("finance"):
        raise SendingBackNotAllowed(_("Only finance staff send invoices back."))
    if version is not None and invoice.version != version:
        raise InvoiceChanged(current_version=invoice.version)
    if not reason.strip():
        raise SendingBackReasonNeeded(_("The supplier will read it."), field="reason")
    before = {"status": invoice.status}
    invoice.move("send_back")
    lines = undo_allocations(invoice=invoice, at=at)
    invoice.sent_back_at, invoice.sent_back_by_id = at, finance.user_id
    invoice.sent_back_by_name, invoice.sent_back_reason = finance.name, reason.strip()
    invoice.version += 1
    invoice.save(
        update_fields=[
            "status", "sent_back_at", "sent_back_by_id", "sent_back_by_name", "sent_back_reason",
            "version",
        ]
    )  # fmt: skip
    record(
        "invoice.sent-back",
        invoice,
        actor=finance,
        at=at,
        organisation_id=council_id,
        counterparty_id=invoice.supplier_id,
        before=before,
        after={"status": invoice.status, "lines": lines},
        note=reason.strip(),
    )
    _owe_comparison(invoice)
    _tell_supplier(invoice, at)
    return invoice


def _owe_comparison(invoice: Invoice) -> None:
    """Owe it to the others of its order that they are compared again: what it billed is free.

    Why: they would be held after the end of the trail, which whoever approves one of them waits for
    with that one in their hands. What was like it is perhaps the mended one.
    """
    wake(
        "invoicing.look_again",
        key=f"invoice:{invoice.pk}:sent-back:like",
        organisation_id=invoice.council_id,
        payload={"council_id": str(invoice.council_id), "invoice_id": str(invoice.pk)},
    )
    if invoice.order_id is None:
        return
    wake(
        "invoicing.rematch_order",
        key=f"invoice:{invoice.pk}:sent-back",
        organisation_id=invoice.council_id,
        payload={"council_id": str(invoice.council_id), "order_id": str(invoice.order_id)},
    )


def _tell_supplier(invoice: Invoice, at: datetime) -> None:
    """Write to the supplier, where one was recognised and has an address."""
    if invoice.supplier_id is None:
        return
    supplier = Organisation.objects.get(pk=invoice.supplier_id)
    if not supplier.email:
        return
    notify(
        organisation_id=invoice.council_id,
        to=supplier.email,
        subject=_("Your invoice %(number)s was sent back") % {"number": invoice.number},
        body=_(
            "It cannot be paid as it is. The reason: %(reason)s\n\n"
            "Please send a mended invoice. It may keep its number."
        )
        % {"reason": invoice.sent_back_reason},
        key=f"invoice:{invoice.pk}:sent-back",
        at=at,
    )
