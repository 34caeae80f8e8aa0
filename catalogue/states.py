"""What may become of a listing, of an import and of a file that waits for one.

A listing is LIVE while it can be bought. Its supplier may withdraw it, and may bring it back; it
is never deleted, because orders speak of it.

An import run is written once, when it ends, with the verdict that it came to: CHECKED (a dry run
that found nothing wrong), REFUSED (something was wrong, so nothing was written) or DONE.

A file that was sent on a page is WAITING until the worker has read it, and DONE when there is an
import run of it, whatever its verdict. It FAILED when it could not be read at all, and may be
CANCELLED until the worker has ended.
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


class UploadStatus(StrEnum):
    """How a file that was sent stands."""

    WAITING = "WAITING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


UPLOAD = Machine(
    move("finish", UploadStatus.WAITING, UploadStatus.DONE),
    move("fail", UploadStatus.WAITING, UploadStatus.FAILED),
    move("cancel", UploadStatus.WAITING, UploadStatus.CANCELLED),
)
LISTING = Machine(
    move("withdraw", ListingStatus.LIVE, ListingStatus.WITHDRAWN),
    move("restore", ListingStatus.WITHDRAWN, ListingStatus.LIVE),
)
