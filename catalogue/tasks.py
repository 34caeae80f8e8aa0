"""What the worker does for the catalogue."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from catalogue.imports.services.uploads import take_in_upload
from catalogue.listings.settling import settle_words
from marketplace.jobs.registry import job


@job("catalogue.settle_words")
def settle_words_after_import(*, at: datetime) -> None:
    """Put the words of a price list where the search finds them fastest."""
    settle_words()


@job("catalogue.take_in_upload")
def take_in_sent_file(*, upload_id: str, at: datetime) -> None:
    """Read a file that was sent on a page, and try it or take it in."""
    take_in_upload(upload_id=UUID(upload_id), at=at)
