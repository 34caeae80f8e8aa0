"""Saying which order an invoice is for, by program."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from invoicing.formats import model
from marketplace.core.tenancy import stewardship
from tests.access.world import token_for
from tests.factories import invoicing, organisations, receipts
from tests.invoicing.settling.deciding import call, market_of_today, membership_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return market_of_today()


@pytest.fixture
def finance(market):
    return invoicing.finance(market)


@pytest.fixture
def order(market):
    return invoicing.delivered(market)


@pytest.fixture
def lost(market, order):
    return invoicing.taken(market, invoicing.said_of(market, order, order="PO-26-999999"))


@pytest.fixture
def unrecognised(market, order):
    (line,) = receipts.lines_of(order)
    item = model.Item(
        name="A seat", sellers_id="ELSE-9", category=invoicing.line_of(line).item.category
    )
    billed = invoicing.line_of(line, item=item, order_line="")
    return invoicing.taken(market, invoicing.said_of(market, order, lines=(billed,)))


def read(actor, invoice):
    with stewardship():
        bearer = token_for(membership_of(actor))
    address = reverse("api-invoice", args=[invoice.pk])
    return Client().get(address, headers={"authorization": f"Bearer {bearer}"}).json()


class TestInvoiceOrder:
    def test_is_said_and_read_again(self, market, finance, order, lost):
        body = {"order_id": str(order.pk)}
        done = call(finance, "api-invoice-order", lost.pk, body=body, seen=lost.version)
        assert (done.status_code, done.json()["status"]) == (200, "MATCHED")
        (said,) = read(finance, lost)["choices"]
        assert (said["place"], said["order_number"], said["by_name"]) == (
            None, order.number, finance.name,
        )  # fmt: skip
        assert read(market.seller, lost)["choices"] == []
        version = int(done["ETag"].strip('"'))
        back = call(finance, "api-invoice-order", lost.pk, body={"order_id": None}, seen=version)
        assert back.json()["status"] == "HELD"
        assert read(finance, lost)["choices"] == []

    def test_needs_the_version_that_was_seen(self, finance, order, lost):
        body = {"order_id": str(order.pk)}
        assert call(finance, "api-invoice-order", lost.pk, body=body).status_code == 428
        late = call(finance, "api-invoice-order", lost.pk, body=body, seen=lost.version - 1)
        assert late.status_code == 412

    @pytest.mark.parametrize("body", [{}, {"order": "x"}, {"order_id": "x"}])
    def test_refuses_nonsense(self, finance, lost, body):
        answer = call(finance, "api-invoice-order", lost.pk, body=body, seen=lost.version)
        assert answer.status_code == 422

    def test_somebody_elses_order_is_missing(self, finance, lost):
        theirs = invoicing.delivered(invoicing.market())
        body = {"order_id": str(theirs.pk)}
        answer = call(finance, "api-invoice-order", lost.pk, body=body, seen=lost.version)
        assert answer.status_code == 404

    def test_is_for_finance(self, market, order, lost):
        buyer = organisations.actor(market.council, "buyer", name="Ben Other")
        body = {"order_id": str(order.pk)}
        answer = call(buyer, "api-invoice-order", lost.pk, body=body, seen=lost.version)
        assert answer.status_code == 403


class TestInvoiceOrderLine:
    def say(self, finance, invoice, body, place=1):
        return call(
            finance, "api-invoice-order-line", invoice.pk, place, body=body,
            seen=invoicing.now(invoice).version,
        )  # fmt: skip

    def test_is_said_and_read_again(self, finance, order, unrecognised):
        (line,) = receipts.lines_of(order)
        done = self.say(finance, unrecognised, {"order_line_id": str(line.pk)})
        assert (done.status_code, done.json()["status"]) == (200, "MATCHED")
        (said,) = read(finance, unrecognised)["choices"]
        assert (said["place"], said["order_line_number"]) == (1, 1)

    def test_may_be_none(self, finance, unrecognised):
        body = {"order_line_id": None, "is_on_no_line": True}
        assert self.say(finance, unrecognised, body).json()["status"] == "HELD"
        assert [each["code"] for each in read(finance, unrecognised)["findings"]] == ["ON_NO_LINE"]

    def test_is_not_both(self, finance, order, unrecognised):
        (line,) = receipts.lines_of(order)
        body = {"order_line_id": str(line.pk), "is_on_no_line": True}
        assert self.say(finance, unrecognised, body).status_code == 422

    def test_a_line_that_is_not_there_is_missing(self, finance, unrecognised):
        assert self.say(finance, unrecognised, {"order_line_id": None}, place=7).status_code == 404

    def test_what_is_plain_is_a_conflict(self, market, finance, order):
        plain = invoicing.taken(market, invoicing.said_of(market, order))
        answer = self.say(finance, plain, {"order_line_id": None})
        assert answer.status_code == 409
        assert answer.json()["type"] == "/problems/invoice.nothing-to-choose/"
