"""A supplier's listings on their pages: changing one, and adding one."""

from __future__ import annotations

import pytest
from django.urls import reverse

from catalogue.models import Listing
from marketplace.core.tenancy import stewardship
from tests.factories import catalogue, organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return organisations.supplier()


@pytest.fixture
def seller(client, shop):
    return sign_in(client, organisations.person(shop, "supplier"))


def text(response):
    return response.content.decode()


class TestChange:
    @pytest.fixture
    def listing(self, shop):
        return catalogue.listing(shop)

    def change(self, client, listing, **facts):
        said = {
            "version": listing.version, "name": listing.name, "unit_price": "80",
            "minimum_quantity": "1", "lead_time_days": "5", **facts,
        }  # fmt: skip
        return client.post(reverse("supplier-listing", args=[listing.pk]), said)

    def test_tells_everything_that_is_wrong_at_once(self, seller, listing):
        wrong = {"name": "", "unit_price": "abc", "minimum_quantity": "-1", "lead_time_days": "x"}
        page = self.change(seller, listing, **wrong)
        assert page.status_code == 422
        for name in wrong:
            assert f'href="#id_{name}"' in text(page)

    @pytest.mark.parametrize("price", ["99999999999999", "9" * 60, "£99,999,999,999"])
    def test_says_that_a_price_is_too_large(self, seller, listing, price):
        page = text(self.change(seller, listing, unit_price=price))
        assert "Unit price must be 99,999,999.999999 or less." in page

    def test_says_how_long_a_name_may_be(self, seller, listing):
        page = text(self.change(seller, listing, name="x" * 201, unit_price="abc"))
        assert "Name must have 200 characters or fewer." in page
        assert 'href="#id_unit_price"' in page

    def test_says_that_a_smallest_quantity_must_be_whole(self, seller, listing):
        page = self.change(seller, listing, minimum_quantity="0.3")
        assert page.status_code == 422
        assert "Minimum quantity must be a whole number" in text(page)

    def test_an_empty_minimum_is_one(self, seller, listing):
        assert self.change(seller, listing, minimum_quantity="").status_code == 302
        with stewardship():
            assert Listing.objects.get().minimum_quantity == 1


class TestAdd:
    PLACE = reverse("supplier-listing-add")

    def add(self, client, **facts):
        said = {
            "part_number": "A1", "name": "Oak desk", "category": "39121100", "unit": "each",
            "unit_price": "249.99", "vat": "standard", "minimum_quantity": "",
            "lead_time_days": "", "description": "", **facts,
        }  # fmt: skip
        return client.post(self.PLACE, said)

    def kept(self):
        with stewardship():
            return list(Listing.objects.values_list("part_number", "category_id"))

    def test_is_led_to_from_what_is_offered(self, seller, shop):
        assert text(seller.get(reverse("supplier-listings"))).count(f'href="{self.PLACE}"') == 2
        catalogue.listing(shop)
        assert f'href="{self.PLACE}"' in text(seller.get(reverse("supplier-listings")))
        page = text(seller.get(self.PLACE))
        assert "There is a problem" not in page
        assert "checked" not in page

    def test_offers_a_product(self, seller, shop):
        answer = self.add(seller)
        with stewardship():
            made = Listing.objects.get()
        assert (made.supplier_id, made.name, made.minimum_quantity) == (shop.pk, "Oak desk", 1)
        assert answer.headers["Location"] == reverse("supplier-listing", args=[made.pk])
        assert "Oak desk is on offer." in text(seller.get(answer.headers["Location"]))

    def test_tells_everything_that_is_wrong_at_once(self, seller):
        page = seller.post(self.PLACE, {"minimum_quantity": "0", "lead_time_days": "soon"})
        assert page.status_code == 422
        for name in (
            "part_number", "name", "category", "unit", "unit_price", "vat", "minimum_quantity",
            "lead_time_days",
        ):  # fmt: skip
            assert f'href="#id_{name}"' in text(page)
        assert self.kept() == []

    def test_keeps_what_was_typed(self, seller):
        page = text(self.add(seller, unit="boxs", vat="zero", description="Two drawers."))
        assert "Did you mean box (XBX)?" in page
        assert 'value="Oak desk"' in page
        assert "Two drawers.</textarea>" in page
        assert 'value="zero" checked' in page

    def test_finds_the_category_by_words(self, seller):
        page = self.add(seller, category="photocopier paper", unit_price="abc")
        assert page.status_code == 422
        assert "Choose the category that fits" in text(page)
        assert 'href="#id_category_code"' in text(page)
        assert 'href="#id_unit_price"' in text(page)
        assert "Photocopier paper (30197643)" in text(page)
        assert self.kept() == []
        chosen = self.add(seller, category="photocopier paper", category_code="30197643")
        assert chosen.status_code == 302
        assert self.kept() == [("A1", "30197643")]

    def test_what_was_chosen_for_other_words_is_not_taken(self, seller):
        page = self.add(seller, category="desks", category_code="30197643")
        assert page.status_code == 422
        assert "Choose the category that fits" in text(page)
        assert "Photocopier paper" not in text(page)

    def test_says_when_no_category_has_the_words(self, seller):
        page = text(self.add(seller, category="xyzzy"))
        assert "No category has these words" in page
        assert 'href="#id_category"' in page

    def test_shows_no_more_categories_than_can_be_chosen_from(self, seller):
        page = text(self.add(seller, category="services"))
        assert page.count('name="category_code"') == 20
        assert "Add a word to see fewer" in page

    def test_leads_to_the_product_that_has_the_part_number(self, seller, shop):
        taken = catalogue.listing(shop, part_number="A1", name="Pine desk", status="WITHDRAWN")
        page = self.add(seller)
        assert page.status_code == 409
        assert "Pine desk has this part number already." in text(page)
        assert f'href="{reverse("supplier-listing", args=[taken.pk])}"' in text(page)

    @pytest.mark.parametrize("typed", ["", "\x00", "x" * 5000, "0" * 5000, "٣", "'; --", "NaN"])
    def test_answers_nonsense_in_every_field(self, seller, typed):
        names = ("part_number", "name", "description", "category", "category_code", "unit",
                 "unit_price", "vat", "minimum_quantity", "lead_time_days")  # fmt: skip
        assert seller.post(self.PLACE, dict.fromkeys(names, typed)).status_code == 422
        assert self.kept() == []

    @pytest.mark.parametrize("role", ["buyer", "approver", "administrator"])
    def test_is_for_suppliers(self, client, role):
        sign_in(client, organisations.person(organisations.council(), role))
        assert client.get(self.PLACE).status_code == 403
        assert self.add(client).status_code == 403
        assert self.kept() == []

    def test_a_stranger_signs_in_first(self, client):
        assert "/account/login/" in client.get(self.PLACE).headers["Location"]
