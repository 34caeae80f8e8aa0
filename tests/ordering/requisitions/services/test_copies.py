"""Filling a basket from an earlier requisition."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalogue.models import Listing
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship
from marketplace.ordering.requisitions.services.baskets import add_to_basket
from marketplace.ordering.requisitions.services.copies import copy_requisition
from marketplace.ordering.requisitions.services.decisions import reject_requisition
from tests.factories import ordering, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


def add(market, at, quantity=1, **options):
    chosen = {"requester": market.requester, "listing_id": market.listing.pk, **options}
    with market.acting():
        return add_to_basket(quantity=Decimal(quantity), at=at, **chosen)


class TestCopyRequisition:
    def test_leaves_out_what_became_too_dear(self, at):
        market = ordering.market(budget_amount=100_000)
        old = ordering.submitted(market, quantity=500)
        with stewardship():
            Listing.objects.update(unit_price="250000.00")
        with market.acting():
            copied = copy_requisition(requisition_id=old.pk, requester=market.requester, at=at)
            assert copied.left_out == ("Office chair",)
            assert copied.requisition.net_amount == 0

    def test_rebuilds_what_was_turned_down(self, at):
        market = ordering.market(listings=3)
        old = ordering.submitted(market)
        with market.acting():
            reject_requisition(
                requisition_id=old.pk, approver=market.approver, content_hash=old.content_hash,
                reason="Later", at=at,
            )  # fmt: skip
        _same, dearer, gone = market.listings
        with stewardship():
            Listing.objects.filter(pk=dearer.pk).update(unit_price="80.00")
            Listing.objects.filter(pk=gone.pk).update(status="WITHDRAWN", name="Old stool")
        with market.acting():
            copied = copy_requisition(requisition_id=old.pk, requester=market.requester, at=at)
            lines = copied.requisition.lines.order_by("line_number")
            assert [line.unit_price for line in lines] == [Decimal("79.50"), Decimal("80.00")]
            assert all(line.cost_centre_id == market.budget.cost_centre_id for line in lines)
            assert len(copied.left_out) == 1
            assert copied.requisition.title == ordering.DETAILS.title
            assert copied.requisition.net_amount == Decimal("319.00")

    def test_leaves_what_is_in_the_basket_as_it_is(self, market, at):
        old = ordering.submitted(market)
        add(market, at, 7)
        with market.acting():
            copied = copy_requisition(requisition_id=old.pk, requester=market.requester, at=at)
            assert copied.requisition.lines.get().quantity == 7

    def test_refuses_what_the_person_may_not_read(self, market, at):
        """A requester sees neither what a colleague asked for, nor anybody's unsent basket."""
        colleague = organisations.actor(market.council, "requester")
        old = ordering.submitted(market)
        unsent = ordering.basket(market)
        for who, requisition in ((colleague, old), (colleague, unsent), (market.buyer, unsent)):
            with market.acting(), pytest.raises(Missing):
                copy_requisition(requisition_id=requisition.pk, requester=who, at=at)

    def test_a_buyer_copies_what_a_colleague_submitted(self, market, at):
        old = ordering.submitted(market)
        with market.acting():
            copied = copy_requisition(requisition_id=old.pk, requester=market.buyer, at=at)
            assert copied.requisition.raised_by_id == market.buyer.user_id

    def test_refuses_another_councils(self, market, at):
        old, other = ordering.submitted(market), ordering.market()
        with other.acting(), pytest.raises(Missing):
            copy_requisition(requisition_id=old.pk, requester=other.requester, at=at)
