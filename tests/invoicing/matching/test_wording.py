"""What people read of a difference."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.matching.rules import Code, Finding, Severity
from invoicing.matching.wording import difference, owner_of, what_to_do
from marketplace.core.actors import Role


def finding(code, agreed, asked, unit="EA"):
    return Finding(code, Severity.HOLD, 3, None, agreed, asked, unit)


@pytest.mark.parametrize(
    ("code", "agreed", "asked", "words"),
    [
        (Code.PRICE, "2.500000", "3.750000", "Line 3 costs £3.75 each. £2.50 was agreed."),
        (Code.PRICE, "0.0125", "0.0126", "£0.0126 each. £0.0125 was agreed."),
        (Code.BEYOND_RECEIVED, "4.000", "10.000", "quantity billed is 10. What has come is 4."),
        (Code.BEYOND_ORDERED, "1000.000", "1200.500", "billed is 1,200.5. The order is for 1,000."),
        (Code.VAT_RATE, "20.00", "0.00", "VAT at 0%. The order has 20%."),
        (Code.CHARGE, "0", "4.95", "charges come to £4.95. £0.00 was agreed."),
        (Code.CREDIT_TOO_LARGE, "25.00", "1026.00", "gives back £1,026.00. Only £25.00 is left"),
    ],
)
def test_says_both_figures(code, agreed, asked, words):
    assert words in difference(finding(code, Decimal(agreed), Decimal(asked)))


def test_says_of_what_the_council_allows_that_it_does():
    allowed = replace(finding(Code.PRICE, Decimal("2.5"), Decimal("2.6")), severity=Severity.NOTE)
    assert "£2.50 was agreed. The council allows this much." in difference(allowed)
    assert what_to_do(allowed) == "Nothing to do."
    cheaper = replace(allowed, code=Code.CHEAPER)
    assert "allows" not in difference(cheaper)


def test_says_units_as_people_do():
    assert "per box. It was ordered each." in difference(finding(Code.UNIT, "EA", "XBX"))


def test_says_in_what_a_quantity_is_counted():
    found = finding(Code.BEYOND_RECEIVED, Decimal(4), Decimal(10), "XBX")
    assert "billed is 10 × box. What has come is 4 × box." in difference(found)


def test_says_that_there_is_no_part_number():
    assert "(no part number)" in difference(finding(Code.NOT_ORDERED, "", ""))


@pytest.mark.parametrize("code", list(Code))
def test_every_difference_has_words_and_an_owner(code):
    found = finding(code, Decimal(1), Decimal(2))
    assert "%" not in difference(found).replace("1%", "").replace("2%", "")
    assert what_to_do(found).endswith(".")
    assert owner_of(code) in Role
