"""The pages on which a council finds what it may buy."""

import re

import pytest
from django.urls import reverse

from catalogue.models import Listing
from marketplace.core.tenancy import stewardship
from tests.factories import catalogue as make
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def shop(council):
    shop = organisations.supplier(name="Fenwick Supplies")
    organisations.link(council, shop, is_local=True)
    rows = [
        make.row(
            part_number="ST-1",
            name="Blue stapler",
            unit_price="0.0125",
            unit="box",
            category="30197320",
        ),
        make.row(part_number="CH-1", name="Office <chair>", lead_time_days="1"),
    ]
    make.load(organisations.actor(shop, "supplier"), rows)
    return shop


@pytest.fixture
def buyer(client, council):
    return organisations.sign_in(client, organisations.person(council, "buyer"))


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


class TestCatalogue:
    def test_the_last_page_says_that_it_is_and_what_to_do(self, buyer, shop, monkeypatch):
        monkeypatch.setattr("catalogue.search.selectors.MOST_CANDIDATES", 20)
        seller = organisations.actor(shop, "supplier")
        make.load(seller, [make.row(part_number=f"P-{n:03d}", name="Ruler") for n in range(30)])
        words = text_of(buyer.get(reverse("catalogue"), {"sort": "name"}))
        assert "the first 20 of 32 results. To see the others, search for a word" in words
        assert "This is the last page" in text_of(buyer.get(reverse("catalogue"), {"q": "ruler"}))
        few = text_of(buyer.get(reverse("catalogue"), {"q": "stapler"}))
        assert "This is the last page" not in few

    def test_a_page_beyond_the_last_is_answered_with_what_to_do(self, buyer, shop):
        answer = buyer.get(reverse("catalogue"), {"page": "101"})
        assert answer.status_code == 422
        assert "Choose a page from 1 to 100, or search for something" in text_of(answer)

    def test_names_the_supplier_that_was_chosen(self, buyer, shop):
        chosen = buyer.get(reverse("catalogue"), {"supplier": str(shop.pk)}).content.decode()
        assert "<li>Fenwick Supplies</li>" in chosen

    def test_shows_what_there_is(self, buyer, shop):
        response = buyer.get(reverse("catalogue"))
        words = text_of(response)
        assert response.status_code == 200
        assert "2 results" in words
        assert "£0.0125 per box (without VAT)" in words
        assert "Fenwick Supplies Local" in words
        assert "Delivery in 1 working day" in words
        assert "Office &lt;chair&gt;" in response.content.decode()

    def test_opens_on_what_kinds_of_things_there_are(self, buyer, shop):
        seller = organisations.actor(shop, "supplier")
        rows = [make.row(part_number=f"P-{n:03d}", category="30197643") for n in range(21)]
        make.load(seller, rows)
        answer = buyer.get(reverse("catalogue"))
        words = text_of(answer)
        assert "Choose a category" in words
        assert "Office equipment and supplies" not in words  # the only group: it is the division
        assert re.search(r"Furniture .{1,200} \(1 product\)", words)
        assert 'name="quantity"' not in answer.content.decode()
        link = re.search(r'href="(/catalogue/\?category=30[^"]*)"', answer.content.decode())[1]
        assert "22 results" in text_of(buyer.get(link))
        everything = text_of(buyer.get(reverse("catalogue"), {"sort": "name"}))
        assert "23 results" in everything
        assert "Choose a category" not in text_of(buyer.get(reverse("catalogue"), {"page": "x"}))

    @pytest.mark.parametrize(("role", "buys"), [("requester", True), ("auditor", False)])
    def test_the_opening_leads_those_who_buy_to_ordering_again(
        self, client, council, shop, role, buys
    ):
        seller = organisations.actor(shop, "supplier")
        make.load(seller, [make.row(part_number=f"P-{n:03d}") for n in range(21)])
        organisations.sign_in(client, organisations.person(council, role))
        page = text_of(client.get(reverse("catalogue")))
        assert "Choose a category" in page
        assert ("Order the same again" in page) is buys

    def test_says_what_it_searched_for_instead(self, buyer, shop):
        words = text_of(buyer.get(reverse("catalogue"), {"q": "stpaler"}))
        assert "Nothing matches “stpaler”. These are results for “stapler”." in words
        assert "1 result" in words

    def test_helps_when_there_is_nothing(self, buyer, shop):
        words = text_of(buyer.get(reverse("catalogue"), {"q": "zebra"}))
        assert "0 results" in words
        assert "checking the spelling" in words

    def test_narrows_by_links_that_keep_the_search(self, buyer, shop):
        page = buyer.get(reverse("catalogue"), {"q": "stapler or chair", "page": "1"})
        links = re.findall(r'href="(\?[^"]*category=[^"]*)"', page.content.decode())
        assert links
        for link in links:
            address = link.replace("&amp;", "&")
            assert "page=" not in address
            narrowed = buyer.get(reverse("catalogue") + address)
            assert "All categories" in text_of(narrowed)
            assert "1 result" in text_of(narrowed)

    def test_says_which_price_is_wrong(self, buyer, shop):
        response = buyer.get(reverse("catalogue"), {"price_from": "10", "price_to": "5"})
        assert response.status_code == 422
        assert "The highest price must not be below the lowest" in text_of(response)
        assert "Error:" in response.content.decode()

    @pytest.mark.parametrize(
        "query",
        [
            {"page": "9999"}, {"page": "-1"}, {"page": "x"}, {"supplier": "x"}, {"category": "1"},
            {"sort": "x"}, {"q": "x" * 500}, {"q": "\x00"}, {"price_from": "NaN"},
            {"page": "100"},
        ],
    )  # fmt: skip
    def test_nonsense_is_no_error_of_ours(self, buyer, shop, query):
        assert buyer.get(reverse("catalogue"), query).status_code in {200, 422}

    def test_pages_lead_on_and_back(self, buyer, council, shop):
        rows = [make.row(part_number=f"W{i}", name=f"Widget {i}") for i in range(25)]
        make.load(organisations.actor(shop, "supplier"), rows)
        first = buyer.get(reverse("catalogue"), {"q": "widget"})
        assert 'rel="next"' in first.content.decode()
        second = buyer.get(reverse("catalogue"), {"q": "widget", "page": "2"})
        assert 'rel="prev"' in second.content.decode()
        assert 'rel="next"' not in second.content.decode()
        beyond = buyer.get(reverse("catalogue"), {"q": "widget", "page": "3"})
        assert "Back to the first page" in text_of(beyond)

    @pytest.mark.parametrize(("role", "buys"), [("requester", True), ("auditor", False)])
    def test_offers_the_basket_to_those_who_buy(self, client, council, shop, role, buys):
        organisations.sign_in(client, organisations.person(council, role))
        page = client.get(reverse("catalogue")).content.decode()
        assert ('name="quantity"' in page) is buys

    def test_a_supplier_has_no_business_here(self, client, shop):
        organisations.sign_in(client, organisations.person(shop, "supplier"))
        assert client.get(reverse("catalogue")).status_code == 403

    def test_somebody_unknown_is_sent_to_sign_in(self, client):
        assert client.get(reverse("catalogue")).status_code == 302

    def test_no_inline_script_or_style(self, buyer, shop):
        page = buyer.get(reverse("catalogue")).content.decode()
        assert " style=" not in page
        assert "onclick" not in page


class TestListing:
    def get(self, client, **facts):
        with stewardship():
            found = Listing.objects.get(**facts)
        return client.get(reverse("listing", args=[found.pk]))

    def test_shows_one_product(self, buyer, shop):
        response = self.get(buyer, part_number="ST-1")
        words = text_of(response)
        assert response.status_code == 200
        for said in ("Blue stapler", "£0.0125 per box", "20% VAT is added", "Part number ST-1",
                     "Sold by Fenwick Supplies", "Add to basket"):  # fmt: skip
            assert said in words

    def test_anothers_product_is_missing(self, client, shop):
        other = organisations.council()
        organisations.sign_in(client, organisations.person(other, "buyer"))
        assert self.get(client, part_number="ST-1").status_code == 404

    def test_a_withdrawn_product_is_missing(self, buyer, shop):
        withdrawn = make.listing(shop, status="WITHDRAWN")
        assert buyer.get(reverse("listing", args=[withdrawn.pk])).status_code == 404
