"""What every receipt begins with: the order is held, and what was counted is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, FieldProblem, Forbidden, Invalid
from marketplace.ordering.models import Order, OrderLine
from marketplace.ordering.orders.services.orders import check_version, hold_lines
from marketplace.ordering.receipts.rules import (
    FINEST_QUANTITY,
    LONGEST_DELIVERY_NOTE,
    DayFault,
    Fault,
    ReceivedLine,
    Room,
    day_fault,
    faults_of,
)
from marketplace.ordering.states import RECEIVABLE, OrderStatus

_FAULTS: Final = {
    Fault.UNKNOWN: gettext_lazy("There is no such line on this order."),
    Fault.TWICE: gettext_lazy("This line is here twice. Give it once."),
    Fault.REFUSED: gettext_lazy("The supplier refused this line, so nothing comes of it."),
    Fault.NOTHING: gettext_lazy("Enter a number above 0."),
    Fault.TOO_FINE: gettext_lazy("Enter at most three decimal places."),
    Fault.NOT_WHOLE: gettext_lazy("Enter a whole number."),
    Fault.TOO_MUCH: gettext_lazy("Enter %(most)s at most."),
    Fault.TOO_LITTLE: gettext_lazy("Enter %(least)s at least."),
}
_DAYS: Final = {
    DayFault.TO_COME: gettext_lazy("The day must be today or in the past."),
    DayFault.BEFORE_THE_ORDER: gettext_lazy("The day must not be before the order was made."),
}
_NOTHING_COMES: Final = {
    OrderStatus.RAISED: gettext_lazy("It has not been sent to the supplier yet."),
    OrderStatus.REFUSED: gettext_lazy(
        "The supplier refused it. Goods that come all the same go back, or are ordered anew."
    ),
    OrderStatus.CANCELLED: gettext_lazy(
        "It was cancelled. Goods that come all the same go back, or are ordered anew."
    ),
}


class ReceiptNotAllowed(Forbidden):
    """This person may not say what came of this order."""

    code = "receipt.not-allowed"
    title = gettext_lazy("You cannot book goods in for this order.")


class NothingToReceive(Conflict):
    """The order is not one of which goods may come."""

    code = "receipt.nothing-to-receive"
    title = gettext_lazy("Goods cannot be booked in for this order.")


class ReceiptNotRight(Invalid):
    """A quantity, the day or the reason is not right, or nothing was counted at all."""

    code = "receipt.not-right"
    title = gettext_lazy("Something on this receipt is not right.")


def hold_order(order_id: UUID, receiver: Actor, version: int | None) -> Order:
    """Return an order of which goods may come, held, if this person may say what came.

    Raises: Missing; ReceiptNotAllowed; OrderChanged; NothingToReceive; Busy.
    """
    orders = Order.objects.of(receiver.organisation_id).filter(council_id=receiver.organisation_id)
    order = orders.lock(order_id)
    if order.contact_id != receiver.user_id and not receiver.holds("receiver", "buyer"):
        raise ReceiptNotAllowed(
            _("Only the person who ordered it, a receiver or a buyer can do this.")
        )
    check_version(order, version)
    if order.status not in RECEIVABLE:
        raise NothingToReceive(str(_NOTHING_COMES[OrderStatus(order.status)]))
    return order


def lines_of(order: Order) -> dict[UUID, OrderLine]:
    """Return the lines of an order by key, in their order, and held.

    Why: what is counted is written to them later, in an order that nobody chooses, and whoever
    compares an invoice of the order holds them by their keys.
    Raises: Busy.
    """
    return {line.pk: line for line in sorted(hold_lines(order), key=lambda line: line.line_number)}


def check_counted(
    lines: Sequence[ReceivedLine],
    rooms: Mapping[UUID, Room],
    others: Sequence[FieldProblem],
    *,
    smallest: Decimal = FINEST_QUANTITY,
) -> None:
    """Refuse counts that cannot be, with everything else that is wrong.

    Shapes: a problem with a count stands at lines/N/quantity.
    Raises: ReceiptNotRight.
    """
    problems = [
        FieldProblem(
            f"lines/{place}/order_line_id" if fault is Fault.UNKNOWN else f"lines/{place}/quantity",
            _words(fault, rooms.get(lines[place].order_line_id), smallest),
        )
        for place, fault in faults_of(lines, rooms, smallest=smallest)
    ]
    if not lines:
        problems.append(FieldProblem("lines", _("Enter a quantity for at least one line.")))
    problems += others
    if problems:
        raise ReceiptNotRight(problems[0].detail, errors=problems)


def problems_with(
    order: Order, *, day: date, field: str, delivery_note: str, at: datetime
) -> list[FieldProblem]:
    """Return what is wrong with the day, which is called `field`, and the delivery note."""
    found = []
    fault = day_fault(
        day, ordered_on=timezone.localdate(order.raised_at), today=timezone.localdate(at)
    )
    if fault is not None:
        found.append(FieldProblem(field, str(_DAYS[fault])))
    if len(delivery_note.strip()) > LONGEST_DELIVERY_NOTE:
        found.append(
            FieldProblem(
                "delivery_note",
                _("Enter at most %(count)d characters.") % {"count": LONGEST_DELIVERY_NOTE},
            )
        )
    return found


def _words(fault: Fault, room: Room | None, smallest: Decimal) -> str:
    if fault is Fault.NOTHING and not smallest:
        return _("Enter 0 or a number above it.")
    if room is None:
        return str(_FAULTS[fault])
    facts = {"most": _plain(room.most), "least": _plain(room.least)}
    return str(_FAULTS[fault]) % facts


def _plain(quantity: Decimal) -> str:
    return str(number_format(f"{quantity.normalize():f}", use_l10n=True))
