"""Financial years and working days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.dates import add_working_days, financial_year, financial_year_label

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(days)
def test_a_financial_year_holds_its_days(day):
    year = financial_year(day)
    assert date(year, 4, 1) <= day < date(year + 1, 4, 1)


@pytest.mark.parametrize(
    ("year", "label"), [(2026, "2026/27"), (1999, "1999/00"), (2008, "2008/09")]
)
def test_a_financial_year_is_written_with_both_years(year, label):
    assert financial_year_label(year) == label


CHRISTMAS = [date(2026, 12, 25), date(2026, 12, 28)]  # the 26th was a Saturday


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # Friday to Monday
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # from a Saturday
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 12, 24), 1, date(2026, 12, 29)),
        (date(2026, 12, 18), 8, date(2027, 1, 1)),
    ],
)
def test_counts_working_days(start, count, end):
    assert add_working_days(start, count, CHRISTMAS) == end


@given(days, st.integers(1, 60), st.sets(days, max_size=5))
def test_as_many_working_days_lie_after_the_start_as_were_asked_for(start, count, holidays):
    end = add_working_days(start, count, holidays)
    between = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert len([d for d in between if d.weekday() < 5 and d not in holidays]) == count
    assert end.weekday() < 5
    assert end not in holidays
