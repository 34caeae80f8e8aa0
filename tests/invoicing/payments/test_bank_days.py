"""The days on which banks pay, held against what the government publishes."""

from __future__ import annotations

from datetime import date

import pytest

from fixtures import reference
from invoicing.payments.bank_days import bank_holidays, is_bank_day, next_bank_day


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_the_holidays_are_those_that_are_published(year):
    published = {day for day in reference.bank_holidays() if day.year == year}
    assert bank_holidays(year) == published


@pytest.mark.parametrize(
    ("year", "good_friday"),
    [(2024, date(2024, 3, 29)), (2030, date(2030, 4, 19)), (2038, date(2038, 4, 23))],
)
def test_easter_is_found_in_any_year(year, good_friday):
    assert good_friday in bank_holidays(year)


@pytest.mark.parametrize("day", [date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 28),
                                 date(2027, 1, 1), date(2026, 11, 28)])  # fmt: skip
def test_banks_do_not_pay(day):
    assert not is_bank_day(day)
    assert is_bank_day(next_bank_day(day))


def test_a_holiday_of_scotland_alone_is_a_bank_day():
    """St Andrew's Day: the payment systems keep the days of England and Wales."""
    assert date(2026, 11, 30) in reference.bank_holidays("scotland")
    assert is_bank_day(date(2026, 11, 30))
