"""What the worker does for the catalogue."""

from __future__ import annotations

from datetime import datetime

from catalogue.listings.settling import settle_words
from marketplace.jobs.registry import job


@job("catalogue.settle_words")
def settle_words_after_import(*, at: datetime) -> None:
    """Put the words of a price list where the search finds them fastest."""
    settle_words()
