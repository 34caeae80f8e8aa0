"""The days on which the payment systems of the United Kingdom pay. Pure.

Bacs and CHAPS are closed at weekends and on the bank holidays of England and Wales, wherever in the
kingdom who pays or is paid may be: on a holiday of Scotland or of Northern Ireland alone they pay.
Source: Banking and Financial Dealings Act 1971, s.1 and schedule 1, and the days that are
proclaimed every year beside them (New Year's Day, the first Monday in May); Bank of England, "CHAPS
and RTGS: settlement days".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)
# Days that are proclaimed for once, such as a coronation; none is known to come.
_PROCLAIMED: Final[frozenset[date]] = frozenset()


def is_bank_day(day: date) -> bool:
    """Tell whether the payment systems pay on a day.

    Why: a file for another day is refused by the bank, or paid on a day that nobody approved.

    >>> is_bank_day(date(2026, 12, 24)), is_bank_day(date(2026, 12, 25))
    (True, False)
    """
    return day.weekday() < _SATURDAY and day not in bank_holidays(day.year)


def next_bank_day(day: date) -> date:
    """Return a day, or the first one after it on which the payment systems pay.

    Why: whoever may not choose a day must be told one that they may.

    >>> next_bank_day(date(2026, 12, 25))
    datetime.date(2026, 12, 29)
    """
    while not is_bank_day(day):
        day += _DAY
    return day


@lru_cache(maxsize=8)
def bank_holidays(year: int) -> frozenset[date]:
    """Return the bank holidays of England and Wales in a year, each on the day that is kept.

    Source: as at the top; a day at a weekend is kept on the first working day that is free.
    """
    easter = _easter(year)
    kept = {easter - 2 * _DAY, easter + _DAY}
    kept |= {_monday(date(year, 5, 1)), _monday(date(year, 5, 25)), _monday(date(year, 8, 25))}
    kept |= {each for each in _PROCLAIMED if each.year == year}
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        kept.add(next(_working_from(fixed, kept)))
    return frozenset(kept)


def _working_from(day: date, taken: set[date]) -> Iterator[date]:
    while True:
        if day.weekday() < _SATURDAY and day not in taken:
            yield day
        day += _DAY


def _monday(day: date) -> date:
    """Return the first Monday on or after a day; from the 25th, the last of a month."""
    return day + (-day.weekday() % 7) * _DAY


def _easter(year: int) -> date:
    """Return Easter Sunday. Source: the anonymous Gregorian algorithm, as Meeus gives it."""
    golden, century, of_century = year % 19, year // 100, year % 100
    leaps = century - century // 4 - (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + leaps + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)
