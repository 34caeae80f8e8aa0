"""Tidying the index of words after many listings were written.

New words are kept in a short list beside the index, which every search reads through, until they
are put into it; and the planner's notion of how common a word is grows old. The database does both
by itself, in its own time; after a price list it is worth doing at once.
"""

from __future__ import annotations

from django.db import connection


def settle_words() -> None:
    """Put new words into the index, and count anew how common words are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalogue_settle_words()")
