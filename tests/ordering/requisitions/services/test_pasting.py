"""Filling a basket from a list."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalogue.models import Listing
from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Requisition
from marketplace.ordering.requisitions.selectors.offers import offers, offers_by_part_number
from marketplace.ordering.requisitions.services.pasting import WantedPart, fill_basket
from tests.factories import ordering

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


class TestFillBasket:
    def test_a_row_that_comes_to_too_much_leaves_the_line_as_it_was(self, at):
        market = ordering.market(listings=2)
        dear, other = market.listings
        with stewardship():
            Listing.objects.filter(pk=dear.pk).update(unit_price="999999.00")
        wanted = [
            WantedPart(1, dear.part_number, Decimal(1)),
            WantedPart(2, dear.part_number, Decimal(1000)),
            WantedPart(3, other.part_number, Decimal(1)),
        ]
        with market.acting():
            filled = fill_basket(requester=market.requester, wanted=wanted, at=at)
            assert (filled.count, [each.row for each in filled.problems]) == (2, [2])
            assert Requisition.objects.get().net_amount == Decimal("1000078.50")

    def test_asks_what_this_council_may_buy(self, market, at):
        """The question itself says so, not only the wall behind it."""
        others = ordering.market()
        number = others.listing.part_number
        with stewardship():
            assert offers_by_part_number(market.council.pk, [number]) == {}
            assert offers(market.council.pk, [others.listing.pk]) == {}
            assert list(offers(others.council.pk, [others.listing.pk])) == [others.listing.pk]
