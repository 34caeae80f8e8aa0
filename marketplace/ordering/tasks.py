"""What the worker does for ordering."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.core.tenancy import tenant
from marketplace.jobs.registry import job
from marketplace.ordering.models import Order
from marketplace.ordering.orders.services import answers, orders, sending


@job("ordering.raise_orders")
def raise_orders(*, council_id: str, requisition_id: str, at: datetime) -> None:
    """Make the orders of an approved requisition."""
    orders.raise_orders(council_id=UUID(council_id), requisition_id=UUID(requisition_id), at=at)


@job("ordering.send_order")
def send_order(*, council_id: str, order_id: str, at: datetime) -> None:
    """Make an order's papers and send them."""
    sending.send_order(council_id=UUID(council_id), order_id=UUID(order_id), at=at)


@job("ordering.settle_answer")
def settle_answer(*, order_id: str, at: datetime) -> None:
    """Do the council's side of a supplier's answer.

    The supplier owes this job, since it may not write for the council; the order that it sees
    says whose it is, and the worker goes on as that council.
    """
    council_id = Order.objects.values_list("council_id", flat=True).get(pk=order_id)
    with tenant(council_id):
        answers.settle_answer(council_id=council_id, order_id=UUID(order_id), at=at)
