"""Money, quantities and prices: nothing lost, nothing made up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.money import LossyAmount, Money, Quantity, UnitPrice

# What the columns hold, and well beyond: a total of totals must not lose a penny either.
pence = st.integers(-(10**20), 10**20)
amounts = pence.map(lambda whole: Money(Decimal(whole).scaleb(-2)))
finer = st.decimals(-(10**12), 10**12, places=6)
weights = st.lists(st.decimals(0, 10**9, places=6), min_size=1, max_size=30).filter(any)


class TestMoney:
    @pytest.mark.parametrize("amount", [1.1, 0.0, True, "1.10", None, float("nan")])
    def test_refuses_what_is_no_decimal(self, amount):
        with pytest.raises(LossyAmount):
            Money(amount)

    @pytest.mark.parametrize("amount", ["0.001", "NaN", "Infinity", "-Infinity", "sNaN"])
    def test_refuses_parts_of_a_penny_and_what_is_no_number(self, amount):
        with pytest.raises(LossyAmount):
            Money(Decimal(amount))

    def test_an_amount_too_large_for_anything_is_told_so(self):
        with pytest.raises(LossyAmount, match="too large"):
            Money(Decimal("1e300"))

    @pytest.mark.parametrize(
        ("exact", "rounded"),
        [
            ("0.005", "0.01"), ("-0.005", "-0.01"), ("0.015", "0.02"), ("0.025", "0.03"),
            ("2.675", "2.68"), ("1.004999", "1.00"), ("-1.004999", "-1.00"), ("-0.001", "0.00"),
        ],
    )  # fmt: skip
    def test_rounds_half_away_from_nought(self, exact, rounded):
        assert str(Money.rounded(Decimal(exact)).amount) == rounded

    @given(finer)
    def test_rounding_moves_by_half_a_penny_at_most_and_mirrors(self, exact):
        there = Money.rounded(exact)
        assert abs(there.amount - exact) <= Decimal("0.005")
        assert Money.rounded(-exact) == -there

    @given(amounts, amounts)
    def test_adds_and_takes_away_exactly(self, one, other):
        assert (one + other) - other == one
        assert int((one + other).amount.scaleb(2)) == int(one.amount.scaleb(2)) + int(
            other.amount.scaleb(2)
        )

    @given(st.lists(amounts, max_size=20))
    def test_a_total_does_not_depend_on_the_order(self, parts):
        assert Money.total(parts) == Money.total(reversed(parts))

    def test_nothing_at_all_is_nought(self):
        assert Money.total([]) == Money(Decimal(0))

    def test_there_is_no_minus_nought(self):
        assert str((-Money(Decimal(0))).amount) == "0.00"

    def test_two_currencies_are_not_reckoned_together(self):
        pound, euro = Money(Decimal(1)), Money(Decimal(1), "EUR")
        for reckon in (
            lambda: pound + euro, lambda: pound - euro, lambda: pound < euro,
            lambda: Money.total([pound, euro]),
        ):  # fmt: skip
            with pytest.raises(ValueError, match="GBP and EUR"):
                reckon()
        assert pound != euro

    @given(amounts, amounts)
    def test_stands_in_order(self, one, other):
        assert (one < other) == (one.amount < other.amount)
        assert (one >= other) == (one.amount >= other.amount)

    def test_the_same_amount_is_the_same_key(self):
        assert len({Money(Decimal("1.5")), Money(Decimal("1.50")), Money(Decimal("1.500"))}) == 1


class TestSplit:
    @given(amounts, weights)
    def test_parts_sum_to_the_whole(self, whole, shares):
        parts = whole.split(shares)
        assert Money.total(parts) == whole
        assert len(parts) == len(shares)

    @given(amounts, weights)
    def test_no_part_is_a_penny_or_more_from_its_exact_share(self, whole, shares):
        total = sum(shares)
        for part, share in zip(whole.split(shares), shares, strict=True):
            off = part.amount * total - whole.amount * share
            assert abs(off) < Decimal("0.01") * total

    @given(amounts, weights)
    def test_a_weight_of_nought_gets_nothing(self, whole, shares):
        parts = whole.split([*shares, Decimal(0)])
        assert parts[-1].amount == 0

    def test_the_odd_penny_goes_to_the_largest_remainder_then_the_earlier(self):
        assert [p.amount for p in Money(Decimal("6.25")).split([Decimal(2), Decimal(1)])] == [
            Decimal("4.17"), Decimal("2.08"),
        ]  # fmt: skip
        thirds = Money(Decimal("0.02")).split([Decimal(1)] * 3)
        assert [p.amount for p in thirds] == [Decimal("0.01"), Decimal("0.01"), Decimal("0.00")]

    def test_is_exact_where_28_digits_are_not_enough(self):
        whole = Money(Decimal("999999999999999999999999.99"))
        odd = Decimal("123456789012345678.901234")
        assert Money.total(whole.split([odd, odd, Decimal("0.000001")])) == whole

    @pytest.mark.parametrize("shares", [[], [Decimal(0)], [Decimal(2), Decimal(-1)]])
    def test_refuses_weights_that_share_nothing_out(self, shares):
        with pytest.raises(ValueError, match="Weights"):
            Money(Decimal(1)).split(shares)

    def test_refuses_a_float_for_a_weight(self):
        with pytest.raises(LossyAmount):
            Money(Decimal(1)).split([0.5, 0.5])


class TestUnitPrice:
    def test_is_rounded_once(self):
        price = UnitPrice(Decimal("0.0125"), "EA")
        assert price.extend(Quantity(Decimal(500), "EA")).amount == Decimal("6.25")

    @given(st.decimals(0, 10**9, places=6), st.decimals(0, 10**9, places=3))
    def test_is_the_exact_product_to_the_nearest_penny(self, price, quantity):
        product = UnitPrice(price, "EA").extend(Quantity(quantity, "EA"))
        exact = int(price.scaleb(6)) * int(quantity.scaleb(3))
        assert abs(int(product.amount.scaleb(2)) * 10**7 - exact) <= 5 * 10**6

    def test_takes_six_places_and_no_seventh(self):
        assert UnitPrice(Decimal("0.000001"), "EA").amount == Decimal("0.000001")
        with pytest.raises(LossyAmount, match="6 places"):
            UnitPrice(Decimal("0.0000001"), "EA")

    def test_refuses_another_unit(self):
        with pytest.raises(ValueError, match="price per EA cannot value BX"):
            UnitPrice(Decimal(1), "EA").extend(Quantity(Decimal(1), "BX"))

    @pytest.mark.parametrize("value", [1.5, True, "3"])
    def test_and_quantity_refuse_what_is_no_decimal(self, value):
        with pytest.raises(LossyAmount):
            UnitPrice(value, "EA")
        with pytest.raises(LossyAmount):
            Quantity(value, "EA")

    def test_is_in_its_own_currency(self):
        assert (
            UnitPrice(Decimal(2), "EA", "EUR").extend(Quantity(Decimal(2), "EA")).currency == "EUR"
        )
