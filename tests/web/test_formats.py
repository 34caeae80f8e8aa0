"""Amounts, numbers, days and instants as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from marketplace.core.money import Money
from marketplace.web import formats


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal("1234.5"), "£1,234.50"),
        (Money(Decimal("0.05")), "£0.05"),
        (0, "£0.00"),
        (None, ""),
        (Decimal("-3.5"), "−£3.50"),
        (Money(Decimal(7), "EUR"), "€7.00"),
        (Money(Decimal(7), "SEK"), "SEK 7.00"),
    ],
)
def test_money(amount, written):
    assert formats.money(amount) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal("0.012500"), "£0.0125"),
        (Decimal("1200"), "£1,200.00"),
        (Decimal("1.5"), "£1.50"),
        (None, ""),
    ],
)
def test_price(amount, written):
    assert formats.price(amount) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1200.500"), "1,200.5"),
        (100, "100"),
        (Decimal("100"), "100"),
        (Decimal("1E+3"), "1,000"),
        (None, ""),
    ],
)
def test_number(value, written):
    assert formats.number(value) == written


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (datetime(2026, 11, 23, 16, 20, tzinfo=UTC), "23 November 2026, 4:20pm"),
        (datetime(2026, 7, 1, 8, 0, tzinfo=UTC), "1 July 2026, 9am"),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), "1 July 2026, midnight"),
        (datetime(2026, 11, 23, 12, 0, tzinfo=UTC), "23 November 2026, midday"),
        (datetime(2026, 11, 23, 0, 5, tzinfo=UTC), "23 November 2026, 12:05am"),
        (None, ""),
    ],
)
def test_moment_is_in_london(instant, written):
    assert formats.moment(instant) == written


def test_day_of_an_instant_is_the_day_in_london():
    assert formats.day(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "1 July 2026"
    assert formats.day(date(2026, 6, 30)) == "30 June 2026"
    assert formats.day(None) == ""


@pytest.mark.parametrize(
    ("user_agent", "written"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/156 Safari/537 Edg/156",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
            "Firefox on Linux",
        ),
        ("curl/8.0", "Another program"),
        ("", "Another program"),
    ],
)
def test_browser(user_agent, written):
    assert formats.browser(user_agent) == written
