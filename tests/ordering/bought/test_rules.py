"""Sums of what is bought."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from marketplace.ordering.bought import rules


@dataclass
class Taxed:
    net_amount: Decimal
    vat_category: str = "standard"
    vat_rate_percent: Decimal = Decimal(20)


def test_vat_is_reckoned_once_a_rate():
    sums = rules.totals([Taxed(Decimal("0.33"))] * 3)
    assert (sums.net_amount, sums.vat_amount, sums.gross_amount) == (
        Decimal("0.99"), Decimal("0.20"), Decimal("1.19"),
    )  # fmt: skip


def test_nothing_comes_to_nothing():
    assert rules.totals([]).gross_amount == Decimal("0.00")


amounts = st.decimals("0.01", "99999", places=2)
quantities = st.decimals("0.001", "9999", places=3)


@given(amounts, quantities, st.lists(st.decimals(0, 1, places=3), max_size=5))
def test_parts_come_to_the_whole(net, quantity, cuts):
    """However often a line is cut, and no part is worth less than nought."""
    upto = sorted([Decimal(0), *(quantity * cut for cut in cuts), quantity])
    worth = [rules.part_of(net, quantity, each) for each in upto]
    parts = [after - before for before, after in pairwise(worth)]
    assert sum(parts) == net
    assert min(parts) >= 0


@dataclass
class Line(Taxed):
    answer: str = "ACCEPTED"
    quantity: Decimal = Decimal(4)
    cancelled_quantity: Decimal = Decimal(0)


def test_what_was_cancelled_or_refused_is_not_due():
    assert rules.still_due(Line(Decimal(100))).net_amount == 100
    assert rules.still_due(Line(Decimal(100), cancelled_quantity=Decimal(3))).net_amount == 25
    assert rules.still_due(Line(Decimal(100), answer="REFUSED")).net_amount == 0


@given(st.decimals(0, "9999", places=6), quantities)
def test_a_line_is_rounded_once_half_up(price, quantity):
    exact = price * quantity
    assert abs(rules.line_net(price, quantity, "EA") - exact) <= Decimal("0.005")
