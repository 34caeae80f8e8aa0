"""Pasting part numbers, over HTTP."""

from __future__ import annotations

import pytest
from django.urls import reverse

from marketplace.ordering.models import RequisitionLine
from tests.factories import catalogue, organisations
from tests.factories import ordering as factory
from tests.ordering.reading import as_, text

pytestmark = pytest.mark.django_db


class TestPaste:
    def test_fills_the_basket_and_names_the_rows_that_are_wrong(self, client):
        market = factory.market(listings=2)
        one, two = market.listings
        as_(client, market.requester)
        page = client.post(
            reverse("basket-paste"),
            {"codes": f"{one.part_number}\t3\n\n{two.part_number.lower()} 2\nNOPE 1\nX\tmany"},
        )
        assert page.status_code == 422
        assert "2 rows are in your basket" in text(page)
        assert "No supplier of yours offers this part number" in text(page)
        assert "The quantity is not a number" in text(page)
        with market.acting():
            assert {line.quantity for line in RequisitionLine.objects.all()} == {3, 2}

    def test_keeps_the_rows_that_are_wrong_whatever_stood_above_them(self, client, market):
        as_(client, market.requester)
        codes = f"\n\n{market.listing.part_number} 1\nNOPE 1"
        page = client.post(reverse("basket-paste"), {"codes": codes})
        assert ">NOPE 1</textarea>" in page.content.decode()

    def test_goes_to_the_basket_when_all_is_well(self, client, market):
        as_(client, market.requester)
        answer = client.post(reverse("basket-paste"), {"codes": f"{market.listing.part_number}, 3"})
        assert answer.headers["Location"] == reverse("basket")

    def test_takes_five_hundred_rows_in_few_statements(
        self, client, market, django_assert_max_num_queries
    ):
        offers = [catalogue.listing(market.supplier) for _ in range(120)]
        codes = "\n".join(f"{offer.part_number} 2" for offer in offers)
        as_(client, market.requester)
        with django_assert_max_num_queries(45):
            client.post(reverse("basket-paste"), {"codes": codes})
        with market.acting():
            assert RequisitionLine.objects.count() == 120

    def test_never_shows_another_councils_supplier(self, client, market):
        stranger = organisations.supplier()
        theirs = catalogue.listing(stranger)
        as_(client, market.requester)
        page = client.post(reverse("basket-paste"), {"codes": theirs.part_number})
        assert "No supplier of yours offers this part number" in text(page)
