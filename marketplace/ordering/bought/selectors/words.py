"""Which documents have some words in them, found by an index behind the walls."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

# Words that more documents have are common: whoever walks a list meets them soon enough.
MOST_FOUND = 1000
SHORTEST_PART = 3  # of letters: an index by trigrams knows no shorter part of a word
_ASK = {
    "requisition": "SELECT ordering_requisitions_with(%s, %s)",
    "order": "SELECT ordering_orders_with(%s, %s)",
}
_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "\\%_"})


def parts(words: str) -> list[str]:
    """Return the parts of documents' words that are asked for, in small letters.

    Shapes: any part of a word, or with a blank before it the beginning of one, which is what fewer
    than three letters must be: inside of words they would be in nearly every document.
    """
    each = words.lower().split()
    return [part if len(part) >= SHORTEST_PART else f" {part}" for part in each]


def keys_with(noun: str, wanted: list[str]) -> list[UUID] | None:
    """Return the keys of the acting organisation's documents that have all these parts.

    Shapes: `noun` is "requisition" or "order"; an order is also found by the names of its two
    sides. None when the parts are common.
    """
    patterns = [f"%{part.translate(_ESCAPED)}%" for part in wanted]
    with connection.cursor() as cursor:
        cursor.execute(_ASK[noun], [patterns, MOST_FOUND + 1])
        found = [key for (key,) in cursor.fetchall()]
    return found if len(found) <= MOST_FOUND else None


def has_part(part: str, text: str = "words") -> GreaterThan:
    """Return the condition that a document's words have a part which is known to be common.

    Shapes: `text` is the path to the words.

    Why: behind the walls the database may not look at what it knows of a column, takes LIKE for
    something rare and sorts every document that has it. Of a place it expects that many have one,
    and so walks the list until the page is full.
    """
    return GreaterThan(StrIndex(F(text), Value(part)), 0)
