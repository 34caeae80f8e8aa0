"""What the worker does for the catalogue."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from catalogue.imports.services.uploads import give_up_upload, take_in_upload
from catalogue.listings.settling import learn_words, settle_words
from marketplace.jobs.registry import job


@job("catalogue.settle_words")
def settle_words_after_import(*, at: datetime) -> None:
    """Put the words of a price list where the search finds them fastest."""
    settle_words()


@job("catalogue.learn_words")
def learn_words_of_listing(*, listing_id: str, at: datetime) -> None:
    """Know the words of a listing that was written on a page."""
    learn_words(UUID(listing_id))


def give_up_sent_file(*, upload_id: str, at: datetime) -> None:
    """Tell the supplier that its file will not be read."""
    give_up_upload(upload_id=UUID(upload_id), at=at)


# A file that kills two workers, each of which has the others' work too, gets no third.
@job("catalogue.take_in_upload", most_deaths=2, given_up=give_up_sent_file)
def take_in_sent_file(*, upload_id: str, at: datetime) -> None:
    """Read a file that was sent on a page, and try it or take it in."""
    take_in_upload(upload_id=UUID(upload_id), at=at)
