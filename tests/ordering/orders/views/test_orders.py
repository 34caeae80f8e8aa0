"""Orders, from the council's side, over HTTP."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from marketplace.ordering.models import Order
from marketplace.ordering.states import Answer
from tests.factories import ordering as factory
from tests.factories import organisations, receipts
from tests.factories.organisations import sign_in
from tests.ordering.reading import as_, text

pytestmark = pytest.mark.django_db


class TestOrders:
    def test_lists_and_shows_with_papers_and_story(self, client, market):
        order = factory.answered(market, Answer.REFUSED)
        as_(client, market.buyer)
        assert order.number in text(client.get(reverse("orders")))
        page = text(client.get(reverse("order", args=[order.pk])))
        assert "We no longer make it." in page
        assert reverse("document", args=[order.pdf_id]) in page
        assert "SHA-256" in page
        assert f"The supplier answered order {order.number}: 1 line refused" in page

    def test_what_was_refused_is_not_to_be_paid(self, client, market):
        order = factory.answered(market, Answer.REFUSED)
        factory.do_jobs()
        as_(client, market.requester)
        page = text(client.get(reverse("order", args=[order.pk])))
        assert "Total ordered" in page
        assert re.search(r"Still to pay</dt><dd>£0\.00", page)
        page = text(client.get(reverse("requisition", args=[order.requisition_id])))
        assert re.search(r"Still to pay</dt><dd>£0\.00", page)
        assert "£159.00" not in page.partition("Taken by this")[2].partition("</table>")[0]

    @pytest.mark.parametrize(("needed", "is_late"), [(29, True), (30, False), (None, False)])
    def test_says_that_some_of_it_comes_later(self, client, market, monkeypatch, needed, is_late):
        day = date(2026, 11, needed) if needed else None
        monkeypatch.setattr(factory, "DETAILS", replace(factory.DETAILS, needed_by_on=day))
        order = factory.answered(market, Answer.LATER)
        as_(client, market.buyer)
        page = text(client.get(reverse("order", args=[order.pk])))
        assert "Accepted, later" in page
        assert ("1 line comes later than 29 November 2026" in page) is is_late
        assert "Accepted, later" in text(client.get(reverse("orders")))
        watched = text(client.get(reverse("home"))).partition("Orders to watch")[2]
        assert (order.number in watched) is is_late

    @pytest.mark.parametrize(
        ("role", "opens"), [("buyer", True), ("receiver", False), ("payments", False)]
    )
    def test_links_to_the_requisition_for_whoever_may_open_it(self, client, market, role, opens):
        order = factory.sent(market)
        sign_in(client, organisations.person(market.council, role))
        address = reverse("requisition", args=[order.requisition_id])
        assert (address in text(client.get(reverse("order", args=[order.pk])))) is opens
        assert (client.get(address).status_code == 200) is opens

    def test_shows_a_file_once_with_the_ways_that_it_went(self, client, market):
        order = factory.sent(market)
        as_(client, market.buyer)
        page = text(client.get(reverse("order", args=[order.pk])))
        table = page.split("What was sent</caption>")[1].split("</table>")[0]
        assert table.count("</tr>") == 3  # a head and two files
        assert table.count(reverse("document", args=[order.pdf_id])) == 1
        for row in table.split("<tbody")[1].split("</tr>")[:2]:
            assert "Supplier’s pages" in row
            assert "orders@" in row

    def test_says_apart_from_the_address_what_the_driver_must_know(
        self, client, market, monkeypatch
    ):
        place = "Library\n1 High Street\nAmbridge\n\nRing twice.\nNot before noon."
        monkeypatch.setattr(factory, "DETAILS", replace(factory.DETAILS, deliver_to=place))
        order = factory.sent(market)
        as_(client, market.buyer)
        for name in ("order", "order-print"):
            page = text(client.get(reverse(name, args=[order.pk])))
            address = page.split("Deliver to</dt>")[1].split("</dd>")[0]
            assert address.rstrip().endswith("Library<br>1 High Street<br>Ambridge")
            driver = page.split("For the driver</dt>")[1].split("</dd>")[0]
            assert "Ring twice.<br>Not before noon." in driver

    def test_prints_for_both_sides(self, client, market):
        order = factory.sent(market)
        for reader in (market.buyer, market.seller):
            page = as_(client, reader).get(reverse("order-print", args=[order.pk]))
            assert page.status_code == 200
            assert f"Purchase order {order.number}" in text(page)
            assert "Office chair" in text(page)
            assert "VAT number GB999000145" in text(page)
            assert "Ordered by" in text(page)

    def test_is_missing_for_others(self, client, market):
        order = factory.sent(market)
        strangers = [
            organisations.person(organisations.council(), "buyer"),
            organisations.person(organisations.supplier()),
        ]
        for stranger in strangers:
            sign_in(client, stranger)
            assert client.get(reverse("order-print", args=[order.pk])).status_code == 404

    def test_is_cancelled_with_a_reason(self, client, market):
        order = factory.sent(market)
        as_(client, market.buyer)
        address = reverse("order-cancel", args=[order.pk])
        assert client.post(address, {"reason": " "}).status_code == 422
        assert client.post(address, {"reason": "Ordered twice"}).status_code == 302
        page = text(client.get(reverse("order", args=[order.pk])))
        assert "Ordered twice" in page
        assert client.post(address, {"reason": "Again"}).status_code == 409

    def test_is_offered_to_be_cancelled_only_while_that_is_possible(self, client):
        market = receipts.market_with_books()
        order = factory.sent(market)
        as_(client, market.buyer)
        address = reverse("order-cancel", args=[order.pk])
        asked = text(client.get(address))
        assert "The whole order is cancelled" in asked
        assert 'name="reason"' in asked
        receipts.received(market, order, 1)
        page = text(client.get(address))
        assert 'name="reason"' not in page
        assert reverse("order", args=[order.pk]) in page
        refused = client.post(address, {"reason": "Too late"})
        assert refused.status_code == 409
        assert "Too late" in text(refused)

    def test_is_sent_again(self, client, market):
        order = factory.sent(market)
        as_(client, market.buyer)
        address = reverse("order-resend", args=[order.pk])
        assert address in text(client.get(reverse("order", args=[order.pk])))
        asked = text(client.get(address))
        for words in (market.supplier.name, "orders@", "Last sent", "The marketplace itself"):
            assert words in asked
        with market.acting():
            assert Order.objects.get().transmissions.values("attempt").distinct().count() == 1
        page = client.post(address, follow=True)
        assert "is being sent again" in text(page)
        factory.do_jobs()
        with market.acting():
            assert Order.objects.get().transmissions.values("attempt").distinct().count() == 2
        assert market.buyer.name in text(client.get(address))

    def test_says_when_it_cannot_be_sent_again(self, client, market):
        order = factory.answered(market)
        as_(client, market.buyer)
        assert "Only an order that was sent" in text(
            client.get(reverse("order-resend", args=[order.pk]))
        )
