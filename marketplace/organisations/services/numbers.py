"""Gap-free numbers that people read."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from marketplace.core.models import busy_if_held

_NEXT = """
    INSERT INTO organisations_numbersequence (organisation_id, kind, year, last)
    VALUES (%s, %s, %s, 1)
    ON CONFLICT (organisation_id, kind, year)
    DO UPDATE SET last = organisations_numbersequence.last + 1
    RETURNING last
"""


def next_number(organisation_id: UUID, kind: str, year: int) -> int:
    """Take the next number of a kind, from 1 in each year.

    The sequence is held until the caller's transaction ends, and given back if it fails: take it
    late, since others of the same council wait for it.
    Why: an auditor expects order numbers without gaps.
    Raises: Busy.
    """
    with busy_if_held(), connection.cursor() as cursor:
        cursor.execute(_NEXT, [organisation_id, kind, year])
        (number,) = cursor.fetchone()
    return int(number)
