"""How far figures may differ, and what no council may allow."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.matching.tolerances import Fault, Limit, Tolerances, faults


class TestLimit:
    @pytest.mark.parametrize(
        ("limit", "agreed", "asked", "allowed"),
        [
            (Limit(), "1", "1000", True),
            (Limit(), "0", "1000", True),
            (Limit(percent=Decimal(0)), "10", "10.000001", False),
            (Limit(percent=Decimal(10)), "10", "11", True),
            (Limit(percent=Decimal(10)), "10", "11.000001", False),
            (Limit(amount=Decimal("0.5")), "10", "10.50", True),
            (Limit(amount=Decimal("0.5")), "10", "10.51", False),
            (Limit(Decimal(10), Decimal("0.5")), "10", "10.6", False),
            (Limit(Decimal(1), Decimal("0.5")), "10", "10.2", False),
            (Limit(percent=Decimal(500)), "0", "0.01", False),
            (Limit(amount=Decimal(5)), "0", "0.01", False),
            (Limit(percent=Decimal(0)), "10", "9", True),
            (Limit(amount=Decimal(0)), "0", "0", True),
        ],
    )
    def test_allows(self, limit, agreed, asked, allowed):
        assert limit.allows(Decimal(agreed), Decimal(asked)) is allowed

    def test_nought_is_tested_and_none_is_not(self):
        assert Limit(percent=Decimal(0)).is_tested
        assert not Limit().is_tested


def limits(percent=None, amount=None):
    return Limit(
        None if percent is None else Decimal(percent), None if amount is None else Decimal(amount)
    )


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, []),
        ({"unit_price": limits()}, []),
        ({"unit_price": limits(10, 10_000)}, []),
        ({"unit_price": limits("10.01")}, [("unit_price.percent", Fault.TOO_MANY_PERCENT)]),
        ({"unit_price": limits(-1)}, [("unit_price.percent", Fault.BELOW_NOUGHT)]),
        ({"line_total": limits(None, 100)}, []),
        ({"line_total": limits(None, "100.01")}, [("line_total.amount", Fault.TOO_MANY_POUNDS)]),
        ({"line_total": limits(1, "-0.01")}, [("line_total.amount", Fault.BELOW_NOUGHT)]),
        ({"line_total": limits()}, [("line_total.percent", Fault.NOT_TESTED)]),
        (
            {"ordered_quantity": limits(None, 2)},
            [("ordered_quantity.percent", Fault.NOT_TESTED)],
        ),
        ({"ordered_quantity": limits(5, 1_000)}, []),
        ({"received_quantity": limits()}, [("received_quantity.percent", Fault.NOT_TESTED)]),
        ({"received_quantity": limits(), "needs_receipt": False}, []),
        ({"charges": Decimal(100)}, []),
        ({"charges": Decimal("100.01")}, [("charges", Fault.TOO_MANY_POUNDS)]),
        ({"charges": Decimal("-0.01")}, [("charges", Fault.BELOW_NOUGHT)]),
    ],
)
def test_faults(facts, found):
    assert faults(replace(Tolerances(), **facts)) == found
