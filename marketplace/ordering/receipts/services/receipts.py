"""Booking in what has come of an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.notifications.services import notify
from marketplace.ordering.links import receipt_link
from marketplace.ordering.models import Order, Receipt
from marketplace.ordering.receipts.rules import ReceivedLine, Room
from marketplace.ordering.receipts.services.booking import (
    Counted,
    Said,
    book_receipt,
    owe_comparison,
)
from marketplace.ordering.receipts.services.counting import (
    check_counted,
    hold_order,
    lines_of,
    problems_with,
)
from marketplace.ordering.states import Answer, ReceiptKind


@transaction.atomic
def receive_goods(
    *,
    order_id: UUID,
    receiver: Actor,
    lines: Sequence[ReceivedLine],
    received_on: date,
    at: datetime,
    delivery_note: str = "",
    note: str = "",
    version: int | None = None,
) -> Receipt:
    """Book in what has come of an order: it is spent from now on, and no longer promised.

    Shapes: `delivery_note` is the supplier's own number; `version` is the order's that was seen,
    None for whatever there is.
    Raises: Missing; ReceiptNotAllowed; OrderChanged; NothingToReceive; ReceiptNotRight;
    BooksNotReady; Busy.
    """
    order = hold_order(order_id, receiver, version)
    ordered = lines_of(order)
    rooms = {
        key: Room(line.unit, line.to_come_quantity, is_refused=line.answer == Answer.REFUSED)
        for key, line in ordered.items()
    }
    others = problems_with(
        order, day=received_on, field="received_on", delivery_note=delivery_note, at=at
    )
    check_counted(lines, rooms, others)
    receipt = book_receipt(
        order,
        [Counted(ordered[each.order_line_id], each.quantity) for each in lines],
        Said(ReceiptKind.RECEIVED, received_on, note, delivery_note),
        receiver=receiver,
        at=at,
    )
    record(
        "receipt.recorded",
        receipt,
        actor=receiver,
        at=at,
        organisation_id=order.council_id,
        counterparty_id=order.supplier_id,
        after={
            "order": order.number,
            "received_on": received_on,
            "delivery_note": receipt.delivery_note,
            "lines": receipt.lines_count,
            "net_amount": receipt.net_amount,
        },
        note=receipt.note,
    )
    owe_comparison(receipt)
    if order.contact_id != receiver.user_id:
        _tell_contact(order, receipt, at)
    return receipt


def _tell_contact(order: Order, receipt: Receipt, at: datetime) -> None:
    """Write to whoever ordered it that somebody else has taken it in."""
    notify(
        organisation_id=order.council_id,
        to=order.contact_email,
        subject=_("Goods have come: order %(number)s") % {"number": order.number},
        body=_("%(who)s has booked in goods of your order %(order)s. The receipt is %(number)s.")
        % {"who": receipt.by_name, "order": order.number, "number": receipt.number},
        link=receipt_link(receipt.pk),
        key=f"receipt:{receipt.pk}",
        at=at,
    )
