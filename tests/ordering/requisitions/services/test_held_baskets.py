"""What is set on a basket while it is held."""

from __future__ import annotations

import pytest

from marketplace.ordering.requisitions.services.held_baskets import Details, WrongAddress
from marketplace.ordering.requisitions.services.submissions import submit_requisition
from tests.factories import ordering

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


class TestDetails:
    """What a requisition says besides its lines, as it is kept when it is sent."""

    def send(self, market, at, details):
        basket = ordering.basket(market)
        with market.acting():
            return submit_requisition(
                requisition_id=basket.pk, requester=market.requester, at=at, details=details
            )

    def test_are_kept_as_they_were_said(self, market, at):
        done = self.send(market, at, Details("  New   chairs ", "", " Hall "))
        assert (done.title, done.deliver_to) == ("New chairs", "Hall")

    def test_hold_only_what_can_be_seen(self, market, at):
        """A title that turns its own letters round would read otherwise than what is approved."""
        said = Details("Two\u202e chairs\x07", "Worn\x1b\nout", "Hall\u2066")
        done = self.send(market, at, said)
        assert (done.title, done.reason, done.deliver_to) == ("Two chairs", "Worn\nout", "Hall")

    def test_keep_apart_what_the_driver_must_know(self, market, at):
        said = Details("Chairs", "", "Hall\r\nAmbridge\r\n\r\n" + "y" * 1000)
        done = self.send(market, at, said)
        assert done.deliver_to == "Hall\nAmbridge\n\n" + "y" * 1000
        with pytest.raises(WrongAddress, match="what the driver must know"):
            self.send(market, at, Details("Chairs", "", "Hall\n\n" + "y" * 1001))

    @pytest.mark.parametrize("address", ["a\n" * 60 + "z", "x" * 101, "Hall\u2028" * 11])
    def test_have_no_address_that_fits_no_paper(self, market, at, address):
        with pytest.raises(WrongAddress) as refused:
            self.send(market, at, Details("Chairs", "", address))
        assert refused.value.field == "deliver_to"
        self.send(market, at, Details("Chairs", "", "\n".join(["x" * 100] * 10)))
