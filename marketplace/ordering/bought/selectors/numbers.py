"""What requisitions, orders and receipts are called, for packages that know only their keys."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from marketplace.ordering.models import Order, Receipt, Requisition


def requisition_numbers(council_id: UUID, keys: Collection[UUID]) -> dict[UUID, str]:
    """Return the numbers of a council's requisitions, by their keys."""
    rows = Requisition.objects.of(council_id).filter(pk__in=keys)
    return dict(rows.values_list("pk", "number"))


def order_numbers(council_id: UUID, keys: Collection[UUID]) -> dict[UUID, str]:
    """Return the numbers of a council's orders, by their keys."""
    rows = Order.objects.of(council_id).filter(pk__in=keys)
    return dict(rows.values_list("pk", "number"))


def receipt_numbers(council_id: UUID, keys: Collection[UUID]) -> dict[UUID, str]:
    """Return the numbers of a council's receipts, by their keys."""
    rows = Receipt.objects.of(council_id).filter(pk__in=keys)
    return dict(rows.values_list("pk", "number"))
