"""What may become of a listing and of an import.

A listing is LIVE while it can be bought. Its supplier may withdraw it, and may bring it back; it
is never deleted, because orders speak of it.

An import run is written once, when it ends, with the verdict that it came to: CHECKED (a dry run
that found nothing wrong), REFUSED (something was wrong, so nothing was written) or DONE.
"""

from enum import StrEnum

from marketplace.core.states import Machine, move


class ListingStatus(StrEnum):
    """Whether a listing can be bought."""

    LIVE = "LIVE"
    WITHDRAWN = "WITHDRAWN"


class ImportVerdict(StrEnum):
    """How an import ended."""

    CHECKED = "CHECKED"
    REFUSED = "REFUSED"
    DONE = "DONE"


LISTING = Machine(
    move("withdraw", ListingStatus.LIVE, ListingStatus.WITHDRAWN),
    move("restore", ListingStatus.WITHDRAWN, ListingStatus.LIVE),
)
