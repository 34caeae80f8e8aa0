"""From one day to another, as a condition on a column of instants."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone


def on_days(column: str, since: date | None, until: date | None) -> Q:
    """Return the condition that an instant falls on or between two days, here and not in UTC.

    Shapes: None leaves a side open; the last day is included whole.
    Why: a comparison of instants can use the column's index, which a conversion to days cannot.
    """
    found = Q()
    if since:
        found &= Q(**{f"{column}__gte": _midnight(since)})
    if until and until < date.max:  # there is no day after the last
        found &= Q(**{f"{column}__lt": _midnight(until + timedelta(days=1))})
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
