"""Rows into tables, all at once: a fixed number of statements, however long the file is.

The file is copied into a temporary table, held against what the supplier offers now, and what
differs is written by one statement a table. The temporary tables are gone when the transaction
ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection
from psycopg.errors import QueryCanceled

from catalogue.imports.report import (
    MOST_EXAMPLES,
    MOST_MOVES,
    NO_EXAMPLES,
    Example,
    Examples,
    PriceMove,
)
from catalogue.imports.rules import Problem
from catalogue.listings.rules import CATEGORY, PART_NUMBER, VAT, Offer, content_hash
from catalogue.listings.settling import LEARN, PLAIN_WORD, WORDS
from catalogue.states import LISTING, ListingStatus
from marketplace.core.ids import uuid7

# How long one statement of a load may take where those of a page end sooner: several of the largest
# files at once, on a small machine.
LONGEST_LOAD = "5min"
# Offer's columns as the table of listings calls them.
OFFER_COLUMNS = (
    "part_number", "name", "description", "brand", "manufacturer_part_number", "gtin",
    "category_id", "unit", "pack_size", "unit_price", "vat_category", "minimum_quantity",
    "lead_time_days", "keywords",
)  # fmt: skip
_LIST = ", ".join(OFFER_COLUMNS)
# Where a price list calls a column otherwise.
_COLUMN_OF = {"category_id": CATEGORY, "vat_category": VAT}

# Only for this transaction, and never where nothing ends a statement, as in the worker.
_LONGEST = """
    SELECT set_config('statement_timeout', %s, true)
    WHERE current_setting('statement_timeout') <> '0'
"""
_TABLES = f"""
    DROP TABLE IF EXISTS pg_temp.incoming, pg_temp.repeated, pg_temp.compared;
    CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
        SELECT id, {_LIST}, content_hash, 0 AS row FROM catalogue_listing WITH NO DATA;
"""  # noqa: S608  # every part is a constant of this module, here and below
_COPY = f"COPY pg_temp.incoming (id, {_LIST}, content_hash, row) FROM STDIN"
# Of the rows that have one part number nobody knows which is meant, so that none of them is good: a
# row that is not good has no key.
_REPEATED = """
    CREATE TEMPORARY TABLE repeated ON COMMIT DROP AS
        SELECT part_number, count(*) AS rows, min(row) AS first, (array_agg(row ORDER BY row))[2]
            AS second
        FROM pg_temp.incoming WHERE part_number <> '' GROUP BY part_number HAVING count(*) > 1;
    UPDATE pg_temp.incoming i SET id = NULL
        FROM pg_temp.repeated d WHERE d.part_number = i.part_number;
"""
_REPEATED_COUNT = "SELECT coalesce(sum(rows), 0) FROM pg_temp.repeated"
_REPEATED_FIRST = """
    SELECT i.row, i.part_number, CASE WHEN i.row = d.first THEN d.second ELSE d.first END
    FROM pg_temp.incoming i JOIN pg_temp.repeated d USING (part_number) ORDER BY i.row LIMIT %s
"""
_WRONG_COUNT = "SELECT count(*) FROM pg_temp.incoming WHERE id IS NULL"
# What of the file is good, and what was there: a row that is not good is as if nobody had sent it.
_COMPARE = """
    CREATE TEMPORARY TABLE compared ON COMMIT DROP AS
        SELECT i.row, l.id AS listing_id, l.unit_price AS old_price, l.price_since,
               i.unit_price AS new_price, l.status AS old_status,
               coalesce(l.content_hash <> i.content_hash OR l.status <> %(live)s, true) AS differs,
               coalesce((l.name, l.brand, l.keywords) <> (i.name, i.brand, i.keywords), true)
                   AS reworded
        FROM pg_temp.incoming i LEFT JOIN catalogue_listing l
            ON l.supplier_id = %(supplier)s AND l.part_number = i.part_number
        WHERE i.id IS NOT NULL;
    ANALYZE pg_temp.compared;
"""
_COUNTS = """
    SELECT count(*) FILTER (WHERE listing_id IS NULL),
           count(*) FILTER (WHERE listing_id IS NOT NULL AND differs),
           count(*) FILTER (WHERE NOT differs),
           count(*) FILTER (WHERE old_price <> new_price)
    FROM pg_temp.compared
"""
# A row that is wrong keeps its product all the same: the file names it.
_MISSING = """
    FROM catalogue_listing l WHERE l.supplier_id = %(supplier)s AND l.status = %(live)s
        AND NOT EXISTS (SELECT FROM pg_temp.incoming i WHERE i.part_number = l.part_number)
