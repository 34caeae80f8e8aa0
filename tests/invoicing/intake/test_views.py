"""The council's pages of invoices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from invoicing.formats import model
from invoicing.formats.ubl import write_ubl
from invoicing.models import Arrival, Finding, Invoice
from marketplace.core.ids import uuid7
from marketplace.core.tenancy import act_for, stewardship
from marketplace.documents.models import ScanVerdict
from marketplace.documents.services import record_scan
from tests.factories import einvoices, invoicing, ordering, organisations, receipts
from tests.factories.ordering import NOON, do_jobs
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


@pytest.fixture
def market():
    return invoicing.market()


@pytest.fixture
def order(market):
    return invoicing.delivered(market)


def as_(market, *roles):
    return sign_in(Client(), organisations.person(market.council, *roles))


@pytest.fixture
def finance(market):
    return as_(market, "finance")


def file(content, name="invoice.xml"):
    return SimpleUploadedFile(name, content)


class TestInvoices:
    def test_lists_them_latest_first_with_when_they_are_to_be_paid(self, market, order, finance):
        invoicing.taken(market, invoicing.said_of(market, order))
        page = text(finance.get(reverse("invoices")))
        assert "INV-1001" in page
        assert "Chairs Ltd" in page
        assert "By 23 December 2026" in page
        assert "£190.80" in page

    def test_says_what_there_is_to_do_where_there_is_none(self, finance):
        assert "No invoice has come yet" in text(finance.get(reverse("invoices")))

    @pytest.mark.parametrize("words", ["inv 1001", "chairs", "INV-1001", "{order}"])
    def test_finds_by_number_supplier_and_order(self, market, order, finance, words):
        invoicing.taken(market, invoicing.said_of(market, order))
        query = {"words": words.format(order=order.number)}
        assert "INV-1001" in text(finance.get(reverse("invoices"), query))
        narrowed = {"words": "nothing", "status": "MATCHED"}
        assert "No invoice fits" in text(finance.get(reverse("invoices"), narrowed))

    def test_shows_somebody_who_only_buys_what_they_ordered(self, market, order):
        invoicing.taken(market, invoicing.said_of(market, order))
        assert "INV-1001" not in text(as_(market, "requester").get(reverse("invoices")))

    def test_asks_as_often_however_many_there_are(self, market, order, finance):
        def asked():
            with CaptureQueriesContext(connection) as statements:
                finance.get(reverse("invoices"))
            return len(statements)

        said = invoicing.said_of(market, order)
        invoicing.taken(market, said)
        asked()
        first = asked()
        for number in range(4):
            invoicing.taken(market, replace(said, number=f"N-{number}"))
        assert asked() == first


class TestInvoice:
    def show(self, client, invoice):
        return text(client.get(reverse("invoice", args=[invoice.pk])))

    def test_stands_beside_its_order_line_by_line(self, market, order, finance):
        page = self.show(finance, invoicing.taken(market, invoicing.said_of(market, order)))
        assert order.number in page
        assert "Agrees" in page
        assert page.index("Invoice read") < page.index("Invoice matched")
        assert "What holds it" not in page

    def test_says_in_words_what_differs_and_whose_it_is(self, market, finance):
        order = ordering.answered(market)
        page = self.show(finance, invoicing.taken(market, invoicing.said_of(market, order)))
        assert "With line 1, the quantity billed is 2. What has come is 0." in page
        assert "It waits for whoever takes goods in." in page
        assert "Differs" in page

    def test_of_a_dearer_price_both_prices_stand_there(self, market, order, finance):
        (line,) = receipts.lines_of(order)
        dear = replace(
            invoicing.line_of(line),
            price=model.Price(Decimal(80)),
            net_amount=Decimal("160.00"),
        )
        said = invoicing.said_of(market, order, lines=(dear,))
        page = self.show(finance, invoicing.taken(market, said))
        assert "Line 1 costs £80.00 each. £79.50 was agreed." in page

    def test_that_was_sent_before_leads_to_the_first(self, market, order, finance):
        said = invoicing.said_of(market, order)
        first = invoicing.taken(market, said)
        page = self.show(finance, invoicing.taken(market, said))
        assert reverse("invoice", args=[first.pk]) in page
        assert "came before" in page

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"order": "PO-99-1"}, "It names the order “PO-99-1”, which we do not have."),
            ({"currency": "EUR"}, "It could not be compared with the order, since it is in EUR."),
            ({"type_code": "999"}, "BT-3"),
            ({"order": ""}, "The invoice does not name the council’s order."),
        ],
        ids=lambda each: str(each)[:20],
    )
    def test_says_what_was_found_whoever_found_it(self, market, order, finance, facts, words):
        page = self.show(
            finance, invoicing.taken(market, invoicing.said_of(market, order, **facts))
        )
        assert words in page or "[BR-" in page

    def test_in_disguise_leads_to_the_other(self, market, order, finance):
        said = invoicing.said_of(market, order)
        first = invoicing.taken(market, said)
        page = self.show(finance, invoicing.taken(market, replace(said, number="X-9")))
        assert "An invoice over the same sum came within three days of it." in page
        assert reverse("invoice", args=[first.pk]) in page

    def test_says_who_let_what_through_and_why(self, market, finance):
        order = ordering.answered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        with stewardship():
            Finding.objects.filter(invoice=invoice).update(
                closed="RELEASED", closed_at=NOON, closed_by_id=uuid7(), closed_by_name="Bo Buyer",
                closed_reason="They stand in the hall.",
            )  # fmt: skip
        page = self.show(finance, invoice)
        assert "Bo Buyer let it through" in page
        assert "They stand in the hall." in page

    def test_a_credit_note_leads_to_its_invoice(self, market, order, finance):
        said = invoicing.said_of(market, order)
        first = invoicing.taken(market, said)
        page = self.show(finance, invoicing.taken(market, invoicing.credit_of(said)))
        assert "Credit note CN-INV-1001" in page
        assert reverse("invoice", args=[first.pk]) in page

    def test_without_order_supplier_or_lines_it_is_shown_all_the_same(self, market, order, finance):
        stranger = replace(
            einvoices.SELLER,
            tax_registrations=(),
            legal_identifier=model.Identifier("99999999"),
        )
        said = invoicing.said_of(market, order, seller=stranger)
        said = replace(said, lines=(), order="")
        page = self.show(finance, invoicing.taken(market, said, sender=invoicing.finance(market)))
        assert "No order was recognised" in page
        assert "The invoice has no lines." in page

    def test_of_another_council_is_not_there(self, market, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        stranger = sign_in(Client(), organisations.person(organisations.council(), "finance"))
        assert stranger.get(reverse("invoice", args=[invoice.pk])).status_code == 404

    def test_its_file_is_opened_once_it_was_found_clean(self, market, order, finance):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        address = reverse("document", args=[invoice.document_id])
        assert finance.get(address).status_code == 409
        record_scan(document_id=invoice.document_id, verdict=ScanVerdict.CLEAN, engine="x", at=NOON)
        assert finance.get(address).status_code == 200
        assert as_(market, "requester").get(address).status_code == 404


class TestTakingIn:
    def send(self, client, content, **more):
        return client.post(reverse("invoice-send"), {"file": file(content), **more})

    def test_leads_to_the_file_and_then_to_the_invoice(self, market, order, finance):
        assert finance.get(reverse("invoice-send")).status_code == 200
        answer = self.send(finance, write_ubl(invoicing.said_of(market, order)))
        with stewardship():
            arrival = Arrival.objects.get()
        address = reverse("arrival", args=[arrival.pk])
        assert answer.headers["Location"] == address
        assert "It is being read" in text(finance.get(address))
        do_jobs()
        with stewardship():
            invoice = Invoice.objects.get()
        assert finance.get(address).headers["Location"] == reverse("invoice", args=[invoice.pk])
        assert invoice.status == "MATCHED"

    def test_for_a_supplier_that_is_named(self, market, order, finance):
        self.send(finance, write_ubl(invoicing.said_of(market, order)), supplier=market.supplier.pk)
        with stewardship():
            assert Arrival.objects.get().supplier_id == market.supplier.pk

    @pytest.mark.parametrize("content", [b"%PDF-1.7 x", b"", b"<!DOCTYPE a><a/>"])
    def test_of_what_is_no_invoice_says_why_and_leads_to_what_was_kept(self, finance, content):
        answer = self.send(finance, content)
        assert answer.status_code == 422
        with stewardship():
            arrival = Arrival.objects.get()
        page = text(answer)
        assert reverse("arrival", args=[arrival.pk]) in page
        assert arrival.refusal_detail.split("“")[0][:40] in page
        kept = text(finance.get(reverse("arrival", args=[arrival.pk])))
        assert "Why it could not be read" in kept
        assert "Could not be read" in text(finance.get(reverse("arrivals")))

    def test_of_what_is_too_large_says_so(self, finance):
        answer = self.send(finance, b"<x>" + b" " * 20_000_001)
        assert answer.status_code == 422
        assert "20 MB" in text(answer)

    def test_without_a_file_says_so(self, finance):
        answer = finance.post(reverse("invoice-send"), {"supplier": ""})
        assert answer.status_code == 422
        assert "Choose the XML file of the invoice" in text(answer)

    def test_by_anybody_else_is_refused(self, market):
        for role in ("buyer", "auditor", "payments"):
            assert as_(market, role).get(reverse("invoice-send")).status_code == 403

    def test_a_file_of_another_council_is_not_there(self, market, finance):
        self.send(finance, b"{}")
        act_for(None)
        with stewardship():
            arrival = Arrival.objects.get()
        stranger = sign_in(Client(), organisations.person(organisations.council(), "finance"))
        assert stranger.get(reverse("arrival", args=[arrival.pk])).status_code == 404

    def test_where_everything_could_be_read_the_list_says_so(self, finance):
        assert "Everything that came could be read." in text(finance.get(reverse("arrivals")))
