"""Filling a basket by hand."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from catalogue.models import Listing
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Requisition
from marketplace.ordering.requisitions.lines import LinesNotRight, WrongQuantity
from marketplace.ordering.requisitions.services.baskets import (
    LineChange,
    NotBuyable,
    add_to_basket,
    change_basket,
    remove_line,
)
from marketplace.ordering.requisitions.services.held_baskets import NotABuyer, NotADraft
from marketplace.organisations.models import LinkStatus, SupplierLink
from tests.factories import catalogue, ledger, ordering

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


def add(market, at, quantity=1, **options):
    chosen = {"requester": market.requester, "listing_id": market.listing.pk, **options}
    with market.acting():
        return add_to_basket(quantity=Decimal(quantity), at=at, **chosen)


class TestAddToBasket:
    def test_copies_the_listing_and_codes_it_by_what_it_is(self, market, at):
        line = add(market, at, 3)
        assert (line.name, line.unit_price, line.net_amount) == (
            "Office chair", Decimal("79.50"), Decimal("238.50"),
        )  # fmt: skip
        assert line.account_id == market.budget.account_id
        with market.acting():
            basket = Requisition.objects.get()
            assert (basket.net_amount, basket.vat_amount, basket.gross_amount) == (
                Decimal("238.50"), Decimal("47.70"), Decimal("286.20"),
            )  # fmt: skip
            assert Event.objects.get(verb="basket.added").after["quantity"] == "3"

    def test_adds_up(self, market, at):
        add(market, at, 3)
        assert add(market, at, 2).quantity == 5
        with market.acting():
            assert Requisition.objects.get().lines.count() == 1

    def test_each_person_has_a_basket_of_their_own(self, market, at):
        add(market, at)
        add(market, at, requester=market.buyer)
        with market.acting():
            assert Requisition.objects.count() == 2

    def test_the_next_line_is_paid_from_where_the_last_one_is(self, market, at):
        ordering.basket(market)
        other = catalogue.listing(market.supplier)
        assert add(market, at, listing_id=other.pk).cost_centre_id == market.budget.cost_centre_id

    @pytest.mark.parametrize("quantity", ["0", "-1", "0.5", "1.0001", "1000001", "NaN", "1e40"])
    def test_refuses_a_quantity_that_makes_no_sense(self, market, at, quantity):
        with pytest.raises(WrongQuantity) as refused:
            add(market, at, quantity)
        assert refused.value.field == "quantity"

    def test_sells_what_is_counted_whole_and_what_is_measured_in_parts(self, market, at):
        cloth = catalogue.listing(market.supplier, unit="MTR", unit_price="4.00")
        assert add(market, at, "1.5", listing_id=cloth.pk).net_amount == Decimal("6.00")
        with pytest.raises(WrongQuantity, match="only sold whole"):
            add(market, at, "1.5")

    def test_refuses_less_than_the_smallest_quantity(self, market, at):
        box = catalogue.listing(market.supplier, minimum_quantity=Decimal(10))
        with pytest.raises(WrongQuantity, match="10"):
            add(market, at, 9, listing_id=box.pk)
        assert add(market, at, 10, listing_id=box.pk).quantity == 10

    def test_refuses_what_is_not_there_and_what_is_withdrawn(self, market, at):
        gone = catalogue.listing(market.supplier, status="WITHDRAWN")
        for listing_id in (uuid4(), gone.pk):
            with pytest.raises(NotBuyable):
                add(market, at, listing_id=listing_id)

    def test_refuses_a_supplier_that_the_council_does_not_trade_with(self, market, at):
        stranger = ordering.market()
        with pytest.raises(NotBuyable):
            add(market, at, listing_id=stranger.listing.pk)
        with stewardship():
            SupplierLink.objects.update(status=LinkStatus.SUSPENDED)
        with pytest.raises(NotBuyable):
            add(market, at)

    def test_refuses_who_may_not_buy(self, market, at):
        with pytest.raises(NotABuyer):
            add(market, at, requester=market.approver)


class TestChangeBasket:
    def change(self, market, basket, at, *wanted, requester=None):
        with market.acting():
            return change_basket(
                requisition_id=basket.pk,
                requester=requester or market.requester,
                wanted=wanted,
                at=at,
            )

    def lines(self, market, basket):
        with market.acting():
            return list(basket.lines.order_by("line_number"))

    def test_reckons_again_and_codes_what_is_named(self, at):
        market = ordering.market(listings=2)
        basket = ordering.basket(market)
        other = ledger.budget(market.council)
        first, second = self.lines(market, basket)
        self.change(
            market,
            basket,
            at,
            LineChange(first.pk, Decimal(4)),
            LineChange(second.pk, None, other.cost_centre_id, other.account_id),
        )
        first, second = self.lines(market, basket)
        assert (first.quantity, first.cost_centre_id) == (4, market.budget.cost_centre_id)
        assert (second.quantity, second.cost_centre_id) == (2, other.cost_centre_id)
        with market.acting():
            assert Requisition.objects.get().net_amount == Decimal("477.00")
            event = Event.objects.get(verb="basket.changed")
            assert [each["quantity"] for each in event.before["lines"]] == ["2.000", "2.000"]
            resized, recoded = event.after["lines"]
            assert resized == {"part_number": first.part_number, "quantity": "4"}
            assert recoded["cost_centre"].startswith(other.cost_centre.code)

    def test_keeps_nothing_when_one_value_is_wrong_and_names_every_one(self, at):
        market = ordering.market(listings=4)
        basket = ordering.basket(market)
        closed = ledger.cost_centre(market.council, is_active=False)
        before = self.lines(market, basket)
        right, part, gone, code = before
        with stewardship():
            Listing.objects.filter(pk=gone.listing_id).update(status="WITHDRAWN")
        with pytest.raises(LinesNotRight) as refused:
            self.change(
                market,
                basket,
                at,
                LineChange(right.pk, Decimal(9)),
                LineChange(part.pk, Decimal("1.5")),
                LineChange(gone.pk, Decimal(3)),
                LineChange(code.pk, None, closed.pk),
            )
        assert [(each.pointer, each.detail) for each in refused.value.errors] == [
            (
                f"quantity-{part.pk}",
                f"{part.name}: It is only sold whole (each). Give a whole number.",
            ),
            (
                f"quantity-{gone.pk}",
                f"{gone.name}: It can no longer be bought, so it can only be taken out.",
            ),
            (f"coding-{code.pk}", f"{code.name}: This is no longer in use. Choose another."),
        ]
        after = self.lines(market, basket)
        assert [line.quantity for line in after] == [line.quantity for line in before]
        with market.acting():
            assert not Event.objects.filter(verb="basket.changed").exists()

    def test_what_changes_nothing_leaves_no_trace(self, market, at):
        basket = ordering.basket(market)
        (line,) = self.lines(market, basket)
        done = self.change(market, basket, at, LineChange(line.pk, line.quantity))
        assert done.version == basket.version
        with market.acting():
            assert not Event.objects.filter(verb="basket.changed").exists()

    def test_refuses_codes_of_others(self, market, at):
        basket = ordering.basket(market)
        (line,) = self.lines(market, basket)
        others = ordering.market().budget
        for codes in ({"cost_centre_id": others.cost_centre_id}, {"account_id": others.account_id}):
            with pytest.raises(LinesNotRight, match="no longer in use"):
                self.change(market, basket, at, LineChange(line.pk, **codes))

    def test_refuses_after_it_was_submitted_and_from_somebody_else(self, market, at):
        done = ordering.submitted(market)
        (line,) = self.lines(market, done)
        for who, refusal in ((market.requester, NotADraft), (market.buyer, Missing)):
            with pytest.raises(refusal):
                self.change(market, done, at, LineChange(line.pk, Decimal(1)), requester=who)
            with market.acting(), pytest.raises(refusal):
                remove_line(requisition_id=done.pk, line_id=line.pk, requester=who, at=at)

    def test_refuses_a_line_that_stands_elsewhere(self, market, at):
        basket = ordering.basket(market)
        theirs = ordering.basket(market, requester=market.buyer)
        (line,) = self.lines(market, theirs)
        with pytest.raises(Missing):
            self.change(market, basket, at, LineChange(line.pk, Decimal(1)))


def test_remove_line_takes_it_out_of_the_sum(market, at):
    line = add(market, at)
    with market.acting():
        remove_line(
            requisition_id=line.requisition_id, line_id=line.pk, requester=market.requester, at=at
        )
        assert Requisition.objects.get().net_amount == 0
        assert Event.objects.filter(verb="basket.removed").count() == 1
