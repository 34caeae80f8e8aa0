"""A supplier's invoices on its own pages: sent, made of orders, held, and when they are paid."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from invoicing.formats.ubl import write_ubl
from invoicing.models import Arrival, Finding, Invoice
from marketplace.core.ids import uuid7
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from tests.factories import invoicing, ordering, organisations
from tests.factories.ordering import NOON, do_jobs
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


@pytest.fixture
def market():
    return invoicing.market(listings=2)


@pytest.fixture
def order(market):
    return invoicing.delivered(market)


@pytest.fixture
def seller(market):
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=market.seller.membership_id
        )
    return sign_in(Client(), membership)


def sent(market, client, content):
    facts = {"file": SimpleUploadedFile("invoice.xml", content), "council": market.council.pk}
    return client.post(reverse("supplier-invoice-send"), facts)


class TestSending:
    def test_leads_to_the_invoice(self, market, order, seller):
        assert "Ambridge Council" in text(seller.get(reverse("supplier-invoice-send")))
        address = sent(market, seller, write_ubl(invoicing.said_of(market, order))).headers[
            "Location"
        ]
        assert "It is being read" in text(seller.get(address))
        assert "Being read" in text(seller.get(reverse("supplier-invoice-files")))
        do_jobs()
        page = text(seller.get(address, follow=True))
        assert "INV-1001" in page
        assert "By 23 December 2026" in page or "By " in page

    def test_of_what_is_no_invoice_says_why(self, market, seller):
        answer = sent(market, seller, b"%PDF-1.7")
        assert answer.status_code == 422
        assert "It is a PDF" in text(answer)
        with stewardship():
            arrival = Arrival.objects.get()
        page = text(seller.get(reverse("supplier-invoice-file", args=[arrival.pk])))
        assert "Until then the council has no invoice from you." in page

    def test_goes_one_file_at_a_time(self, market, seller):
        two = [SimpleUploadedFile("x.xml", b"<x/>") for _number in range(2)]
        facts = {"file": two, "council": market.council.pk}
        answer = seller.post(reverse("supplier-invoice-send"), facts)
        assert answer.status_code == 422
        assert "One file goes at a time." in text(answer)
        with stewardship():
            assert not Arrival.objects.exists()

    def test_not_to_a_council_that_does_not_buy(self, seller):
        other = organisations.council()
        facts = {"file": SimpleUploadedFile("x.xml", b"<x/>"), "council": other.pk}
        assert seller.post(reverse("supplier-invoice-send"), facts).status_code == 422

    def test_too_large(self, market, seller):
        answer = sent(market, seller, b"<x>" + b" " * 20_000_001)
        assert (answer.status_code, "20 MB" in text(answer)) == (422, True)


class TestList:
    def test_says_when_each_is_paid(self, market, order, seller):
        assert "No council has an invoice of yours yet" in text(
            seller.get(reverse("supplier-invoices"))
        )
        invoicing.taken(market, invoicing.said_of(market, order))
        page = text(seller.get(reverse("supplier-invoices")))
        assert "By 23 December 2026" in page
        query = {"words": "nobody", "status": "PAID"}
        assert "No invoice fits" in text(seller.get(reverse("supplier-invoices"), query))

    def test_says_which_day_it_was_paid(self, market, order, seller):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        with stewardship():
            Invoice.objects.filter(pk=invoice.pk).update(
                status="PAID", paid_on="2026-12-01", approved_at=NOON, approved_by_id=uuid7()
            )
        page = text(seller.get(reverse("supplier-invoices")))
        assert "Sent to the bank, to be paid on 1 December 2026" in page


class TestInvoice:
    def test_says_what_holds_it_and_why(self, market, seller):
        order = ordering.answered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        page = text(seller.get(reverse("supplier-invoice", args=[invoice.pk])))
        assert "With line 1, the quantity billed is 2. What has come is 0." in page
        assert "Held. Due by 23 December 2026" in page

    def test_does_not_say_which_orders_of_others_there_are(self, market, order, seller):
        """One sentence for an order of somebody else's and for one that there is not."""
        invoice = invoicing.taken(market, invoicing.said_of(market, order, order="PO-99-000001"))
        page = text(seller.get(reverse("supplier-invoice", args=[invoice.pk])))
        assert "“PO-99-000001”, which is not an order of the council to you." in page
        assert "not sent to this supplier" not in page
        assert "do not have" not in page

    def test_does_not_say_who_let_what_through(self, market, seller):
        order = ordering.answered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        with stewardship():
            Finding.objects.filter(invoice=invoice).update(
                closed="RELEASED", closed_at=NOON, closed_by_id=uuid7(), closed_by_name="Bo Buyer",
                closed_reason="They stand in the hall.",
            )  # fmt: skip
        page = text(seller.get(reverse("supplier-invoice", args=[invoice.pk])))
        assert "Bo Buyer" not in page
        assert "What holds it" not in page

    def test_that_was_sent_twice_leads_to_the_first(self, market, order, seller):
        said = invoicing.said_of(market, order)
        first = invoicing.taken(market, said)
        again = invoicing.taken(market, said)
        page = text(seller.get(reverse("supplier-invoice", args=[again.pk])))
        assert "Only the first is paid." in page
        assert reverse("supplier-invoice", args=[first.pk]) in page

    def test_that_was_sent_back_says_why(self, market, order, seller):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        with stewardship():
            Invoice.objects.filter(pk=invoice.pk).update(
                status="SENT_BACK", sent_back_at=NOON, sent_back_reason="Wrong price."
            )
        page = text(seller.get(reverse("supplier-invoice", args=[invoice.pk])))
        assert "The council sent it back: Wrong price." in page

    def test_of_another_is_not_there(self, market, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        stranger = sign_in(Client(), organisations.person(organisations.supplier()))
        for name, key in (("supplier-invoice", invoice.pk),
                          ("supplier-invoice-file", invoice.arrival_id),
                          ("supplier-order-invoice", invoice.order_id)):  # fmt: skip
            assert stranger.get(reverse(name, args=[key])).status_code == 404


class TestMakingOneOfAnOrder:
    def address(self, order):
        return reverse("supplier-order-invoice", args=[order.pk])

    def typed(self, *quantities, **more):
        day = {"issued_on-day": "20", "issued_on-month": "11", "issued_on-year": "2026"}
        numbered = {f"quantity-{place}": each for place, each in enumerate(quantities)}
        return {"number": "F-1", **day, **numbered, **more}

    def test_from_the_orders_page_to_an_invoice_that_agrees(self, market, order, seller):
        page = text(seller.get(reverse("supplier-order", args=[order.pk])))
        assert self.address(order) in page
        assert "Left to bill: 2" in text(seller.get(self.address(order)))
        answer = seller.post(self.address(order), self.typed("2", "2"), follow=True)
        assert "Your invoice F-1 is with Ambridge Council." in text(answer)
        do_jobs()
        with stewardship():
            invoice = Invoice.objects.get()
        assert (invoice.status, invoice.number) == ("MATCHED", "F-1")

    def test_says_beside_each_line_what_is_wrong(self, order, seller):
        answer = seller.post(self.address(order), self.typed("3", "x", number=""))
        page = text(answer)
        assert answer.status_code == 422
        assert "Enter the number of your invoice" in page
        assert "in figures" in page
        answer = seller.post(self.address(order), self.typed("3", ""))
        assert (answer.status_code, "no more than 2 is left to bill" in text(answer)) == (422, True)

    def test_of_nothing_says_so_at_the_top(self, order, seller):
        answer = seller.post(self.address(order), self.typed("", ""))
        assert (answer.status_code, "at least one line" in text(answer)) == (422, True)

    def test_where_all_is_billed_there_is_nothing_to_type(self, market, order, seller):
        invoicing.taken(market, invoicing.said_of(market, order))
        assert "There is nothing left to bill" in text(seller.get(self.address(order)))
        assert seller.post(self.address(order), self.typed("1", "1")).status_code == 409
