"""Checking rows: values, or everything that is wrong."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.imports.columns import COLUMNS, read_header
from catalogue.imports.rules import Checker
from tests.factories.catalogue import row

GOOD = row(part_number="A1")


def check(cells, headings=tuple(GOOD)):
    return Checker(read_header(headings)).check(2, cells)


class TestChecker:
    def test_gives_the_offer_of_a_good_row(self):
        offer, problems = check(list(GOOD.values()))
        assert problems == []
        assert (offer.part_number, offer.unit, offer.unit_price) == ("A1", "EA", Decimal("79.5"))
        assert (offer.pack_size, offer.lead_time_days, offer.vat_category) == (1, None, "standard")

    def test_reads_columns_by_their_headings_and_not_their_places(self):
        turned = list(reversed(GOOD))
        assert check([GOOD[name] for name in turned], turned)[0] == check(list(GOOD.values()))[0]

    def test_names_everything_that_is_wrong_at_once(self):
        cells = list((GOOD | {"unit": "fathom", "unit_price": "POA", "vat": ""}).values())
        offer, problems = check(cells)
        assert offer is None
        assert [(each.column, each.code, each.value) for each in problems] == [
            ("unit", "unknown-unit", "fathom"),
            ("unit_price", "not-a-number", "POA"),
            ("vat", "empty", ""),
        ]

    def test_refuses_a_smallest_order_that_nobody_can_place(self):
        headings = (*GOOD, "minimum_quantity")
        offer, (problem,) = check([*GOOD.values(), "0.3"], headings)
        assert offer is None
        assert (problem.column, problem.code, problem.value) == (
            "minimum_quantity", "sold-whole", "0.3",
        )  # fmt: skip
        _offer, problems = check([*(GOOD | {"name": ""}).values(), "0.3"], headings)
        assert [each.column for each in problems] == ["name", "minimum_quantity"]
        metres = (GOOD | {"unit": "metre"}).values()
        assert check([*metres, "0.3"], headings)[1] == []
        wrong = (GOOD | {"unit": "fathom"}).values()
        assert [each.column for each in check([*wrong, "0.3"], headings)[1]] == ["unit"]

    def test_repeats_only_the_beginning_of_a_long_value(self):
        _offer, (problem,) = check(list((GOOD | {"unit": "x" * 500}).values()))
        assert len(problem.value) == 100

    @pytest.mark.parametrize(
        ("cells", "column"),
        [
            (["A1", "Chair", "39112000", "EA", "9"], "vat"),
            (["A1", "Chair"], "category"),
            ([*GOOD.values(), "more"], ""),
        ],
    )
    def test_counts_the_cells(self, cells, column):
        _offer, (problem,) = check(cells)
        assert (problem.code, problem.column) == ("field-count", column)

    def test_empty_cells_beyond_the_heading_do_no_harm(self):
        assert check([*GOOD.values(), "", ""])[1] == []

    def test_a_note_under_the_prices_is_one_problem(self):
        _offer, (problem,) = check(["", "Paper", "", "", "1,234.00", ""])
        assert (problem.code, problem.column) == ("no-product", "part_number")

    @pytest.mark.parametrize("words", ["Total", "Grand total:", "SUB-TOTAL", "Sum"])
    @pytest.mark.parametrize("place", [0, 1])
    def test_a_total_is_called_one(self, words, place):
        cells = ["", "", "", "", "1,234.00", ""]
        cells[place] = words
        _offer, (problem,) = check(cells)
        assert (problem.code, problem.value) == ("total", words)

    def test_a_product_called_total_is_none(self):
        assert check(list((GOOD | {"name": "Total station"}).values()))[1] == []
        _offer, problems = check(list((GOOD | {"name": "Total station", "vat": ""}).values()))
        assert [each.code for each in problems] == ["empty"]

    @given(st.lists(st.text(max_size=20), min_size=len(COLUMNS), max_size=len(COLUMNS)))
    def test_any_row_is_right_or_says_what_is_wrong(self, cells):
        offer, problems = check(cells, COLUMNS)
        assert (offer is None) == bool(problems)

    def test_remembers_without_mixing_columns_up(self):
        checker = Checker(read_header(tuple(GOOD)))
        for _turn in range(3):
            assert checker.check(2, list(GOOD.values()))[1] == []
            assert checker.check(3, list((GOOD | {"unit": "standard"}).values()))[1]
