"""What may be counted, asked of nobody."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from marketplace.ordering.receipts.rules import (
    FINEST_QUANTITY,
    DayFault,
    Fault,
    ReceivedLine,
    Room,
    day_fault,
    faults_of,
)

KEY = uuid4()
BOX = Room("XBX", Decimal(4))
SAND = Room("KGM", Decimal("2.5"))


def fault(quantity, room=BOX, smallest=FINEST_QUANTITY):
    line = ReceivedLine(KEY, Decimal(quantity))
    return dict(faults_of([line], {KEY: room}, smallest=smallest)).get(0)


@pytest.mark.parametrize(
    ("quantity", "room", "found"),
    [
        ("4", BOX, None), ("1", BOX, None), ("0", BOX, Fault.NOTHING), ("-1", BOX, Fault.NOTHING),
        ("NaN", BOX, Fault.NOTHING), ("4.001", BOX, Fault.TOO_MUCH), ("1.5", BOX, Fault.NOT_WHOLE),
        ("1E+30", SAND, Fault.TOO_MUCH), ("2.5", SAND, None), ("0.0001", SAND, Fault.TOO_FINE),
        ("1", Room("XBX", Decimal(4), is_refused=True), Fault.REFUSED),
        ("1", Room("XBX", Decimal(4), least=Decimal(2)), Fault.TOO_LITTLE),
        ("2.5", Room("XBX", Decimal("2.5")), None),
    ],
)  # fmt: skip
def test_a_count_is_held_against_its_room(quantity, room, found):
    assert fault(quantity, room) is found


def test_nought_is_a_count_where_something_is_put_right():
    assert fault("0", smallest=Decimal(0)) is None
    assert fault("-1", smallest=Decimal(0)) is Fault.NOTHING


def test_each_line_is_named_once_and_known():
    lines = [ReceivedLine(uuid4(), Decimal(1)), *[ReceivedLine(KEY, Decimal(1))] * 2]
    found = dict(faults_of(lines, {KEY: BOX}, smallest=FINEST_QUANTITY))
    assert found == {0: Fault.UNKNOWN, 2: Fault.TWICE}


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(2026, 11, 22), DayFault.BEFORE_THE_ORDER), (date(2026, 11, 23), None),
        (date(2026, 11, 25), None), (date(2026, 11, 26), DayFault.TO_COME),
    ],
)  # fmt: skip
def test_goods_come_between_the_order_and_today(day, found):
    assert day_fault(day, ordered_on=date(2026, 11, 23), today=date(2026, 11, 25)) is found
