"""Changing one listing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from catalogue.listings.rules import content_hash
from catalogue.listings.selectors import (
    categories_nearest,
    listing_buyable,
    listings_buyable,
    live_listings,
    own_listing,
    own_listings,
    past_prices,
    trading_suppliers,
)
from catalogue.listings.services import (
    ListingChanged,
    ListingInvalid,
    NotASeller,
    PartNumberTaken,
    _offer,
    add_listing,
    change_listing,
    restore_listing,
    withdraw_listing,
)
from catalogue.models import CategoryCount, Lexeme, Listing
from catalogue.states import ListingStatus
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import tenant
from marketplace.jobs.services import run_due_jobs
from tests.factories import catalogue as make
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def supplier():
    return organisations.supplier()


@pytest.fixture
def seller(supplier):
    seller = organisations.actor(supplier, "supplier")
    with tenant(supplier.pk):
        yield seller


@pytest.fixture
def listing(seller, at):
    make.load(seller, [make.row(part_number="A1", unit_price="10")])
    return Listing.objects.get()


def live_counts():
    found = CategoryCount.objects.filter(live_count__gt=0)
    return dict(found.values_list("category_id", "live_count"))


class TestWithdrawAndRestore:
    def test_takes_a_listing_out_and_brings_it_back(self, seller, listing, at):
        gone = withdraw_listing(supplier=seller, listing_id=listing.pk, version=1, at=at)
        assert (gone.status, gone.version, gone.changed_at) == ("WITHDRAWN", 2, at)
        assert live_counts() == {}
        back = restore_listing(supplier=seller, listing_id=listing.pk, version=2, at=at)
        assert (back.status, back.version) == ("LIVE", 3)
        assert live_counts() == {"39112000": 1}

    def test_leaves_a_trace(self, seller, listing, at):
        withdraw_listing(supplier=seller, listing_id=listing.pk, version=1, at=at)
        event = Event.objects.get(verb="listing.withdrawn")
        assert (event.subject_id, event.subject_reference) == (listing.pk, "A1")
        assert (event.before, event.after) == ({"status": "LIVE"}, {"status": "WITHDRAWN"})

    def test_refuses_the_wrong_state(self, seller, listing, at):
        with pytest.raises(IllegalMove):
            restore_listing(supplier=seller, listing_id=listing.pk, version=1, at=at)

    def test_refuses_what_somebody_else_changed(self, seller, listing, at):
        withdraw_listing(supplier=seller, listing_id=listing.pk, version=1, at=at)
        with pytest.raises(ListingChanged):
            withdraw_listing(supplier=seller, listing_id=listing.pk, version=1, at=at)

    def test_anothers_listing_is_missing(self, seller, at):
        theirs = make.listing(organisations.supplier())
        with pytest.raises(Missing):
            withdraw_listing(supplier=seller, listing_id=theirs.pk, version=1, at=at)


class TestChangeListing:
    def change(self, seller, listing, at, **changes):
        return change_listing(
            supplier=seller, listing_id=listing.pk, version=listing.version, changes=changes, at=at
        )

    def test_changes_what_is_named_and_nothing_else(self, seller, listing, at):
        changed = self.change(seller, listing, at, name=" Oak  desk ", unit="box", vat="0%")
        assert (changed.name, changed.unit, changed.vat_category) == ("Oak desk", "XBX", "zero")
        kept = Listing.objects.get()
        assert (kept.name, kept.version, kept.unit_price) == ("Oak desk", 2, 10)
        assert kept.content_hash == content_hash(_offer(kept))
        assert kept.price_since == listing.price_since

    def test_keeps_the_old_price(self, seller, listing, at):
        changed = self.change(seller, listing, at, unit_price="£12.50")
        assert (changed.unit_price, changed.price_since) == (Decimal("12.5"), at)
        (past,) = past_prices(changed)
        assert (past.unit_price, past.valid_from, past.valid_until) == (10, make.LONG_AGO, at)

    def test_counts_both_categories_again(self, seller, listing, at):
        self.change(seller, listing, at, category="30197643-5")
        assert live_counts() == {"30197643": 1}
        assert Listing.objects.get().category_id == "30197643"

    def test_the_search_hears_of_it(self, seller, listing, at):
        self.change(seller, listing, at, name="Walnut desk")
        assert Listing.objects.filter(search="walnut").count() == 1

    def test_what_is_the_same_changes_nothing(self, seller, listing, at):
        assert self.change(seller, listing, at, unit_price="10.00", unit="each").version == 1
        assert Event.objects.filter(verb="listing.changed").count() == 0

    def test_a_price_list_with_the_same_facts_is_unchanged(self, seller, listing, at):
        self.change(seller, listing, at, unit_price="12")
        report = make.load(seller, [make.row(part_number="A1", unit_price="12")], at=at)
        assert report.changes_nothing

    def test_leaves_a_trace(self, seller, listing, at):
        self.change(seller, listing, at, unit_price="12.5", keywords="seat")
        event = Event.objects.get(verb="listing.changed")
        assert event.before == {"unit_price": "10.000000", "keywords": ""}
        assert event.after == {"unit_price": "12.500000", "keywords": "seat"}

    def test_names_every_value_that_is_wrong(self, seller, listing, at):
        with pytest.raises(ListingInvalid) as caught:
            self.change(seller, listing, at, unit_price="12,50", unit="fathom", name="Fine")
        assert [problem.pointer for problem in caught.value.errors] == ["unit_price", "unit"]
        assert "12.50" in caught.value.detail
        assert Listing.objects.get().name == "Office chair"

    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"minimum_quantity": "0.3"}, ["minimum_quantity"]),
            ({"minimum_quantity": "0.3", "unit": "box"}, ["minimum_quantity"]),
            ({"minimum_quantity": "0.3", "name": ""}, ["name", "minimum_quantity"]),
            ({"minimum_quantity": "0.3", "unit": "fathom"}, ["unit"]),
        ],
    )
    def test_refuses_a_smallest_order_that_nobody_can_place(
        self, seller, listing, at, changes, named
    ):
        with pytest.raises(ListingInvalid) as caught:
            self.change(seller, listing, at, **changes)
        assert [problem.pointer for problem in caught.value.errors] == named

    def test_refuses_a_unit_in_which_nobody_can_order_the_smallest_quantity(
        self, seller, listing, at
    ):
        changed = self.change(seller, listing, at, unit="metre", minimum_quantity="0.5")
        with pytest.raises(ListingInvalid) as caught:
            self.change(seller, changed, at, unit="each")
        (problem,) = caught.value.errors
        assert problem.pointer == "unit"
        assert "whole" in problem.detail

    def test_the_part_number_stays(self, seller, listing, at):
        with pytest.raises(TypeError):
            self.change(seller, listing, at, part_number="A2")

    def test_refuses_what_somebody_else_changed(self, seller, listing, at):
        self.change(seller, listing, at, name="One")
        with pytest.raises(ListingChanged):
            self.change(seller, listing, at, name="Two")

    def test_anothers_listing_is_missing(self, seller, at):
        theirs = make.listing(organisations.supplier())
        with pytest.raises(Missing):
            self.change(seller, theirs, at, name="Mine now")

    def test_two_changes_at_one_instant_keep_one_past_price(self, seller, listing, at):
        listing = self.change(seller, listing, at, unit_price="11")
        self.change(seller, listing, at, unit_price="12")
        assert past_prices(listing).count() == 1


class TestAddListing:
    def add(self, seller, at, **facts):
        return add_listing(supplier=seller, facts=make.row(part_number="A1") | facts, at=at)

    def test_offers_what_was_typed(self, supplier, seller, at):
        made = self.add(
            seller, at, name=" Oak  desk ", description="Two drawers.\n\nOiled.", unit="box",
            unit_price="£1,234.50", vat="5%", minimum_quantity="2", lead_time_days="5 days",
        )  # fmt: skip
        kept = Listing.objects.get()
        assert (kept, kept.supplier_id, kept.status, kept.version) == (made, supplier.pk, "LIVE", 1)
        assert (kept.part_number, kept.name, kept.category_id) == ("A1", "Oak desk", "39112000")
        assert kept.description == "Two drawers.\n\nOiled."
        assert (kept.unit, kept.unit_price, kept.vat_category) == (
            "XBX",
            Decimal("1234.5"),
            "reduced",
        )
        assert (kept.minimum_quantity, kept.lead_time_days, kept.pack_size) == (2, 5, 1)
        assert kept.content_hash == content_hash(_offer(kept))
        assert kept.price_since == kept.created_at == kept.changed_at == at
        assert live_counts() == {"39112000": 1}

    def test_the_search_hears_of_it(self, seller, at):
        self.add(seller, at, name="Walnut desk")
        assert Listing.objects.filter(search="walnut").count() == 1

    def test_a_price_list_with_the_same_facts_is_unchanged(self, seller, at):
        row = make.row(part_number="A1")
        add_listing(supplier=seller, facts=row, at=at)
        assert make.load(seller, [row], at=at).changes_nothing

    def test_leaves_a_trace(self, seller, at):
        made = self.add(seller, at)
        event = Event.objects.get(verb="listing.added")
        assert (event.subject_id, event.subject_reference) == (made.pk, "A1")
        assert event.after["unit_price"] == "79.500000"
        assert event.after["vat_category"] == "standard"
        assert "gtin" not in event.after

    def test_names_every_value_that_is_wrong(self, seller, at):
        with pytest.raises(ListingInvalid) as caught:
            add_listing(supplier=seller, facts={"unit_price": "12,50", "unit": "each"}, at=at)
        assert [problem.pointer for problem in caught.value.errors] == [
            "part_number", "name", "category", "unit_price", "vat",
        ]  # fmt: skip
        with pytest.raises(ListingInvalid, match="whole number"):
            self.add(seller, at, minimum_quantity="0.3")
        assert not Listing.objects.exists()

    @pytest.mark.parametrize("status", ListingStatus)
    def test_refuses_a_part_number_that_is_taken(self, supplier, seller, at, status):
        taken = make.listing(supplier, part_number="A1", status=status)
        with pytest.raises(PartNumberTaken) as caught:
            self.add(seller, at, part_number=" A1 ")
        assert caught.value.facts == {"listing_id": str(taken.pk)}
        assert [problem.pointer for problem in caught.value.errors] == ["part_number"]
        assert Listing.objects.get() == taken

    def test_anothers_part_number_is_free(self, seller, at):
        make.listing(organisations.supplier(), part_number="A1")
        assert self.add(seller, at).part_number == "A1"

    def test_is_for_suppliers(self, at):
        buyer = organisations.actor(organisations.council(), "buyer")
        with tenant(buyer.organisation_id), pytest.raises(NotASeller):
            self.add(buyer, at)


class TestOwnListings:
    def test_finds_by_number_and_name_and_status(self, supplier, seller):
        first = make.listing(supplier, part_number="AB-1", name="Oak desk")
        second = make.listing(supplier, part_number="CD-1", name="Chair", status="WITHDRAWN")
        make.listing(organisations.supplier(), part_number="AB-1")
        assert list(own_listings(supplier.pk)) == [second, first]
        assert list(own_listings(supplier.pk, text=" ab-")) == [first]
        assert list(own_listings(supplier.pk, text="chai")) == [second]
        assert list(own_listings(supplier.pk, status=ListingStatus.LIVE)) == [first]

    def test_anothers_is_missing(self, supplier, seller):
        mine = make.listing(supplier)
        assert own_listing(supplier.pk, mine.pk) == mine
        with pytest.raises(Missing):
            own_listing(supplier.pk, make.listing(organisations.supplier()).pk)


class TestCategoriesNearest:
    def test_begins_with_the_names_that_say_least_else(self):
        names = [each.name for each in categories_nearest("paper", 20)]
        assert len(names) == 20
        assert names == sorted(names, key=len)
        assert "Printing paper" in names

    def test_needs_every_word_in_any_order(self):
        first, *_rest = categories_nearest("PAPER photocopier", 20)
        assert first.code == "30197643"
        assert categories_nearest("xyzzy", 20) == []


class TestBuyable:
    def test_is_what_is_live_and_from_a_supplier_of_the_councils(self, supplier):
        council = organisations.council()
        organisations.link(council, supplier)
        suspended = organisations.supplier()
        organisations.link(council, suspended, status="SUSPENDED")
        good = make.listing(supplier)
        bad = [
            make.listing(supplier, status="WITHDRAWN"),
            make.listing(suspended),
            make.listing(organisations.supplier()),
        ]
        with tenant(council.pk):
            everything = [good.pk, *(each.pk for each in bad)]
            assert list(listings_buyable(council.pk, everything)) == [good]
            assert list(live_listings(council.pk)) == [good]
            assert listing_buyable(council.pk, good.pk).supplier.name == supplier.name
            assert [link.supplier for link in trading_suppliers(council.pk)] == [supplier]
            for each in bad:
                with pytest.raises(Missing):
                    listing_buyable(council.pk, each.pk)


def test_a_listing_knows_its_words(supplier):
    listing = make.listing(supplier, unit="XBX", pack_size=12, part_number="A1")
    assert (listing.unit_label, listing.sold_by) == ("box", "per box of 12")
    assert (listing.category_name, listing.reference, str(listing)) == (
        "Chairs", "A1", "Office chair",
    )  # fmt: skip
    assert (listing.price.amount, listing.price.unit) == (Decimal("79.5"), "XBX")
    assert listing.changed_at - listing.created_at == timedelta(0)


class TestWords:
    def known(self, word):
        found = Lexeme.objects.filter(word=word).first()
        return found.frequency if found else 0

    def test_of_a_listing_that_is_added_are_known_afterwards(self, seller, at):
        facts = make.row(name="Trampoline net", brand="Bounceworthy")
        add_listing(supplier=seller, facts=facts, at=at)
        assert self.known("bounceworthy") == 0
        run_due_jobs(at=timezone.now())
        assert (self.known("trampoline"), self.known("bounceworthy")) == (1, 1)

    def test_of_one_that_is_worded_otherwise_are_too(self, seller, listing, at):
        run_due_jobs(at=timezone.now())
        change_listing(
            supplier=seller, listing_id=listing.pk, version=1, changes={"name": "Ottoman"}, at=at
        )
        run_due_jobs(at=timezone.now())
        assert self.known("ottoman") == 1

    def test_are_not_counted_again_where_none_changed(self, seller, listing, at):
        run_due_jobs(at=timezone.now())
        before = self.known("chair")
        changes = {"unit_price": "12"}
        change_listing(supplier=seller, listing_id=listing.pk, version=1, changes=changes, at=at)
        assert run_due_jobs(at=timezone.now()) == 0
        assert self.known("chair") == before == 1
