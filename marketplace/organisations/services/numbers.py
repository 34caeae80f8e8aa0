"""Gap-free numbers that people read."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from marketplace.core.models import busy_if_held

_NEXT = """
    INSERT INTO organisations_numbersequence (organisation_id, kind, year, last)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (organisation_id, kind, year)
    DO UPDATE SET last = organisations_numbersequence.last + %s
    RETURNING last
"""


def next_number(organisation_id: UUID, kind: str, year: int) -> int:
    """Take the next number of a kind, from 1 in each year.

    The sequence is held until the caller's transaction ends, and given back if it fails: take it
    late, since others of the same council wait for it.
    Why: an auditor expects order numbers without gaps.
    Raises: Busy.
    """
    return next_numbers(organisation_id, kind, year, 1)[0]


def next_numbers(organisation_id: UUID, kind: str, year: int, count: int) -> range:
    """Take so many numbers in a row, as next_number takes one.

    Raises: Busy.
    """
    with busy_if_held(), connection.cursor() as cursor:
        cursor.execute(_NEXT, [organisation_id, kind, year, count, count])
        (last,) = cursor.fetchone()
    return range(int(last) - count + 1, int(last) + 1)
