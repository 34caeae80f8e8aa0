"""Orders line by line, for those who take them to another system."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from marketplace.core.actors import Actor
from marketplace.core.periods import on_days
from marketplace.ordering.models import Order, OrderLine
from marketplace.ordering.orders.selectors.orders import orders_found, orders_of


def orders_between(
    reader: Actor, *, words: str, status: str, since: date | None, until: date | None
) -> QuerySet[Order]:
    """Return the orders that were made on some days, as the list of orders narrows them."""
    rows = orders_found(orders_of(reader), words=words, status=status)
    return rows.filter(on_days("raised_at", since, until)).order_by()


def export_lines_of_orders(reader: Actor, orders: QuerySet[Order]) -> QuerySet[OrderLine]:
    """Return the lines of orders with all that is joined to them, order by order."""
    rows = OrderLine.objects.of(reader.organisation_id).filter(order__in=orders.values("pk"))
    joined = rows.select_related("order__supplier", "order__requisition", "cost_centre", "account")
    return joined.order_by("order_id", "line_number")
