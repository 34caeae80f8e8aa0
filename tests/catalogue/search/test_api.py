"""Finding listings, for programs."""

import pytest
from django.urls import reverse

from tests.factories import catalogue as make
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def shop(council):
    shop = organisations.supplier()
    organisations.link(council, shop)
    rows = [make.row(part_number=f"W{i:02d}", name=f"Widget {i}") for i in range(25)]
    make.load(organisations.actor(shop, "supplier"), rows)
    return shop


@pytest.fixture
def buyer(client, council):
    return organisations.sign_in(client, organisations.person(council, "buyer"))


def walk(client, address):
    """Return the part numbers on every page of a list."""
    found = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200
        found += [each["part_number"] for each in answer.json()["results"]]
        address = answer.json()["next"]
    return found


class TestListingList:
    @pytest.mark.parametrize(
        "query", ["", "?size=10", "?query=widget", "?sort=price", "?category=39000000"]
    )
    def test_lists_everything_once(self, buyer, shop, query):
        found = walk(buyer, reverse("api-listings") + query)
        assert sorted(found) == [f"W{i:02d}" for i in range(25)]

    def test_says_what_a_listing_is(self, buyer, shop):
        (first, *_rest) = buyer.get(reverse("api-listings")).json()["results"]
        assert first["unit_price"] == "79.500000"
        assert first["supplier_name"] == shop.name
        assert (first["category"], first["unit"], first["version"]) == ("39112000", "EA", 1)

    @pytest.mark.parametrize(
        "query", ["?colour=red", "?category=1", "?sort=x", "?price_from=x", "?supplier=1"]
    )
    def test_refuses_what_it_does_not_know(self, buyer, shop, query):
        answer = buyer.get(reverse("api-listings") + query)
        assert (answer.status_code, answer["content-type"]) == (422, "application/problem+json")

    @pytest.mark.parametrize("after", ["page-0", "page-101", "page-x", "x", "page-9999999"])
    def test_refuses_a_page_that_is_none(self, buyer, shop, after):
        answer = buyer.get(reverse("api-listings"), {"query": "widget", "after": after})
        assert answer.status_code == 422
        assert answer.json()["type"].rstrip("/").endswith("page.bad-cursor")

    def test_another_council_finds_nothing(self, client, shop):
        organisations.sign_in(client, organisations.person(organisations.council(), "buyer"))
        for query in ("", "?query=widget"):
            assert client.get(reverse("api-listings") + query).json() == {
                "results": [], "next": None,
            }  # fmt: skip

    def test_a_supplier_lists_its_own(self, client, shop):
        make.listing(organisations.supplier())
        make.listing(shop, part_number="Z", status="WITHDRAWN")
        organisations.sign_in(client, organisations.person(shop, "supplier"))
        assert len(walk(client, reverse("api-listings"))) == 26


class TestListingDetail:
    def test_reads_one_with_its_version(self, buyer, shop):
        first = buyer.get(reverse("api-listings")).json()["results"][0]
        answer = buyer.get(reverse("api-listing", args=[first["id"]]))
        assert answer.json() == first
        assert "1" in answer["ETag"]

    def test_anothers_is_missing(self, buyer, client):
        hidden = make.listing(organisations.supplier())
        answer = buyer.get(reverse("api-listing", args=[hidden.pk]))
        assert (answer.status_code, answer["content-type"]) == (404, "application/problem+json")
