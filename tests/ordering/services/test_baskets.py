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
    Details,
    NotABuyer,
    NotADraft,
    NotBuyable,
    WrongAddress,
    WrongQuantity,
    add_to_basket,
    change_line,
    code_lines,
    describe_requisition,
    remove_line,
)
from marketplace.ordering.services.copies import LineTooDear, accept_prices, copy_requisition
from marketplace.ordering.services.decisions import reject_requisition
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


class TestChangeLine:
    def test_reckons_again(self, market, at):
        line = add(market, at)
        with market.acting():
            change_line(
                requisition_id=line.requisition_id, line_id=line.pk, requester=market.requester,
                quantity=Decimal(4), at=at,
            )  # fmt: skip
            assert Requisition.objects.get().net_amount == Decimal("318.00")
            event = Event.objects.get(verb="basket.changed")
            assert (event.before["quantity"], event.after["quantity"]) == ("1.000", "4")

    def test_refuses_after_it_was_submitted_and_from_somebody_else(self, market, at):
        done = ordering.submitted(market)
        with market.acting():
            line = done.lines.get()
            for who, refusal in ((market.requester, NotADraft), (market.buyer, Missing)):
                with pytest.raises(refusal):
                    change_line(
                        requisition_id=done.pk, line_id=line.pk, requester=who,
                        quantity=Decimal(1), at=at,
                    )  # fmt: skip
                with pytest.raises(refusal):
                    remove_line(requisition_id=done.pk, line_id=line.pk, requester=who, at=at)


class TestCodeLines:
    def test_codes_those_that_are_named(self, at):
        market = ordering.market(listings=2)
        basket = ordering.basket(market)
        centre = ledger.cost_centre(market.council)
        with market.acting():
            first, second = basket.lines.order_by("line_number")
            code_lines(
                requisition_id=basket.pk, requester=market.requester, cost_centre_id=centre.pk,
                account_id=None, line_ids=[second.pk], at=at,
            )  # fmt: skip
            coded = basket.lines.order_by("line_number").values_list("cost_centre", "account")
            assert list(coded) == [
                (market.budget.cost_centre_id, market.budget.account_id),
                (centre.pk, market.budget.account_id),
            ]
            assert first.pk != second.pk

    def test_refuses_codes_of_others_and_codes_out_of_use(self, market, at):
        basket = ordering.basket(market)
        others = ledger.cost_centre(ordering.market().council)
        closed = ledger.cost_centre(market.council, is_active=False)
        for centre in (others, closed):
            with market.acting(), pytest.raises(Missing):
                code_lines(
                    requisition_id=basket.pk, requester=market.requester, account_id=None,
                    cost_centre_id=centre.pk, at=at,
                )  # fmt: skip


def test_remove_line_takes_it_out_of_the_sum(market, at):
    line = add(market, at)
    with market.acting():
        remove_line(
            requisition_id=line.requisition_id, line_id=line.pk, requester=market.requester, at=at
        )
        assert Requisition.objects.get().net_amount == 0
        assert Event.objects.filter(verb="basket.removed").count() == 1


def test_describe_requisition_keeps_what_was_said(market, at):
    basket = ordering.basket(market)
    with market.acting():
        done = describe_requisition(
            requisition_id=basket.pk, requester=market.requester, at=at,
            details=Details("  New   chairs ", "", " Hall "),
        )  # fmt: skip
    assert (done.title, done.deliver_to) == ("New chairs", "Hall")


def test_describe_requisition_keeps_only_what_can_be_seen(market, at):
    """A title that turns its own letters round would read otherwise than what is approved."""
    basket = ordering.basket(market)
    with market.acting():
        done = describe_requisition(
            requisition_id=basket.pk, requester=market.requester, at=at,
            details=Details("Two\u202e chairs\x07", "Worn\x1b\nout", "Hall\u2066"),
        )  # fmt: skip
    assert (done.title, done.reason, done.deliver_to) == ("Two chairs", "Worn\nout", "Hall")


@pytest.mark.parametrize("address", ["a\n" * 60 + "z", "x" * 101, "Hall\u2028" * 11])
def test_describe_requisition_refuses_an_address_that_fits_no_paper(market, at, address):
    basket = ordering.basket(market)
    with market.acting():
        with pytest.raises(WrongAddress) as refused:
            describe_requisition(
                requisition_id=basket.pk, requester=market.requester, at=at,
                details=Details("Chairs", "", address),
            )  # fmt: skip
        assert refused.value.field == "deliver_to"
        describe_requisition(
            requisition_id=basket.pk, requester=market.requester, at=at,
            details=Details("Chairs", "", "\n".join(["x" * 100] * 10)),
        )  # fmt: skip


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
