"""The supplier's first page and their details, over HTTP."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalogue.listings.counts import count_category
from catalogue.listings.services import withdraw_listing
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from tests.factories import catalogue, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return factory.market()


@pytest.fixture
def seller(client, market):
    """A browser in which the supplier's person is signed in."""
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=market.seller.membership_id
        )
    return sign_in(client, membership)


def text(response):
    return response.content.decode()


class TestHome:
    def test_shows_what_waits(self, seller, market):
        order = factory.sent(market)
        page = text(seller.get(reverse("supplier-home")))
        assert order.number in page
        assert "Ambridge Council" in page

    def test_says_how_much_is_on_offer_without_counting_it(self, seller, market):
        with market.selling():
            withdraw_listing(
                supplier=market.seller, listing_id=market.listing.pk,
                version=market.listing.version, at=factory.NOON,
            )  # fmt: skip
        catalogue.listing(market.supplier)
        with market.selling():
            count_category(market.supplier.pk, market.listing.category_id)
        with CaptureQueriesContext(connection) as captured:
            page = text(seller.get(reverse("supplier-home")))
        assert re.search(r"On offer</dt>\s*<dd[^>]*>1</dd>", page)
        asked = [each["sql"] for each in captured if '"catalogue_listing"' in each["sql"]]
        assert asked == []

    def test_says_when_nothing_waits(self, seller):
        assert "You have answered every order" in text(seller.get(reverse("supplier-home")))

    def test_is_not_for_councils(self, client, market):
        sign_in(client, organisations.person(market.council, "buyer"))
        assert client.get(reverse("supplier-home")).status_code == 403

    def test_details_show_the_councils(self, seller):
        assert "Ambridge Council" in text(seller.get(reverse("supplier-details")))

    def test_details_are_changed(self, seller, market):
        place = reverse("supplier-details")
        said = {"version": 1, "email": "new@example.com", "vat_number": "1"}
        refused = seller.post(place, said)
        assert refused.status_code == 422
        assert 'href="#id_vat_number"' in text(refused)
        assert seller.post(place, {**said, "vat_number": ""}).status_code == 302
        assert "new@example.com" in text(seller.get(place))
        assert seller.post(place, {**said, "vat_number": ""}).status_code == 409
