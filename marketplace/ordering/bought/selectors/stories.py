"""What belongs to the story of a requisition, an order or a receipt, by keys."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from marketplace.ordering.models import Order, Receipt


def before(council_id: UUID, keys: Collection[UUID]) -> set[UUID]:
    """Return what these came from: a receipt from its order, an order from its requisition."""
    orders = Order.objects.of(council_id).filter(pk__in=keys)
    receipts = Receipt.objects.of(council_id).filter(pk__in=keys)
    return {
        *orders.values_list("requisition_id", flat=True),
        *receipts.values_list("order_id", flat=True),
    }


def after(council_id: UUID, keys: Collection[UUID]) -> set[UUID]:
    """Return what came of these: orders of a requisition, receipts of an order."""
    orders = Order.objects.of(council_id).filter(requisition__in=keys)
    receipts = Receipt.objects.of(council_id).filter(order__in=keys)
    return {*orders.values_list("pk", flat=True), *receipts.values_list("pk", flat=True)}
