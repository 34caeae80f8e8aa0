"""Filling a basket, by hand and from earlier ones."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from catalogue.models import Listing
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.selectors.offers import drifts, offers, offers_by_part_number
from marketplace.ordering.services.baskets import (
    LineChange,
    NotBuyable,
    add_to_basket,
    change_basket,
    remove_line,
)
from marketplace.ordering.services.copies import LineTooDear, accept_prices, copy_requisition
from marketplace.ordering.services.decisions import reject_requisition
from marketplace.ordering.services.drafts import Details, NotABuyer, NotADraft, WrongAddress
from marketplace.ordering.services.lines import LinesNotRight, WrongQuantity
from marketplace.ordering.services.pasting import WantedPart, fill_basket
from marketplace.ordering.services.requisitions import PriceChanged, submit_requisition
from marketplace.organisations.models import LinkStatus, SupplierLink
from tests.factories import catalogue, ledger, ordering, organisations

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
            (f"quantity-{part.pk}", "It is only sold whole (each). Give a whole number."),
            (f"quantity-{gone.pk}", "It can no longer be bought, so it can only be taken out."),
            (f"coding-{code.pk}", "This is no longer in use. Choose another."),
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

    @pytest.mark.parametrize("address", ["a\n" * 60 + "z", "x" * 101, "Hall\u2028" * 11])
    def test_have_no_address_that_fits_no_paper(self, market, at, address):
        with pytest.raises(WrongAddress) as refused:
            self.send(market, at, Details("Chairs", "", address))
        assert refused.value.field == "deliver_to"
        self.send(market, at, Details("Chairs", "", "\n".join(["x" * 100] * 10)))


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
            with pytest.raises(LineTooDear, match="Office chair") as refused:
                accept_prices(requisition_id=basket.pk, requester=market.requester, at=at)
            assert refused.value.errors[0].pointer == f"lines/{basket.lines.get().pk}"


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
