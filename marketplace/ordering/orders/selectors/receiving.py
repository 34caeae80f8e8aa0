"""What has become of an order at the council's door, asked of the models.

Receipts are a room above orders, and an order's own page speaks of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from marketplace.audit.models import Event
from marketplace.audit.selectors import timeline
from marketplace.core.actors import Actor
from marketplace.ordering.models import Order, OrderLine, Receipt
from marketplace.ordering.models.orders import TO_COME
from marketplace.ordering.states import RECEIVABLE


@dataclass(frozen=True, slots=True)
class Expected:
    """What a door waits for: orders of which something is to come, and those that are late."""

    orders: int
    late: int


def may_receive(order: Order, reader: Actor) -> bool:
    """Tell whether `reader` may say what came of an order, or went back."""
    is_here = order.council_id == reader.organisation_id and order.status in RECEIVABLE
    return is_here and (order.contact_id == reader.user_id or reader.holds("receiver", "buyer"))


def receiving_verbs(order: Order, lines: Iterable[OrderLine], reader: Actor) -> list[str]:
    """Return what `reader` can be offered at the door of an order: "receive", "return"."""
    if not may_receive(order, reader):
        return []
    seen = list(lines)
    offered = ["receive"] if any(line.to_come_quantity > 0 for line in seen) else []
    return offered + (["return"] if any(line.received_quantity > 0 for line in seen) else [])


def cancelling_verbs(order: Order, lines: Iterable[OrderLine], reader: Actor) -> list[str]:
    """Return which way of cancelling `reader` can be offered: "cancel", "cancel_remainder"."""
    if order.contact_id != reader.user_id and not reader.holds("buyer", "finance"):
        return []
    seen = list(lines)
    if not any(line.received_quantity or line.billed_quantity for line in seen):
        return ["cancel"] if "cancel" in order.verbs() else []
    left = any(
        line.to_come_quantity > max(line.billed_quantity - line.received_quantity, Decimal(0))
        for line in seen
    )
    return ["cancel_remainder"] if left and order.status in RECEIVABLE else []


def receipts_on(order: Order, reader: Actor) -> QuerySet[Receipt]:
    """Return the receipts of an order, latest first; the walls keep them from others."""
    rows = Receipt.objects.of(reader.organisation_id).filter(order=order)
    return rows.select_related("corrects").order_by("-id")


def order_story(order: Order, receipts: Iterable[Receipt]) -> QuerySet[Event]:
    """Return what was done to an order and its receipts, oldest first, as far as may be seen."""
    return timeline(order, *receipts)


def expected(reader: Actor, today: date) -> Expected:
    """Return how many orders a council's door waits for: two statements, however much there is."""
    return Expected(
        orders=_waited_for(reader.organisation_id, Q()),
        late=_waited_for(reader.organisation_id, late_on(today)),
    )


def late_on(today: date) -> Q:
    """Return the condition on a line that should have come before `today`."""
    return Q(promised_on__lt=today) | Q(promised_on__isnull=True, order__needed_by_on__lt=today)


def _waited_for(council_id: UUID, which: Q) -> int:
    """Count the orders that have a line to come."""
    coming = OrderLine.objects.of(council_id).filter(TO_COME, which, council_id=council_id)
    orders = Order.objects.of(council_id).filter(council_id=council_id, status__in=RECEIVABLE)
    return orders.filter(pk__in=coming.values("order")).count()
