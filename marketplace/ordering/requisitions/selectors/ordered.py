"""What came of a requisition: its orders, and what is still to be paid of them."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from marketplace.core.models import TenantQuerySet
from marketplace.ordering.bought.rules import Due, still_due
from marketplace.ordering.models import Order, OrderLine, Requisition
from marketplace.ordering.models.orders import COMES_LATER


def with_later(rows: TenantQuerySet[Order]) -> TenantQuerySet[Order]:
    """Say of each order whether something is still to come on a later day: `has_later`."""
    later = OrderLine.objects.filter(COMES_LATER, order=OuterRef("pk"))
    # Annotating keeps the class of the query, which the type checker cannot see.
    return cast("TenantQuerySet[Order]", rows.annotate(has_later=Exists(later)))


def orders_raised_from(requisition: Requisition) -> QuerySet[Order]:
    """Return the orders that came of a requisition, by number."""
    rows = Order.objects.of(requisition.council_id).filter(requisition=requisition)
    return with_later(rows.select_related("supplier")).order_by("number")


def requisition_due(requisition: Requisition) -> dict[UUID, Due]:
    """Return what is still to be paid of each line that was ordered, by the requisition's line."""
    lines = OrderLine.objects.of(requisition.council_id).filter(order__requisition=requisition)
    return {line.requisition_line_id: still_due(line) for line in lines}
