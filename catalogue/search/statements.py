"""What a search asks the database: one statement for everything that a page of results shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from catalogue.models import Listing
from marketplace.organisations.models import Organisation

_NAMES = [f.attname for f in Listing._meta.concrete_fields if f.name != "search"]
_COLUMNS = ", ".join(f"l.{f.column}" for f in Listing._meta.concrete_fields if f.name != "search")

# Whom the council buys from and who is left after the filters; what they have that was asked for;
# how much each filter would leave; and one page of it, read through the wall like any other rows.
# Only the first row of the page carries the sums; a page without rows is one row of sums alone.
_SEARCH = """
    WITH links AS MATERIALIZED (
        SELECT k.supplier_id, s.name, k.is_local
        FROM organisations_supplierlink k
        JOIN organisations_organisation s ON s.id = k.supplier_id
        LEFT JOIN organisations_supplierprofile p ON p.organisation_id = k.supplier_id
        WHERE k.council_id = %(council)s AND k.status = 'ACTIVE'
          AND (k.is_local OR NOT %(local)s) AND (p.is_sme OR NOT %(sme)s)
          AND (%(supplier)s::uuid IS NULL OR k.supplier_id = %(supplier)s::uuid)),
    known AS MATERIALIZED (
        SELECT EXISTS (SELECT 1 FROM catalogue_lexeme WHERE word = ANY (%(forms)s)) AS word),
    found AS MATERIALIZED (SELECT * FROM catalogue_candidates(
        {query}, ARRAY(SELECT supplier_id FROM links), %(category_from)s, %(category_to)s,
        %(price_from)s, %(price_to)s, %(order)s, %(most)s)),
    facets AS MATERIALIZED (
        SELECT supplier_id, left(category_id, %(digits)s) AS stem, {count} AS number
        FROM {counted}
        GROUP BY GROUPING SETS ((), (supplier_id), (left(category_id, %(digits)s)))),
    page AS MATERIALIZED (
        SELECT listing_id, row_number() OVER (ORDER BY {order}) AS place FROM (
            SELECT * FROM found ORDER BY {order} OFFSET %(offset)s LIMIT %(size)s) few)
    SELECT {columns}, shown.name, shown.is_local,
        (SELECT word FROM known),
        (SELECT number FROM facets WHERE supplier_id IS NULL AND stem IS NULL),
        CASE WHEN coalesce(place, 1) = 1 THEN ARRAY(
            SELECT ARRAY[f.supplier_id::text, k.name, f.number::text]
            FROM facets f JOIN links k USING (supplier_id)
            ORDER BY f.number DESC, k.name LIMIT %(most_facets)s) END,
        CASE WHEN coalesce(place, 1) = 1 THEN ARRAY(
            SELECT ARRAY[stem, number::text] FROM facets WHERE stem IS NOT NULL) END
    FROM (SELECT 1) one
    LEFT JOIN (page JOIN catalogue_listing l ON l.id = page.listing_id
               JOIN links shown ON shown.supplier_id = l.supplier_id) ON true
    ORDER BY place
"""
_ORDERS = {
    "best": "rank DESC, name, listing_id",
    "name": "name, listing_id",
    "price": "unit_price, listing_id",
    "price-down": "unit_price DESC, listing_id DESC",
}
_WORDS = (
    "to_tsquery('english', CASE WHEN (SELECT word FROM known) THEN %(text)s ELSE %(begun)s END)"
)
# All that there is comes from the counts that are kept, since nobody counts that much for a page.
_KEPT = (
    "catalogue_categorycount WHERE supplier_id IN (SELECT supplier_id FROM links)"
    " AND category_id BETWEEN coalesce(%(category_from)s, '0')"
    " AND coalesce(%(category_to)s, '99999999') AND live_count > 0"
)

# From the counts that are kept, so that the first page costs the same however much there is.
_BRANCHES = """
    SELECT left(category_id, 2), left(category_id, 3), sum(live_count)::int
    FROM catalogue_categorycount
    WHERE live_count > 0 AND supplier_id IN (
        SELECT supplier_id FROM organisations_supplierlink
        WHERE council_id = %s AND status = 'ACTIVE')
    GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What the database said to a search.

    Shapes: `listings` are one page in order, suppliers joined in; `suppliers` have key, name and
    count, the largest first; `categories` the first digits of a code and a count. `is_known` says
    that the last word was taken as it stands, and not as the beginning of one.
    """

    listings: tuple[Listing, ...]
    local_supplier_ids: frozenset[UUID]
    is_known: bool
    total: int
    suppliers: tuple[tuple[str, str, int], ...]
    categories: tuple[tuple[str, int], ...]


NOTHING = Found((), frozenset(), False, 0, (), ())


def rows_of(facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return what the database says: at least one row, with the columns of the statement.

    Shapes: `facts` are the parameters of the statement; without "text" it is all there is, and with
    a "kept" that is true the sums come from the counts that are kept.
    """
    kept = facts["kept"]
    sql = _SEARCH.format(
        columns=_COLUMNS,
        query="NULL::tsquery" if facts["text"] is None else _WORDS,
        order=_ORDERS[facts["order"]],
        counted=_KEPT if kept else "found",
        count="coalesce(sum(live_count), 0)::int" if kept else "count(*)::int",
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return list(cursor.fetchall())


def ask(facts: dict[str, Any]) -> Found:
    """Ask for one page of results and its sums: one statement. `facts` are as of `rows_of`."""
    rows = rows_of(facts)
    is_known, total, suppliers, categories = rows[0][-4:]
    shown = [row for row in rows if row[0] is not None]
    return Found(
        tuple(map(_listing, shown)),
        frozenset(row[_NAMES.index("supplier_id")] for row in shown if row[-5]),
        is_known,
        total,
        tuple((key, name, int(count)) for key, name, count in suppliers),
        tuple((stem, int(count)) for stem, count in categories),
    )


def branches(council_id: UUID) -> list[tuple[str, str, int]]:
    """Return the divisions and groups in which a council may buy anything, each with how much.

    Shapes: (two digits, three digits, count), in no order, at most one for each group there is.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BRANCHES, [council_id])
        return list(cursor.fetchall())


def _listing(row: tuple[Any, ...]) -> Listing:
    values = row[: len(_NAMES)]
    listing = Listing.from_db(connection.alias, _NAMES, values)
    listing.supplier = Organisation.from_db(
        connection.alias, ["id", "name"], [listing.supplier_id, row[len(_NAMES)]]
    )
    return listing
