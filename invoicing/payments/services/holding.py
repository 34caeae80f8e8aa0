"""Holding where suppliers are paid, so that it stands still while a file for the bank is made."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import connection

from marketplace.core.models import busy_if_held

# The first half of the key, which keeps clear of other advisory locks.
_PAYEES: Final = 4_217_093
# Suppliers share so many locks, since a database holds only so many at once.
_GROUPS: Final = 64
_HOLD_SHARED: Final = """
    SELECT pg_advisory_xact_lock_shared(%s, held.key) FROM (
        SELECT DISTINCT abs(hashtext(whose::text) %% %s) AS key FROM unnest(%s::uuid[]) AS whose
        ORDER BY 1
    ) AS held
"""


def hold_account_of(supplier_id: UUID) -> None:
    """Let no file for a bank be made to a supplier until this transaction ends, and wait for those.

    Raises: Busy when another has held it for longer than lock_timeout.
    """
    with busy_if_held(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, abs(hashtext(%s) %% %s))",
            [_PAYEES, str(supplier_id), _GROUPS],
        )


def hold_accounts_still(supplier_ids: Collection[UUID]) -> None:
    """Let none of these suppliers ask to be paid elsewhere until this transaction ends.

    Why: an account is another organisation's row, which a council cannot hold. Those who make
    files do not wait for each other.
    Raises: Busy when a supplier has held it for longer than lock_timeout.
    """
    with busy_if_held(), connection.cursor() as cursor:
        cursor.execute(_HOLD_SHARED, [_PAYEES, _GROUPS, list(supplier_ids)])
