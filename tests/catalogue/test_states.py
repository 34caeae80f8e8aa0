"""Every status of a listing against every verb."""

import pytest

from catalogue.states import LISTING, ListingStatus
from marketplace.core.states import IllegalMove


@pytest.mark.parametrize("status", list(ListingStatus))
@pytest.mark.parametrize("verb", sorted(LISTING.moves))
def test_move_is_legal_or_refused(status, verb):
    if verb in LISTING.verbs(status):
        assert ListingStatus(LISTING.target(verb, status))
    else:
        with pytest.raises(IllegalMove):
            LISTING.target(verb, status)
