"""Sums of what is bought."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

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


@given(amounts, quantities, st.decimals(0, 12000, places=3), st.decimals(0, 12000, places=3))
def test_a_share_is_never_more_than_the_line(net, quantity, received, billed):
    share = rules.cancelled_share(
        net_amount=net, quantity=quantity, received=received, billed=billed
    )
    assert Decimal(0) <= share <= net
    if received == billed == 0:
        assert share == net
    if received >= quantity or billed >= quantity:
        assert share == 0


@given(st.decimals(0, "9999", places=6), quantities)
def test_a_line_is_rounded_once_half_up(price, quantity):
    exact = price * quantity
    assert abs(rules.line_net(price, quantity, "EA") - exact) <= Decimal("0.005")