"""
_MOVES = """
    SELECT i.part_number, i.name, c.old_price, c.new_price
    FROM pg_temp.compared c JOIN pg_temp.incoming i USING (row)
    WHERE c.old_price <> c.new_price
    ORDER BY abs(c.new_price - c.old_price) / c.old_price DESC, i.part_number LIMIT %s
"""
# The few rows are chosen before anything else is read of them, since a file has up to a million.
_NEW = """
    SELECT i.part_number, i.name, NULL::numeric, i.unit_price
    FROM (SELECT row FROM pg_temp.compared WHERE listing_id IS NULL ORDER BY row LIMIT %s) c
    JOIN pg_temp.incoming i USING (row) ORDER BY row
"""
_CHANGED = f"""
    SELECT i.part_number, i.name, l.unit_price, i.unit_price, array_remove(
        ARRAY[{
    ", ".join(
        f"CASE WHEN l.{name} IS DISTINCT FROM i.{name} THEN '{name}' END" for name in OFFER_COLUMNS
    )
}, CASE WHEN c.old_status <> %s THEN '' END], NULL)
    FROM (SELECT * FROM pg_temp.compared WHERE listing_id IS NOT NULL AND differs
          ORDER BY row LIMIT %s) c
    JOIN pg_temp.incoming i USING (row) JOIN catalogue_listing l ON l.id = c.listing_id
    ORDER BY row
"""  # noqa: S608
_GOING = f"""
    SELECT l.part_number, l.name, l.unit_price, NULL::numeric {_MISSING}
    ORDER BY l.part_number LIMIT %(few)s
"""
_ARCHIVE = """
    INSERT INTO catalogue_pastprice (id, supplier_id, listing_id, unit_price, valid_from,
                                     valid_until)
    SELECT i.id, %(supplier)s, c.listing_id, c.old_price, c.price_since, %(at)s
    FROM pg_temp.compared c JOIN pg_temp.incoming i USING (row)
    WHERE c.old_price <> c.new_price AND c.price_since < %(at)s
"""
_CHANGE = f"""
    UPDATE catalogue_listing l
    SET ({_LIST}, content_hash, status, price_since, version, changed_at) = (
        {", ".join(f"i.{name}" for name in OFFER_COLUMNS)}, i.content_hash, %(live)s,
        CASE WHEN c.old_price = c.new_price THEN l.price_since ELSE %(at)s END,
        l.version + 1, %(at)s)
    FROM pg_temp.compared c JOIN pg_temp.incoming i USING (row)
    WHERE l.id = c.listing_id AND c.differs
"""  # noqa: S608
_ADD = f"""
    INSERT INTO catalogue_listing (id, supplier_id, {_LIST}, content_hash, currency, status,
                                   price_since, version, created_at, changed_at)
    SELECT i.id, %(supplier)s, {", ".join(f"i.{name}" for name in OFFER_COLUMNS)}, i.content_hash,
           'GBP', %(live)s, %(at)s, 1, %(at)s, %(at)s
    FROM pg_temp.compared c JOIN pg_temp.incoming i USING (row) WHERE c.listing_id IS NULL
"""  # noqa: S608
_WITHDRAW = f"""
    UPDATE catalogue_listing SET status = %(withdrawn)s, version = version + 1, changed_at = %(at)s
    WHERE id IN (SELECT l.id {_MISSING})
"""  # noqa: S608
_FORGET_COUNTS = "DELETE FROM catalogue_categorycount WHERE supplier_id = %(supplier)s"
_COUNT_CATEGORIES = """
    INSERT INTO catalogue_categorycount (supplier_id, category_id, live_count)
    SELECT supplier_id, category_id, count(*) FROM catalogue_listing
    WHERE supplier_id = %(supplier)s AND status = %(live)s GROUP BY 1, 2
"""
_LEARN = f"""
    INSERT INTO catalogue_lexeme (word, frequency)
    SELECT word, count(*) FROM pg_temp.compared c JOIN pg_temp.incoming i USING (row), {WORDS}
    WHERE c.reworded AND {PLAIN_WORD} {LEARN}
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a file differs from what its supplier offers now."""

    new: int
    changed: int
    unchanged: int
    withdrawn: int
    moved: int
    moves: tuple[PriceMove, ...]
    examples: Examples = NO_EXAMPLES


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file on its way into the tables: whose it is, when, and whether the rest is withdrawn."""

    supplier_id: UUID
    at: datetime
    withdraw_missing: bool

    @property
    def facts(self) -> dict[str, Any]:
        """The values that the statements are given."""
        return {
            "supplier": self.supplier_id,
            "at": self.at,
            "live": ListingStatus.LIVE.value,
            "withdrawn": LISTING.target("withdraw", ListingStatus.LIVE),
        }


