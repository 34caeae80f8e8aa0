"""The same invoice in disguise, and the honest one that only looks like it."""

from __future__ import annotations

import doctest
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.matching import duplicates
from invoicing.matching.duplicates import Likeness, Seen, Why, resemblances

FIRST = Seen(UUID(int=1), "aa", "INVOICE", "INV-0042", date(2026, 11, 2), Decimal("120.00"))


def again(**facts):
    return replace(FIRST, **{"invoice_id": UUID(int=2), "sha256": "bb"} | facts)


def judged(new, *known):
    return [(each.likeness, each.why) for each in resemblances(new, known or [FIRST])]


def test_examples_are_true():
    assert doctest.testmod(duplicates).failed == 0


@pytest.mark.parametrize(
    ("facts", "likeness", "why"),
    [
        ({"sha256": "aa", "number": "9"}, Likeness.REPEAT, Why.SAME_FILE),
        ({}, Likeness.REPEAT, Why.SAME_NUMBER),
        ({"number": " inv 0042"}, Likeness.REPEAT, Why.SAME_NUMBER),
        ({"number": "Inv/0042."}, Likeness.REPEAT, Why.SAME_NUMBER),
        ({"gross_amount": Decimal("130.00")}, Likeness.SUSPECT, Why.SAME_NUMBER_OTHERWISE),
        ({"issued_on": date(2027, 11, 2)}, Likeness.SUSPECT, Why.SAME_NUMBER_OTHERWISE),
        ({"number": "1NV-O042"}, Likeness.SUSPECT, Why.NUMBER_LOOKS_SAME),
        ({"number": "INV-42"}, Likeness.SUSPECT, Why.NUMBER_LOOKS_SAME),
        ({"number": "\u0406NV-0042"}, Likeness.SUSPECT, Why.NUMBER_LOOKS_SAME),
        ({"number": "INV-\uff10\uff10\uff14\uff12"}, Likeness.SUSPECT, Why.NUMBER_LOOKS_SAME),
        ({"number": "ÍNV-0042"}, Likeness.SUSPECT, Why.NUMBER_LOOKS_SAME),
        ({"supplier_id": UUID(int=9)}, Likeness.SUSPECT, Why.SAME_NUMBER),
        ({"supplier_id": UUID(int=9), "sha256": "aa"}, Likeness.SUSPECT, Why.SAME_FILE),
        ({"asks_key": "others"}, Likeness.SUSPECT, Why.SAME_NUMBER_OTHERWISE),
        ({"asks_key": "others", "sha256": "aa"}, Likeness.REPEAT, Why.SAME_FILE),
        ({"number": "X-77", "issued_on": date(2026, 11, 5)}, Likeness.SUSPECT, Why.SAME_SUM),
    ],
)
def test_sees_through_a_disguise(facts, likeness, why):
    assert judged(again(**facts)) == [(likeness, why)]


@pytest.mark.parametrize(
    "facts",
    [
        {"number": "INV-0043", "gross_amount": Decimal("99.00")},
        {"number": "INV-0043", "issued_on": date(2026, 12, 2)},
        {"kind": "CREDIT_NOTE"},
    ],
)
def test_leaves_an_honest_one_alone(facts):
    assert judged(again(**facts)) == []


def test_is_not_like_itself():
    assert judged(FIRST) == []


def test_repeats_come_first():
    suspect = again(invoice_id=UUID(int=3), number="X-77", sha256="cc")
    new = again(invoice_id=UUID(int=4), sha256="dd")
    assert [each.invoice_id.int for each in resemblances(new, [suspect, FIRST])] == [1, 3]


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_files_of_one_number_are_never_both_new(number, other):
    """Case, spaces and punctuation make no new invoice of an old one, in either order."""
    one, two = replace(FIRST, number=number), again(number=other)
    assert bool(judged(one, two)) == bool(judged(two, one))
    assert judged(again(number=number.upper() + " "), one) == [(Likeness.REPEAT, Why.SAME_NUMBER)]
