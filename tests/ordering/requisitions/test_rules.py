"""What an approver sees, and what people paste."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from marketplace.ordering.requisitions import rules

LINE = rules.SeenLine(
    1, uuid4(), uuid4(), "CH-1", "Chair", "EA", Decimal("2"), Decimal("79.5"), "standard",
    Decimal(20), uuid4(), uuid4(),
)  # fmt: skip
FACTS = {
    "title": "Chairs",
    "reason": "Worn",
    "deliver_to": "Hall",
    "needed_by_on": date(2026, 12, 1),
    "lines": [LINE],
}


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Chair"},
        {"reason": ""},
        {"deliver_to": "Depot"},
        {"needed_by_on": None},
        {"lines": []},
        *(
            {"lines": [replace(LINE, **facts)]}
            for facts in (
                {"line_number": 2}, {"listing_id": uuid4()}, {"supplier_id": uuid4()},
                {"part_number": "CH-2"}, {"name": "Stool"}, {"unit": "XBX"},
                {"quantity": Decimal("2.001")}, {"unit_price": Decimal("79.500001")},
                {"vat_category": "zero"}, {"vat_rate_percent": Decimal(5)},
                {"cost_centre_id": uuid4()}, {"account_id": None},
            )
        ),
    ],
)  # fmt: skip
def test_the_hash_knows_every_change(change):
    assert rules.content_hash(**FACTS | change) != rules.content_hash(**FACTS)


def test_the_hash_does_not_mind_noughts_and_order():
    second = replace(LINE, line_number=2)
    padded = replace(LINE, quantity=Decimal("2.000"), unit_price=Decimal("79.500000"))
    assert rules.content_hash(**FACTS | {"lines": [LINE, second]}) == rules.content_hash(
        **FACTS | {"lines": [second, padded]}
    )


class TestReadRows:
    @pytest.mark.parametrize(
        ("typed", "part", "quantity"),
        [
            ("CH-1", "CH-1", 1),
            ("CH-1 3", "CH-1", 3),
            ("CH-1, 3", "CH-1", 3),
            ("CH-1 ,3", "CH-1", 3),
            ("CH-1,3", "CH-1", 3),
            ("CH-1\t3\tOffice chair", "CH-1", 3),
            ("CH-1;2.5", "CH-1", Decimal("2.5")),
            ("CH-1 | 1 000", "CH-1", 1000),
            ("CH-1\t1,000", "CH-1", 1000),
            ("CH-1,1,000", "CH-1", 1000),
            ("CH-1,-3", "CH-1", -3),
            ("CH-1\t-3", "CH-1", -3),
            ("CH-1 \u22123", "CH-1", -3),
            ("CH-1 +3", "CH-1", 3),
            ("CH-1,0", "CH-1", 0),
            ("CH-1 x 3", "CH-1", 3),
            ("CH-1 \u00d7 3", "CH-1", 3),
            ("CH-1 - 3", "CH-1", 3),
            ("CH-1: 3", "CH-1", 3),
            ("CH-1 = 3", "CH-1", 3),
            ('"CH-1","3"', "CH-1", 3),
            ('"CH-1"\t"1,000"', "CH-1", 1000),
            ('="0017";3', "0017", 3),
            ('Pipe 3/4" 2', 'Pipe 3/4"', 2),
            ("CH-1 999999999999", "CH-1", 999_999_999_999),
            ("CH-1 1.123456789", "CH-1", Decimal("1.123456789")),
            ("Office chair blue", "Office chair blue", 1),
            ("CH-1,blue", "CH-1,blue", 1),
        ],
    )
    def test_reads_a_part_number_and_a_quantity(self, typed, part, quantity):
        (row,) = rules.read_rows(typed)
        assert (row.part_number, row.quantity) == (part, quantity)

    @pytest.mark.parametrize(
        "typed", ["CH-1\t1,5", "CH-1 1,5", "CH-1,1,5", "CH-1\t1.234,5", "CH-1;many", "CH-1;1e9"]
    )
    def test_never_guesses_at_a_comma_or_takes_what_is_no_number(self, typed):
        (row,) = rules.read_rows(typed)
        assert (row.part_number, row.quantity) == ("CH-1", None)

    def test_counts_rows_as_the_person_sees_them(self):
        assert [row.row for row in rules.read_rows("A\n\n , \nB")] == [1, 4]

    @pytest.mark.parametrize(
        "line",
        [
            "a " + ", " * 20_000 + "b",
            "a" + "," * 40_000,
            "1," * 20_000 + "x",
            "1 " * 20_000,
            '"' * 40_000,
            ' "a' * 10_000,
            "-" * 40_000,
            "a " + "9" * 40_000,
        ],
    )
    def test_takes_no_longer_for_a_hostile_line(self, line):
        """A pattern that backs up takes many seconds for each of these."""
        began = time.perf_counter()
        rules.read_rows(line)
        assert time.perf_counter() - began < 0.5
