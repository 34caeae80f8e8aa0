"""Holding a supplier's listings: one price list at a time, and single changes in between.

A price list speaks of all of a supplier's listings, so rows cannot be locked one by one before it
is known which they are. It holds one lock for the supplier; whoever changes a single listing holds
the same lock shared, so that single changes do not wait for one another.
"""

from __future__ import annotations

from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import Busy
from marketplace.core.models import LOCK_NOT_AVAILABLE

_CATALOGUE = 6_021_984  # the first half of the key: it keeps clear of other advisory locks


class ImportUnderWay(Busy):
    """Another price list of this supplier is being written at this moment."""

    code = "catalogue.import-under-way"
    title = _("Another price list of yours is being loaded. Please try again in a minute.")


def hold_all(supplier_id: UUID) -> None:
    """Hold every listing of a supplier until the transaction ends.

    Raises: ImportUnderWay when another has held them for longer than lock_timeout.
    """
    _hold("pg_advisory_xact_lock", supplier_id)


def hold_shared(supplier_id: UUID) -> None:
    """Keep price lists of a supplier out until the transaction ends, but not single changes.

    Raises: ImportUnderWay when a price list has been under way for longer than lock_timeout.
    """
    _hold("pg_advisory_xact_lock_shared", supplier_id)


def _hold(function: str, supplier_id: UUID) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s, hashtext(%s))", [_CATALOGUE, str(supplier_id)])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise ImportUnderWay from error
        raise
