"""Orders and requisitions line by line, for those who take them to another system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from marketplace.core.actors import Actor
from marketplace.core.periods import on_days
from marketplace.ordering.models import Order, OrderLine, Requisition, RequisitionLine
from marketplace.ordering.selectors.orders import orders_found, orders_of
from marketplace.ordering.selectors.requisitions import requisitions_found

NOUGHT = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class ExportTotals:
    """What a file will hold, to compare it with afterwards. Units: GBP."""

    documents: int
    lines: int
    net_amount: Decimal
    vat_amount: Decimal
    gross_amount: Decimal


def orders_between(
    reader: Actor, *, words: str, status: str, since: date | None, until: date | None
) -> QuerySet[Order]:
    """Return the orders that were made on some days, as the list of orders narrows them."""
    rows = orders_found(orders_of(reader), words=words, status=status)
    return rows.filter(on_days("raised_at", since, until)).order_by()


def requisitions_between(
    reader: Actor, *, words: str, status: str, since: date | None, until: date | None
) -> QuerySet[Requisition]:
    """Return what was sent for approval on some days, as the list of requisitions narrows it.

    Shapes: what was taken back before it was ever sent has no number and is left out.
    """
    rows = requisitions_found(reader, words=words, status=status).exclude(number="")
    return rows.filter(on_days("submitted_at", since, until)).order_by()


def export_lines_of_orders(reader: Actor, orders: QuerySet[Order]) -> QuerySet[OrderLine]:
    """Return the lines of orders with all that is joined to them, order by order."""
    rows = OrderLine.objects.of(reader.organisation_id).filter(order__in=orders.values("pk"))
    joined = rows.select_related("order__supplier", "order__requisition", "cost_centre", "account")
    return joined.order_by("order_id", "line_number")


def export_lines_of_requisitions(
    reader: Actor, requisitions: QuerySet[Requisition]
) -> QuerySet[RequisitionLine]:
    """Return the lines of requisitions with all that is joined to them, one by one."""
    rows = RequisitionLine.objects.of(reader.organisation_id).filter(
        requisition__in=requisitions.values("pk")
    )
    joined = rows.select_related(
        "requisition", "supplier", "cost_centre", "account", "order_line__order"
    )
    return joined.order_by("requisition_id", "line_number")


def export_totals(
    documents: QuerySet[Order] | QuerySet[Requisition],
    lines: QuerySet[OrderLine] | QuerySet[RequisitionLine],
) -> ExportTotals:
    """Return how much there is, and what it comes to: two statements."""
    amounts = {
        name: Coalesce(Sum(name), NOUGHT) for name in ("net_amount", "vat_amount", "gross_amount")
    }
    sums: dict[str, Any] = documents.aggregate(documents=Count("pk"), **amounts)
    return ExportTotals(lines=lines.count(), **sums)
