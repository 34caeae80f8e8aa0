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

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("{part},-3", "The quantity must be more than 0. Change it, or leave this row out."),
            ("{part}\t0", "The quantity must be more than 0."),
            ("{part} 999999999999", "That is too many for one line."),
            ("{part} 1.12345678", "A quantity has three decimal places at most."),
            ("Part number\tQuantity", "If this row is a heading, leave it out."),
            ("3", "If it is how many you want, put the part number before it."),
            ("3 x {part}", "Write the part number, then how many."),
            ("{part} 3 boxes", "Write the part number, then how many."),
        ],
    )
    def test_says_of_a_row_what_was_typed_what_is_wrong_and_what_to_do(
        self, client, market, typed, words
    ):
        row = typed.format(part=market.listing.part_number)
        as_(client, market.requester)
        page = client.post(
            reverse("basket-paste"), {"codes": f"{market.listing.part_number}\n{row}"}
        )
        assert page.status_code == 422
        assert "1 row is in your basket" in text(page)
        table = text(page).split("<tbody")[1].split("</tbody>")[0]
        shown = " ".join(row.split())
        assert [part in " ".join(table.split()) for part in (">1<", shown, words)] == [True] * 3

    @pytest.mark.parametrize("typed", [" ,;\n,,,", "|\n\t"])
    def test_asks_for_a_list_where_there_is_none(self, client, market, typed):
        as_(client, market.requester)
        page = client.post(reverse("basket-paste"), {"codes": typed})
        assert page.status_code == 422
        assert "Enter the part numbers and quantities" in text(page)

    def test_says_how_to_take_a_list_that_is_too_long(self, client, market):
        as_(client, market.requester)
        row = market.listing.part_number
        page = client.post(reverse("basket-paste"), {"codes": f"{row}\n" * 501})
        assert "Press the button again for this one." in text(page)
        page = client.post(reverse("basket-paste"), {"codes": f"{row}\n" * 10_000})
        assert "first one part of your list, then the rest" in text(page)

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
