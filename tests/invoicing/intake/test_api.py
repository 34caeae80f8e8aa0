"""Sending and reading invoices, by program."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from invoicing.formats.ubl import write_ubl
from invoicing.models import Arrival, Invoice
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from tests.access.world import token_for
from tests.factories import invoicing, ordering, organisations
from tests.factories.ordering import do_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return invoicing.market()


@pytest.fixture
def order(market):
    return invoicing.delivered(market)


@pytest.fixture
def xml(market, order):
    return write_ubl(invoicing.said_of(market, order))


def program(membership, *scopes):
    with stewardship():
        bearer = token_for(membership, scopes or None)
    return Client(headers={"authorization": f"Bearer {bearer}"})


@pytest.fixture
def seller(market):
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=market.seller.membership_id
        )
    return program(membership)


@pytest.fixture
def finance(market):
    return program(organisations.person(market.council, "finance"))


def send(client, content, **query):
    address = reverse("api-invoices", query=query)
    return client.post(address, content, content_type="application/xml")


class TestSending:
    def test_answers_at_once_and_tells_the_fate_later(self, market, seller, xml):
        answer = send(seller, xml, council=market.council.pk, name="A.xml")
        assert answer.status_code == 202
        sent = answer.json()
        assert (sent["status"], sent["name"], sent["invoice_id"]) == ("WAITS", "A.xml", None)
        do_jobs()
        fate = seller.get(reverse("api-arrival", args=[sent["id"]])).json()
        assert fate["status"] == "TAKEN"
        detail = seller.get(reverse("api-invoice", args=[fate["invoice_id"]])).json()
        assert (detail["number"], detail["status"]) == ("INV-1001", "MATCHED")

    def test_as_a_form(self, market, finance, xml):
        form = {"file": SimpleUploadedFile("B.xml", xml)}
        assert finance.post(reverse("api-invoices"), form).status_code == 202
        with stewardship():
            assert Arrival.objects.get().name == "B.xml"

    def test_goes_one_file_at_a_time(self, finance, xml):
        two = [SimpleUploadedFile("B.xml", xml) for _number in range(2)]
        answer = finance.post(reverse("api-invoices"), {"file": two})
        assert (answer.status_code, "Send one file only." in answer.content.decode()) == (422, True)
        with stewardship():
            assert not Arrival.objects.exists()

    def test_twice_is_one_invoice_and_a_repeat(self, market, finance, xml):
        for _time in range(2):
            assert send(finance, xml).status_code == 202
        do_jobs()
        with stewardship():
            assert sorted(Invoice.objects.values_list("status", flat=True)) == ["MATCHED", "REPEAT"]

    def test_what_cannot_be_read_is_refused_and_kept(self, market, finance):
        answer = send(finance, b"<!DOCTYPE a><a/>")
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (422, "/problems/invoice.file-refused/")
        assert problem["reason"] == "e-invoice.doctype"
        kept = finance.get(reverse("api-arrival", args=[problem["arrival_id"]])).json()
        assert (kept["status"], kept["refusal_code"]) == ("REFUSED", "e-invoice.doctype")

    def test_what_is_too_large_is_refused(self, finance):
        answer = send(finance, b"<x>" + b" " * 20_000_001)
        assert (answer.status_code, answer.json()["type"]) == (
            422, "/problems/e-invoice.too-large/",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("content", "kind", "number"),
        [(b"{}", "application/json", 415), (b"", "multipart/form-data; boundary=x", 422)],
    )
    def test_asks_for_a_file(self, finance, content, kind, number):
        answer = finance.post(reverse("api-invoices"), content, content_type=kind)
        assert answer.status_code in {number, 400}

    def test_a_supplier_says_for_whom(self, seller, xml):
        answer = send(seller, xml)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "#/council"

    def test_not_to_a_stranger(self, seller, xml):
        assert send(seller, xml, council=organisations.council().pk).status_code == 404

    def test_not_for_another_supplier(self, market, seller, xml):
        other = organisations.supplier()
        answer = send(seller, xml, council=market.council.pk, supplier=other.pk)
        assert answer.json()["type"] == "/problems/invoice.sending-not-allowed/"

    def test_not_by_somebody_who_only_reads(self, market, xml):
        auditor = program(organisations.person(market.council, "auditor"))
        assert send(auditor, xml).status_code == 403

    def test_not_with_a_token_for_other_work(self, market, xml):
        reader = program(organisations.person(market.council, "finance"), "invoices:read")
        assert send(reader, xml).status_code == 403


class TestReading:
    def test_lists_from_either_side(self, market, order, seller, finance):
        invoicing.taken(market, invoicing.said_of(market, order))
        for client in (seller, finance):
            (row,) = client.get(reverse("api-invoices")).json()["results"]
            assert (row["number"], row["order_number"]) == ("INV-1001", order.number)
        query = {"status": "HELD"}
        assert finance.get(reverse("api-invoices"), query).json()["results"] == []
        query = {"words": "inv1001"}
        assert len(finance.get(reverse("api-invoices"), query).json()["results"]) == 1

    def test_tells_both_sides_what_holds_it(self, market, seller, finance):
        order = ordering.answered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        for client in (seller, finance):
            answer = client.get(reverse("api-invoice", args=[invoice.pk]))
            (found,) = answer.json()["findings"]
            assert found["said"] == "With line 1, the quantity billed is 2. What has come is 0."
            assert (found["severity"], found["owner"], found["place"]) == ("HOLD", "receiver", 1)
            assert answer.json()["lines"][0]["quantity"] == "2.000000"
            assert answer.headers["ETag"]

    def test_not_of_strangers(self, market, order):
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        for membership in (
            organisations.person(organisations.council(), "finance"),
            organisations.person(organisations.supplier()),
        ):
            stranger = program(membership)
            assert stranger.get(reverse("api-invoice", args=[invoice.pk])).status_code == 404
            address = reverse("api-arrival", args=[invoice.arrival_id])
            assert stranger.get(address).status_code == 404
            assert stranger.get(reverse("api-invoices")).json()["results"] == []
