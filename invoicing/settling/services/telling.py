"""Telling a supplier that its invoice is disputed, and why in words; each dispute once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invoicing.matching.selectors import open_findings
from invoicing.matching.told import told_to_supplier
from invoicing.models import Finding, Invoice
from invoicing.states import InvoiceStatus
from marketplace.audit.services import record
from marketplace.core.actors import Role
from marketplace.notifications.services import notify
from marketplace.organisations.models import Organisation

MOST_SAID = 20


@transaction.atomic
def tell_of_dispute(*, council_id: UUID, invoice_id: UUID, at: datetime) -> bool:
    """Write to the supplier of a held invoice what is wrong with it; tell whether it was written.

    Shapes: what it was told before is not said again. Goods that nobody has written down yet are no
    dispute, so that an invoice which only waits for them is not told of.
    Raises: Missing; Busy.
    Source: Procurement Act 2023 s.68: the thirty days stop only if the payee is told without undue
    delay that the invoice is thought invalid or is disputed.
    """
    invoice = Invoice.objects.of(council_id).filter(council_id=council_id).lock(invoice_id)
    if invoice.status != InvoiceStatus.HELD or invoice.supplier_id is None:
        return False
    supplier = Organisation.objects.get(pk=invoice.supplier_id)
    disputed = list(
        open_findings(invoice).filter(told_at__isnull=True).exclude(owner=Role.RECEIVER.value)
    )
    if not supplier.email or not disputed:
        return False
    reasons = _in_words(invoice, disputed)
    Finding.objects.of(council_id).filter(pk__in=[each.pk for each in disputed]).update(told_at=at)
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
        key=f"invoice:{invoice.pk}:held:{disputed[0].pk}",
        at=at,
    )
    return True


def _in_words(invoice: Invoice, disputed: Sequence[Finding]) -> str:
    """Return what is wrong, a line each, and how much more there is where it is long."""
    numbers = dict(invoice.lines.values_list("place", "number"))
    said = [f"- {told_to_supplier(each, numbers).said}" for each in disputed[:MOST_SAID]]
    left = len(disputed) - len(said)
    if left:
        more = ngettext("and %(count)d more thing", "and %(count)d more things", left)
        said.append("- " + more % {"count": left})
    return "\n".join(said)
