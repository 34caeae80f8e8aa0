"""Receipts over the API."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from django.urls import reverse

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Order, Receipt
from marketplace.ordering.receipts.api import receipts as api
from marketplace.organisations.models import Membership
from tests.factories import ordering, organisations, receipts
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

WHATEVER = {"If-Match": "*"}


@pytest.fixture
def market():
    return receipts.market_with_books()


@pytest.fixture
def order(market):
    return ordering.sent(market, quantity=4)


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    """The clock of the edge says what that of the factories does."""
    monkeypatch.setattr(api, "timezone", SimpleNamespace(now=lambda: ordering.NOON))


def as_(client, actor):
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=actor.membership_id
        )
    return sign_in(client, membership)


def send(client, name, row, body, **headers):
    return client.post(
        reverse(name, args=[row.pk]),
        data=json.dumps(body),
        content_type="application/json",
        headers={**WHATEVER, **headers},
    )


def counted(order, quantity):
    (line,) = receipts.lines_of(order)
    return [{"order_line_id": str(line.pk), "quantity": quantity}]


def came(order, quantity="2", **facts):
    return {"lines": counted(order, quantity), "received_on": "2026-11-23", **facts}


class TestReceipts:
    def test_goods_come_go_back_and_are_put_right(self, client, market, order):
        as_(client, receipts.receiver(market))
        made = send(client, "api-order-receipts", order, came(order, delivery_note="DN 1"))
        assert made.status_code == 201, made.content
        body = made.json()
        assert (body["number"], body["net_amount"], body["delivery_note"]) == (
            "GR-26-000001", "159.00", "DN 1",
        )  # fmt: skip
        assert made["Location"] == reverse("api-receipt", args=[body["id"]])
        back = {"lines": counted(order, "1"), "returned_on": "2026-11-23", "reason": "Broken."}
        for is_replaced in (True, False):
            gone = send(client, "api-order-returns", order, {**back, "is_replaced": is_replaced})
            assert gone.json()["is_replaced"] is is_replaced, gone.content
            assert gone.json()["lines"][0]["quantity"] == "-1.000"
        with stewardship():
            first = Receipt.objects.get(kind="RECEIVED")
        right = {"lines": counted(order, "3"), "reason": "Miscounted."}
        assert send(client, "api-receipt-corrections", first, right).status_code == 201
        line = client.get(reverse("api-order", args=[order.pk])).json()["lines"][0]
        assert (line["received_quantity"], line["cancelled_quantity"]) == ("1.000", "1.000")

    def test_both_sides_read_them(self, client, market, order):
        made = receipts.received(market, order, 1)
        for reader in (market.buyer, market.requester, market.seller):
            as_(client, reader)
            for answer in (
                client.get(reverse("api-receipts")),
                client.get(reverse("api-order-receipts", args=[order.pk])),
            ):
                assert [each["number"] for each in answer.json()["results"]] == [made.number]
            one = client.get(reverse("api-receipt", args=[made.pk]))
            assert one.json()["lines"][0]["name"] == "Office chair"
            with stewardship():
                assert one["ETag"] == f'"{Order.objects.get().version}"'

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"words": "gr-26-000001"}, 1),
            ({"words": "chairs ltd"}, 1),
            ({"words": "nobody"}, 0),
            ({"kind": "RECEIVED", "since": "2026-11-23"}, 1),
            ({"kind": "RETURNED"}, 0),
            ({"until": "2026-11-22"}, 0),
        ],
    )
    def test_are_narrowed_alike_for_both_sides(self, client, market, order, query, count):
        receipts.received(market, order, 1)
        for reader in (market.buyer, market.seller):
            as_(client, reader)
            answer = client.get(reverse("api-receipts"), query)
            assert len(answer.json()["results"]) == count

    def test_a_kind_that_is_none_is_said_to_be(self, client, market):
        as_(client, market.buyer)
        assert client.get(reverse("api-receipts"), {"kind": "x"}).status_code == 422

    def test_are_missing_for_others(self, client, market, order):
        made = receipts.received(market, order, 1)
        for stranger in (
            organisations.person(market.council, "requester"),
            organisations.person(organisations.council(), "buyer"),
            organisations.person(organisations.supplier()),
        ):
            sign_in(client, stranger)
            assert client.get(reverse("api-receipts")).json()["results"] == []
            assert client.get(reverse("api-receipt", args=[made.pk])).status_code == 404
            address = reverse("api-order-receipts", args=[order.pk])
            assert client.get(address).status_code == 404

    def test_names_every_wrong_value(self, client, market, order):
        as_(client, market.buyer)
        answer = send(client, "api-order-receipts", order, came(order, "5"))
        assert answer.status_code == 422
        assert answer.json()["errors"][0] == {
            "pointer": "#/lines/0/quantity", "detail": "Enter 4 at most.",
        }  # fmt: skip
        answer = send(client, "api-order-receipts", order, came(order, "many"))
        assert answer.status_code == 422

    def test_is_for_what_was_read(self, client, market, order):
        as_(client, market.buyer)
        body = came(order, "1")
        assert (
            send(client, "api-order-receipts", order, body, **{"If-Match": ""}).status_code == 428
        )
        answer = send(client, "api-order-receipts", order, body, **{"If-Match": '"99"'})
        assert answer.status_code == 412

    def test_the_same_key_books_once(self, client, market, order):
        as_(client, market.buyer)
        with stewardship():
            version = Order.objects.get().version
        headers = {"Idempotency-Key": "once", "If-Match": f'"{version}"'}
        numbers = {
            send(client, "api-order-receipts", order, came(order, "1"), **headers).json()["number"]
            for _ in range(2)
        }
        assert len(numbers) == 1
        assert receipts.lines_of(order)[0].received_quantity == 1

    def test_who_may(self, client, market, order):
        for actor, status in ((market.approver, 403), (market.seller, 403)):
            as_(client, actor)
            answer = send(client, "api-order-receipts", order, came(order, "1"))
            assert answer.status_code == status

    def test_what_is_left_is_cancelled(self, client, market, order):
        receipts.received(market, order, 1)
        as_(client, market.buyer)
        body = {"reason": "Enough."}
        whole = send(client, "api-order-cancellation", order, body)
        assert whole.json()["type"] == "/problems/order.part-has-come/"
        rest = send(client, "api-order-remainder", order, body)
        assert rest.json()["lines"][0]["cancelled_quantity"] == "3.000"
