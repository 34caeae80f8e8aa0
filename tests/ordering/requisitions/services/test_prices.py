"""Taking the prices of the day."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalogue.models import Listing
from marketplace.audit.models import Event
from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import RequisitionLine
from marketplace.ordering.requisitions.lines import LineTooDear
from marketplace.ordering.requisitions.obstacles import PriceChanged
from marketplace.ordering.requisitions.selectors.offers import drifts
from marketplace.ordering.requisitions.services.prices import accept_prices
from marketplace.ordering.requisitions.services.submissions import submit_requisition
from tests.factories import ordering

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


class TestAcceptPrices:
    def test_takes_todays_price_and_drops_what_is_gone(self, at):
        market = ordering.market(listings=2)
        basket = ordering.basket(market)
        dearer, gone = market.listings
        with stewardship():
            Listing.objects.filter(pk=dearer.pk).update(unit_price="80.00", version=2)
            Listing.objects.filter(pk=gone.pk).update(status="WITHDRAWN")
        with market.acting():
            found = drifts(market.council.pk, basket.lines.order_by("line_number"))
            assert [(each.old_price, each.new_price) for each in found] == [
                (Decimal("79.50"), Decimal("80.00")), (Decimal("79.50"), None),
            ]  # fmt: skip
            done = accept_prices(requisition_id=basket.pk, requester=market.requester, at=at)
            assert done.net_amount == Decimal("160.00")
            line = RequisitionLine.objects.get()
            assert (line.unit_price, line.listing_version) == (Decimal("80.00"), 2)
            assert drifts(market.council.pk, [line]) == []
            event = Event.objects.get(verb="basket.prices-accepted")
            assert event.after == {
                "changed": [dearer.part_number], "removed": [gone.part_number],
            }  # fmt: skip

    def test_takes_the_least_that_is_sold_now(self, market, at):
        basket = ordering.basket(market, quantity=2)
        with stewardship():
            Listing.objects.update(minimum_quantity=10)
        with market.acting():
            with pytest.raises(PriceChanged, match="quantities of 10 or more"):
                submit_requisition(
                    requisition_id=basket.pk, requester=market.requester, at=at,
                    details=ordering.DETAILS,
                )  # fmt: skip
            done = accept_prices(requisition_id=basket.pk, requester=market.requester, at=at)
            assert (done.lines.get().quantity, done.net_amount) == (10, Decimal("795.00"))

    def test_refuses_a_line_that_became_too_dear(self, market, at):
        basket = ordering.basket(market, quantity=1000)
        with stewardship():
            Listing.objects.update(unit_price="999999.00")
        with market.acting():
            with pytest.raises(
                LineTooDear, match=r"^Office chair comes to too much for one line"
            ) as refused:
                accept_prices(requisition_id=basket.pk, requester=market.requester, at=at)
            assert refused.value.errors[0].pointer == f"lines/{basket.lines.get().pk}"

    def test_refuses_a_part_of_what_is_only_sold_whole_now(self, market, at):
        basket = ordering.basket(market, quantity=1)
        with stewardship():
            RequisitionLine.objects.update(quantity="1.5", net_amount="119.25")
            Listing.objects.update(unit_price="80.00")
        with market.acting(), pytest.raises(LineTooDear, match=r"^Office chair can no longer be"):
            accept_prices(requisition_id=basket.pk, requester=market.requester, at=at)
