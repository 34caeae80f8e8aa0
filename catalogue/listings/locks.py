"""Holding a supplier's listings: whoever writes them does so alone.

A price list speaks of all of a supplier's listings, so rows cannot be locked one by one before it
is known which they are; and the counts by category are right only if one writes at a time. Both
hold one lock for the supplier, never for long: a price list is read and checked before.
"""

from __future__ import annotations

from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import Busy
from marketplace.core.models import is_held

# The first half of the key, which keeps clear of other advisory locks.
_CATALOGUE = 6_021_984


class ImportUnderWay(Busy):
    """Somebody else is writing this supplier's listings at this moment."""

    code = "catalogue.import-under-way"
    title = _("Another price list of yours is being loaded. Please try again in a minute.")


def hold_listings(supplier_id: UUID) -> None:
    """Hold every listing of a supplier until the transaction ends.

    Raises: ImportUnderWay when another has held them for longer than lock_timeout.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_CATALOGUE, str(supplier_id)]
            )
    except OperationalError as error:
        if is_held(error):
            raise ImportUnderWay from error
        raise
