"""Days as councils count them: financial years and working days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta


def financial_year(on: date) -> int:
    """Return the year in which the financial year of a day began, on 1 April.

    Source: Local Government Finance Act 1992 s.69(1): "financial year" means twelve months
    beginning with 1 April.

    >>> financial_year(date(2026, 3, 31)), financial_year(date(2026, 4, 1))
    (2025, 2026)
    """
    return on.year if (on.month, on.day) >= (4, 1) else on.year - 1


def financial_year_label(year: int) -> str:
    """Return how a financial year is written.

    >>> financial_year_label(2026)
    '2026/27'
    """
    return f"{year}/{(year + 1) % 100:02d}"


def years_after(day: date, years: int) -> date:
    """Return the same day some years later; the last of February where there is no 29th.

    >>> years_after(date(2026, 11, 24), 2), years_after(date(2028, 2, 29), 2)
    (datetime.date(2028, 11, 24), datetime.date(2030, 2, 28))
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def add_working_days(start: date, days: int, holidays: Collection[date] = ()) -> date:
    """Return the day that is `days` working days after `start`.

    Units: working days are Monday to Friday without `holidays`; `days` is nought or more.
    Source: Banking and Financial Dealings Act 1971 for the holidays that a caller passes in.
    """
    day = start
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in holidays:
            days -= 1
    return day
