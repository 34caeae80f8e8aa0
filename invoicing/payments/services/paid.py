"""Many invoices at once, as a run pays them or gives them back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from invoicing.models import Invoice


def move_invoices(
    council_id: UUID, invoice_ids: Collection[UUID], verb: str, *, paid_on: date | None
) -> list[Invoice]:
    """Hold invoices in the order of their keys, and move each; two statements for however many.

    Part of a deed with their run, which is held before them and writes the event.
    Raises: IllegalMove; Busy.
    """
    held = Invoice.objects.of(council_id).lock_all(invoice_ids)
    for each in held:
        each.move(verb)
        each.paid_on = paid_on
        each.version += 1
    Invoice.objects.bulk_update(held, ["status", "paid_on", "version"])
    return held
