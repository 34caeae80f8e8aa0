"""What may be counted on a receipt: quantities and days. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from marketplace.core.units import is_counted

PREFIX: Final = "GR"
LONGEST_DELIVERY_NOTE: Final = 100
FINEST_QUANTITY: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """How much of one line of an order was counted. Units: that line's own."""

    order_line_id: UUID
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Room:
    """Between what the count of a line may lie, and whether it may be counted at all."""

    unit: str
    most: Decimal
    least: Decimal = Decimal(0)
    is_refused: bool = False


class Fault(StrEnum):
    """What can be wrong with one count."""

    UNKNOWN = "UNKNOWN"
    TWICE = "TWICE"
    REFUSED = "REFUSED"
    NOTHING = "NOTHING"
    TOO_FINE = "TOO_FINE"
    NOT_WHOLE = "NOT_WHOLE"
    TOO_MUCH = "TOO_MUCH"
    TOO_LITTLE = "TOO_LITTLE"


def faults_of(
    lines: Sequence[ReceivedLine], rooms: Mapping[UUID, Room], *, smallest: Decimal
) -> Iterator[tuple[int, Fault]]:
    """Yield what is wrong with counts, by their place; one fault a line.

    Shapes: `smallest` is the least that a count may say: more than nought for what came or went,
    nought for what a count should have said.
    Why: whoever stands at the door with a delivery note must be told of everything at once.
    """
    seen = set[UUID]()
    for place, line in enumerate(lines):
        room = rooms.get(line.order_line_id)
        if room is None:
            yield place, Fault.UNKNOWN
        elif line.order_line_id in seen:
            yield place, Fault.TWICE
        else:
            fault = _fault_of(line.quantity, room, smallest)
            if fault is not None:
                yield place, fault
        seen.add(line.order_line_id)


def _fault_of(quantity: Decimal, room: Room, smallest: Decimal) -> Fault | None:
    if room.is_refused:
        return Fault.REFUSED
    if not quantity.is_finite() or quantity < 0 or (not quantity and smallest):
        return Fault.NOTHING
    if quantity > room.most:
        return Fault.TOO_MUCH
    if quantity < room.least:
        return Fault.TOO_LITTLE
    if quantity % FINEST_QUANTITY:
        return Fault.TOO_FINE
    # What was ordered in parts may come in parts, whatever its unit.
    if is_counted(room.unit) and quantity % 1 and quantity not in (room.most, room.least):
        return Fault.NOT_WHOLE
    return None


class DayFault(StrEnum):
    """What can be wrong with the day on which goods came or went."""

    TO_COME = "TO_COME"
    BEFORE_THE_ORDER = "BEFORE_THE_ORDER"


def day_fault(day: date, *, ordered_on: date, today: date) -> DayFault | None:
    """Return what is wrong with the day of a receipt, or None.

    Why: what has not happened cannot be counted, and nothing comes before it was ordered.
    """
    if day > today:
        return DayFault.TO_COME
    return DayFault.BEFORE_THE_ORDER if day < ordered_on else None
