"""Taking in a price list."""

from datetime import timedelta
from decimal import Decimal

import pytest

from catalogue.models import ImportRun, Lexeme, Listing, PastPrice
from marketplace.core.tenancy import tenant
from tests.factories import catalogue as make
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return organisations.actor(organisations.supplier(), "supplier")


class TestImportCatalogue:
    def test_makes_every_row_a_listing(self, seller, at):
        rows = [make.row(part_number="A1", name="Oak desk"), make.row(part_number="A2")]
        report = make.load(seller, rows, at=at)
        assert (report.new_count, report.verdict) == (2, "DONE")
        with tenant(seller.organisation_id):
            desk = Listing.objects.get(part_number="A1")
            assert (desk.name, desk.unit, desk.unit_price) == ("Oak desk", "EA", Decimal("79.5"))
            assert Lexeme.objects.filter(word="desk").exists()
            assert ImportRun.objects.get().new_count == 2
    def test_second(self, seller, at):
        rows = [make.row(part_number="A1", name="Oak desk"), make.row(part_number="A2")]
        make.load(seller, rows, at=at)
        report = make.load(seller, rows, at=at)
        assert report.changes_nothing
        rows[0]["unit_price"]="90"
        report = make.load(seller, rows[:1], at=at+timedelta(days=1), withdraw_missing=True)
        assert (report.changed_count, report.withdrawn_count, report.price_moves[0].percent)==(1,1,Decimal("13.2"))
        with tenant(seller.organisation_id):
            assert PastPrice.objects.get().unit_price==Decimal("79.5")