def copy_rows(rows: Iterator[tuple[int, str, Offer | None]]) -> None:
    """Copy checked rows into the temporary table.

    Shapes: (row, part number, offer); a row that is wrong has no offer, and is copied with its
    part number only, so that a part number that stands twice is found there too.
    """
    blank = ("",) * (len(OFFER_COLUMNS) - 1)
    nothing = tuple(None for _each in blank)
    with connection.cursor() as cursor:
        cursor.execute(_LONGEST, [LONGEST_LOAD])
        cursor.execute(_TABLES)
        with cursor.copy(_COPY) as copy:
            write: Callable[[tuple[Any, ...]], None] = copy.write_row
            for row, part_number, offer in rows:
                if offer is None:
                    write((None, part_number, *nothing, None, row))
                else:
                    write((uuid7(), *offer, content_hash(offer), row))
        cursor.execute("ANALYZE pg_temp.incoming")


def is_too_long(error: BaseException) -> bool:
    """Tell whether the database ended a statement because it took too long."""
    cause = error.__cause__ if isinstance(error, OperationalError) else error
    return isinstance(cause, QueryCanceled)


def leave_out_repeated(most: int) -> tuple[int, list[Problem]]:
    """Make no row good whose part number another has; return how many, the first as problems."""
    with connection.cursor() as cursor:
        cursor.execute(_REPEATED)
        cursor.execute(_REPEATED_COUNT)
        count = int(cursor.fetchone()[0])
        if not count:
            return 0, []
        cursor.execute(_REPEATED_FIRST, [most])
        return count, [
            Problem(row, PART_NUMBER, part_number, "twice", {"first": other})
            for row, part_number, other in cursor.fetchall()
        ]


def wrong_rows() -> int:
    """Return how many of the copied rows are not good."""
    with connection.cursor() as cursor:
        cursor.execute(_WRONG_COUNT)
        return int(cursor.fetchone()[0])


def compare(delivery: Delivery) -> Comparison:
    """Hold the copied rows against what the supplier offers now."""
    facts = delivery.facts
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, facts)
        cursor.execute(_COUNTS)
        new, changed, unchanged, moved = cursor.fetchone()
        withdrawn = 0
        if delivery.withdraw_missing:
            cursor.execute("SELECT count(*)" + _MISSING, facts)
            withdrawn = cursor.fetchone()[0]
        cursor.execute(_MOVES, [MOST_MOVES])
        moves = tuple(PriceMove(*row) for row in cursor.fetchall())
    examples = _examples(delivery, is_withdrawing=bool(withdrawn))
    return Comparison(new, changed, unchanged, withdrawn, moved, moves, examples)


def _examples(delivery: Delivery, *, is_withdrawing: bool) -> Examples:
    """Return the first rows of what is new, changes and goes, for somebody to look at."""
    with connection.cursor() as cursor:
        cursor.execute(_NEW, [MOST_EXAMPLES])
        new = tuple(Example(*row) for row in cursor.fetchall())
        cursor.execute(_CHANGED, [ListingStatus.LIVE.value, MOST_EXAMPLES])
        changed = tuple(
            Example(
                part, name, before, after, tuple(_COLUMN_OF.get(each, each) for each in differs)
            )
            for part, name, before, after, differs in cursor.fetchall()
        )
        if not is_withdrawing:
            return Examples(new, changed)
        cursor.execute(_GOING, {**delivery.facts, "few": MOST_EXAMPLES})
        return Examples(new, changed, tuple(Example(*row) for row in cursor.fetchall()))


def write(delivery: Delivery, difference: Comparison) -> None:
    """Write what differs: past prices, changes, new listings, withdrawals, counts and words."""
    facts = delivery.facts
    with connection.cursor() as cursor:
        if difference.moved:
            cursor.execute(_ARCHIVE, facts)
        if difference.changed:
            cursor.execute(_CHANGE, facts)
        if difference.new:
            cursor.execute(_ADD, facts)
        if difference.withdrawn:
            cursor.execute(_WITHDRAW, facts)
        if difference.new or difference.changed or difference.withdrawn:
            cursor.execute(_FORGET_COUNTS, facts)
            cursor.execute(_COUNT_CATEGORIES, facts)
        if difference.new or difference.changed:
            cursor.execute(_LEARN)
