"""Telling a supplier, once, that its invoice is disputed, and why in words."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from invoicing.matching.selectors import open_findings
from invoicing.matching.told import told
from invoicing.models import Invoice
from invoicing.states import InvoiceStatus
from marketplace.audit.services import record
from marketplace.core.actors import Role
from marketplace.notifications.services import notify
from marketplace.organisations.models import Organisation

MOST_SAID = 20


@transaction.atomic
def tell_of_dispute(*, council_id: UUID, invoice_id: UUID, at: datetime) -> bool:
    """Write to the supplier of a held invoice what is wrong with it; tell whether it was written.

    Shapes: once for each invoice. Goods that nobody has written down yet are no dispute, so that
    an invoice which only waits for them is not told of.
    Raises: Missing; Busy.
    Source: Procurement Act 2023 s.68: the thirty days stop only if the payee is told without undue
    delay that the invoice is thought invalid or is disputed.
    """
    invoice = Invoice.objects.of(council_id).filter(council_id=council_id).lock(invoice_id)
    if invoice.status != InvoiceStatus.HELD or invoice.told_supplier_at is not None:
        return False
    if invoice.supplier_id is None:
        return False
    supplier = Organisation.objects.get(pk=invoice.supplier_id)
    disputed = list(open_findings(invoice).exclude(owner=Role.RECEIVER.value)[:MOST_SAID])
    if not supplier.email or not disputed:
        return False
    numbers = dict(invoice.lines.values_list("place", "number"))
    reasons = "\n".join(f"- {told(each, numbers).said}" for each in disputed)
    invoice.told_supplier_at = at
    invoice.save(update_fields=["told_supplier_at"])
    record(
        "invoice.dispute-told",
        invoice,
        actor=None,
        at=at,
        organisation_id=council_id,
        counterparty_id=invoice.supplier_id,
        note=reasons,
    )
    notify(
        organisation_id=council_id,
        to=supplier.email,
        subject=_("Your invoice %(number)s is held") % {"number": invoice.number},
        body=_(
            "It cannot be paid until this is settled:\n\n%(reasons)s\n\n"
            "The council is looking at it too. You need not send it again."
        )
        % {"reasons": reasons},
        link=f"/supplier/invoices/{invoice.pk}/",
        key=f"invoice:{invoice.pk}:held",
        at=at,
    )
    return True
