"""Sending goods back: for others that are to come, or for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import FieldProblem
from marketplace.ordering.models import Receipt
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
from marketplace.ordering.states import ReceiptKind


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes back, when, and why; the supplier reads it."""

    lines: Sequence[ReceivedLine]
    returned_on: date
    reason: str
    delivery_note: str = ""


@transaction.atomic
def return_for_replacement(
    *, order_id: UUID, receiver: Actor, parcel: Parcel, at: datetime, version: int | None = None
) -> Receipt:
    """Book out goods that the supplier is to replace: they are to come again, and promised again.

    Shapes: `version` is the order's that was seen, None for whatever there is.
    Raises: as return_for_credit; OverBudget when the money has gone to somebody else meanwhile.
    """
    return _return(order_id, receiver, parcel, at, version, is_replaced=True)


@transaction.atomic
def return_for_credit(
    *, order_id: UUID, receiver: Actor, parcel: Parcel, at: datetime, version: int | None = None
) -> Receipt:
    """Book out goods that will not be replaced: no more is to come for them.

    Shapes: `version` is the order's that was seen, None for whatever there is.
    Raises: Missing; ReceiptNotAllowed; OrderChanged; NothingToReceive; ReceiptNotRight;
    BooksNotReady; Busy.
    """
    return _return(order_id, receiver, parcel, at, version, is_replaced=False)


def _return(
    order_id: UUID,
    receiver: Actor,
    parcel: Parcel,
    at: datetime,
    version: int | None,
    *,
    is_replaced: bool,
) -> Receipt:
    order = hold_order(order_id, receiver, version)
    ordered = lines_of(order)
    others = problems_with(
        order,
        day=parcel.returned_on,
        field="returned_on",
        delivery_note=parcel.delivery_note,
        at=at,
    )
    if not parcel.reason.strip():
        others.append(FieldProblem("reason", _("Say why it goes back. The supplier reads it.")))
    rooms = {key: Room(line.unit, line.received_quantity) for key, line in ordered.items()}
    check_counted(parcel.lines, rooms, others)
    counted = [
        Counted(
            ordered[each.order_line_id],
            -each.quantity,
            cancelled=Decimal(0) if is_replaced else each.quantity,
        )
        for each in parcel.lines
    ]
    said = Said(
        ReceiptKind.RETURNED, parcel.returned_on, parcel.reason, parcel.delivery_note, is_replaced
    )
    receipt = book_receipt(order, counted, said, receiver=receiver, at=at)
    record(
        "receipt.returned",
        receipt,
        actor=receiver,
        at=at,
        organisation_id=order.council_id,
        counterparty_id=order.supplier_id,
        after={
            "order": order.number,
            "returned_on": parcel.returned_on,
            "is_replaced": is_replaced,
            "lines": receipt.lines_count,
            "net_amount": receipt.net_amount,
        },
        note=receipt.note,
    )
    owe_comparison(receipt)
    return receipt
