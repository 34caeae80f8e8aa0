"""Tidying the index of words after many listings were written.

New words are kept in a short list beside the index, which every search reads through, until they
are put into it; and the planner's notion of how common a word is grows old. The database does both
by itself, in its own time; after a price list it is worth doing at once.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

# The words of a row `i` by which misspellings are repaired.
WORDS = """unnest(tsvector_to_array(to_tsvector('simple',
    catalogue_plain(i.name || ' ' || i.brand || ' ' || i.keywords)))) AS word"""
PLAIN_WORD = "word ~ '^[a-z]{3,40}$'"
# In the order of the words, so that two who learn never wait for one another in a circle.
LEARN = """
    GROUP BY word ORDER BY word
    ON CONFLICT (word) DO UPDATE SET frequency = catalogue_lexeme.frequency + excluded.frequency
"""
_LEARN_ONE = f"""
    INSERT INTO catalogue_lexeme (word, frequency)
    SELECT word, count(*) FROM catalogue_listing i, {WORDS}
    WHERE i.id = %s AND {PLAIN_WORD} {LEARN}
"""  # noqa: S608  # every part is a constant of this module


def settle_words() -> None:
    """Put new words into the index, and count anew how common words are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalogue_settle_words()")


def learn_words(listing_id: UUID) -> None:
    """Keep the words of one listing for the repair of misspellings.

    Why: everybody's words are in one table, so a listing that is written on a page does not wait
    there for the price list of somebody else.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEARN_ONE, [listing_id])
