"""Who may see and write listings, whatever the query says."""

from datetime import timedelta

import pytest
from django.db import Error, ProgrammingError, connection, transaction

from catalogue.models import CategoryCount, ImportRun, Listing, PastPrice
from marketplace.core.tenancy import clear, tenant
from tests.factories import catalogue as make
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(at):
    """A supplier with a live and a withdrawn listing, a past price and counts."""
    supplier = organisations.supplier()
    seller = organisations.actor(supplier, "supplier")
    rows = [make.row(part_number="LIVE"), make.row(part_number="GONE")]
    make.load(seller, rows, at=at)
    rows[0]["unit_price"] = "99"
    make.load(seller, rows[:1], at=at + timedelta(days=1), withdraw_missing=True)
    return supplier


def seen(organisation):
    with tenant(organisation.pk):
        return set(Listing.objects.values_list("part_number", flat=True))


class TestWhoSees:
    def test_its_supplier_sees_everything(self, shop):
        assert seen(shop) == {"LIVE", "GONE"}

    def test_a_council_that_trades_with_it_sees_what_is_live(self, shop):
        council = organisations.council()
        organisations.link(council, shop)
        assert seen(council) == {"LIVE"}

    @pytest.mark.parametrize("status", ["SUSPENDED", None])
    def test_another_council_sees_nothing(self, shop, status):
        council = organisations.council()
        if status:
            organisations.link(council, shop, status=status)
        organisations.link(organisations.council(), shop)
        assert seen(council) == set()

    def test_another_supplier_sees_nothing(self, shop):
        assert seen(organisations.supplier()) == set()

    def test_nobody_sees_nothing(self, shop):
        clear()
        assert Listing.objects.count() == 0

    def test_past_prices_and_price_lists_are_the_suppliers_alone(self, shop):
        council = organisations.council()
        organisations.link(council, shop)
        with tenant(council.pk):
            assert (PastPrice.objects.count(), ImportRun.objects.count()) == (0, 0)
            assert CategoryCount.objects.count() == 1
        with tenant(shop.pk):
            assert (PastPrice.objects.count(), ImportRun.objects.count()) == (1, 2)


class TestWhoWrites:
    def test_a_council_changes_no_listing(self, shop):
        council = organisations.council()
        organisations.link(council, shop)
        with tenant(council.pk):
            assert Listing.objects.update(name="Free chair") == 0
            assert Listing.objects.all().delete()[0] == 0
            assert CategoryCount.objects.all().delete()[0] == 0

    def test_a_supplier_makes_no_listing_of_anothers(self, shop):
        with (
            tenant(organisations.supplier().pk),
            pytest.raises(ProgrammingError, match="row-level security"),
            transaction.atomic(),
        ):
            Listing.objects.create(
                supplier=shop,
                part_number="X",
                name="X",
                category_id="39112000",
                unit="EA",
                unit_price=1,
                vat_category="standard",
                content_hash="",
                price_since=make.LONG_AGO,
                created_at=make.LONG_AGO,
                changed_at=make.LONG_AGO,
            )


class TestTheSearchFunction:
    """It runs as the tables' owner, so it must keep to the acting council by itself."""

    ASK = "SELECT count(*) FROM catalogue_candidates(NULL, %s, NULL, NULL, NULL, NULL, 'name', 100)"

    def ask(self, suppliers=None):
        with connection.cursor() as cursor:
            cursor.execute(self.ASK, [suppliers])
            return cursor.fetchone()[0]

    def test_gives_a_council_only_what_is_live_and_its_own(self, shop):
        council, stranger = organisations.council(), organisations.council()
        organisations.link(council, shop)
        for who, found in ((council, 1), (stranger, 0), (shop, 0)):
            with tenant(who.pk):
                assert self.ask() == found

    def test_naming_a_supplier_opens_nothing(self, shop):
        with tenant(organisations.council().pk):
            assert self.ask([shop.pk]) == 0

    def test_gives_nobody_nothing(self, shop):
        clear()
        assert self.ask() == 0


@pytest.mark.parametrize("model", [PastPrice, ImportRun])
def test_history_is_only_ever_added_to(shop, model):
    with tenant(shop.pk):
        for change in (
            lambda: model.objects.update(id=model.objects.first().id),
            model.objects.all().delete,
        ):
            with pytest.raises(Error), transaction.atomic():
                change()
