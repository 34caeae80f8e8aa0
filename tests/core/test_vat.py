"""Value added tax: rates by day, and one rounding a rate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.money import Money
from marketplace.core.vat import UBL_CATEGORY, VatCategory, rate_percent, vat_breakdown

TODAY = date(2026, 11, 23)
lines = st.lists(
    st.tuples(
        st.integers(-(10**9), 10**9).map(lambda p: Money(Decimal(p).scaleb(-2))),
        st.sampled_from(VatCategory),
    ).map(lambda pair: (*pair, rate_percent(pair[1], TODAY))),
    max_size=30,
)


class TestRatePercent:
    @pytest.mark.parametrize(
        ("category", "rate"),
        [("standard", 20), ("reduced", 5), ("zero", 0), (VatCategory.EXEMPT, 0)],
    )
    def test_today(self, category, rate):
        assert rate_percent(category, TODAY) == rate

    def test_the_day_that_the_standard_rate_became_twenty(self):
        assert rate_percent("standard", date(2011, 1, 4)) == 20
        with pytest.raises(ValueError, match="No standard rate"):
            rate_percent("standard", date(2011, 1, 3))

    def test_every_category_has_a_letter_for_documents(self):
        assert set(UBL_CATEGORY) == set(VatCategory)


class TestVatBreakdown:
    def test_three_lines_of_a_third_are_taxed_once(self):
        # By line it would be 3 × 0.07 = 0.21 (EN 16931, BR-CO-17 sums first).
        third = (Money(Decimal("0.33")), VatCategory.STANDARD, Decimal(20))
        (only,) = vat_breakdown([third, third, third])
        assert (only.net.amount, only.vat.amount) == (Decimal("0.99"), Decimal("0.20"))

    def test_lowest_rate_first_and_zero_apart_from_exempt(self):
        net = Money(Decimal(100))
        found = vat_breakdown([(net, each, rate_percent(each, TODAY)) for each in VatCategory])
        assert [(row.category.value, row.vat.amount) for row in found] == [
            ("exempt", 0), ("zero", 0), ("reduced", 5), ("standard", 20),
        ]  # fmt: skip

    @given(lines)
    def test_keeps_every_penny_of_net_and_taxes_each_rate_to_half_a_penny(self, given_lines):
        found = vat_breakdown(given_lines)
        assert Money.total(row.net for row in found) == Money.total(net for net, *_ in given_lines)
        for row in found:
            assert abs(row.vat.amount - row.net.amount * row.rate_percent / 100) <= Decimal("0.005")

    @given(lines, st.randoms())
    def test_does_not_depend_on_the_order(self, given_lines, random):
        shuffled = list(given_lines)
        random.shuffle(shuffled)
        assert vat_breakdown(shuffled) == vat_breakdown(given_lines)

    @given(lines)
    def test_a_credit_takes_back_what_was_charged(self, given_lines):
        back = [(-net, category, rate) for net, category, rate in given_lines]
        charged, credited = vat_breakdown(given_lines), vat_breakdown(back)
        assert [-row.vat for row in credited] == [row.vat for row in charged]

    def test_nothing_is_taxed_nothing(self):
        assert vat_breakdown([]) == []
