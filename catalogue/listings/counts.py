"""Keeping the number of live listings a category, for whoever writes a listing."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from catalogue.states import ListingStatus

_COUNT = """
    INSERT INTO catalogue_categorycount (supplier_id, category_id, live_count)
    SELECT %(supplier)s, %(category)s, count(*) FROM catalogue_listing
    WHERE supplier_id = %(supplier)s AND category_id = %(category)s AND status = %(live)s
    ON CONFLICT (supplier_id, category_id) DO UPDATE SET live_count = excluded.live_count
"""


def count_category(supplier_id: UUID, category_id: str) -> None:
    """Count a supplier's live listings in one category again."""
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {"supplier": supplier_id, "category": category_id, "live": ListingStatus.LIVE.value},
        )
