"""Every status of a listing, and of a file that was sent, against every verb."""

import pytest

from catalogue.states import LISTING, UPLOAD, ListingStatus, UploadStatus
from marketplace.core.states import IllegalMove


@pytest.mark.parametrize("status", list(ListingStatus))
@pytest.mark.parametrize("verb", sorted(LISTING.moves))
def test_move_is_legal_or_refused(status, verb):
    if verb in LISTING.verbs(status):
        assert ListingStatus(LISTING.target(verb, status))
    else:
        with pytest.raises(IllegalMove):
            LISTING.target(verb, status)


@pytest.mark.parametrize("status", list(UploadStatus))
@pytest.mark.parametrize("verb", sorted(UPLOAD.moves))
def test_a_file_moves_or_is_refused(status, verb):
    if verb in UPLOAD.verbs(status):
        assert UploadStatus(UPLOAD.target(verb, status))
    else:
        with pytest.raises(IllegalMove):
            UPLOAD.target(verb, status)
