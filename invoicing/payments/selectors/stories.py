"""What belongs to the story of an invoice or a payment, by keys."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from invoicing.models import Invoice, PaidInvoice


def before(council_id: UUID, keys: Collection[UUID]) -> set[UUID]:
    """Return what these came from: an invoice from the file that arrived and from its order."""
    invoices = Invoice.objects.of(council_id).filter(pk__in=keys)
    return {key for row in invoices.values_list("arrival_id", "order_id") for key in row if key}


def after(council_id: UUID, keys: Collection[UUID]) -> set[UUID]:
    """Return what came of these: invoices for an order with their files, payments with their runs.

    Shapes: an invoice that was in two runs, since the bank gave one payment back, has both.
    """
    invoices = Invoice.objects.of(council_id).filter(order__in=keys)
    paid = PaidInvoice.objects.of(council_id).filter(invoice__in=keys)
    rows = (
        *invoices.values_list("pk", "arrival_id"),
        *paid.values_list("payment_id", "payment__run_id"),
    )
    return {key for row in rows for key in row}
