"""What an offer consists of, and when two are the same."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.imports.columns import COLUMNS
from catalogue.listings.cells import MOST_MINIMUM, Bad
from catalogue.listings.rules import (
    LONGEST,
    REQUIRED,
    Offer,
    check_smallest,
    content_hash,
    value_of,
)
from marketplace.ordering.bought.rules import LARGEST_QUANTITY
from tests.factories.catalogue import offer


class TestValueOf:
    @pytest.mark.parametrize("column", REQUIRED)
    @pytest.mark.parametrize("text", ["", "  ", "\u00a0"])
    def test_refuses_an_empty_cell_that_must_not_be(self, column, text):
        with pytest.raises(Bad, match="empty"):
            value_of(column, text)

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("pack_size", 1), ("minimum_quantity", Decimal(1)), ("lead_time_days", None),
            ("currency", "GBP"), ("brand", ""), ("gtin", ""),
        ],
    )  # fmt: skip
    def test_knows_what_nothing_means(self, column, value):
        assert value_of(column, " ") == value

    @pytest.mark.parametrize(("column", "most"), LONGEST.items())
    def test_refuses_one_letter_too_many(self, column, most):
        assert value_of(column, "x" * most) == "x" * most
        with pytest.raises(Bad, match="too-long"):
            value_of(column, "x" * (most + 1))

    @pytest.mark.parametrize("text", ["=1+1", "+44", "-5 °C", "@home", "|pipe"])
    def test_takes_back_what_we_made_harmless(self, text):
        assert value_of("name", "'" + text) == text

    def test_leaves_other_apostrophes_alone(self):
        assert value_of("name", "'Oak' desk") == "'Oak' desk"

    @pytest.mark.parametrize(
        ("column", "text"),
        [
            ("lead_time_days", "800-900 days"), ("lead_time_days", "200 weeks"),
            ("unit_price", "1E300"), ("unit_price", "999.999.999,50"), ("unit_price", "0 each"),
            ("pack_size", "Pack of 0"), ("minimum_quantity", "999999999 each"),
        ],
    )  # fmt: skip
    def test_suggests_nothing_that_would_be_refused(self, column, text):
        with pytest.raises(Bad) as caught:
            value_of(column, text)
        assert not caught.value.facts.get("suggestion")

    @given(st.sampled_from(list(COLUMNS)), st.text("0123456789.,-£ €aeEtokx()+%", max_size=14))
    def test_what_it_suggests_is_good(self, column, text):
        try:
            value_of(column, text)
        except Bad as bad:
            if meant := bad.facts.get("suggestion"):
                value_of(column, meant)


class TestCheckSmallest:
    @pytest.mark.parametrize(("unit", "smallest"), [("EA", "1"), ("XBX", "12.000"), ("MTR", "0.5")])
    def test_takes_what_can_be_ordered(self, unit, smallest):
        check_smallest(unit, Decimal(smallest))

    @pytest.mark.parametrize(("unit", "smallest"), [("EA", "0.3"), ("XBX", "1.5")])
    def test_refuses_parts_of_what_is_only_had_whole(self, unit, smallest):
        with pytest.raises(Bad, match="sold-whole"):
            check_smallest(unit, Decimal(smallest))

    def test_nobody_can_order_more_than_a_line_of_an_order_takes(self):
        assert value_of("minimum_quantity", str(LARGEST_QUANTITY)) == MOST_MINIMUM
        with pytest.raises(Bad, match="too-big"):
            value_of("minimum_quantity", str(LARGEST_QUANTITY + 1))


class TestContentHash:
    @pytest.mark.parametrize("field", Offer._fields)
    def test_differs_when_anything_does(self, field):
        first = offer(part_number="A")
        value = getattr(first, field)
        changed = first._replace(**{field: value + 1 if isinstance(value, int | Decimal) else "x"})
        assert content_hash(first) != content_hash(changed)

    @given(st.text(max_size=10), st.text(max_size=10))
    def test_texts_do_not_run_into_one_another(self, name, brand):
        first = offer(part_number="A", name=name, brand=brand)
        second = offer(part_number="A", name=name + brand, brand="")
        separator = "\x1f"  # which no checked text can hold
        if brand and separator not in name + brand:
            assert content_hash(first) != content_hash(second)
