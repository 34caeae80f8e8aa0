"""Orders over the API."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Order
from marketplace.organisations.models import Membership
from tests.factories import ordering as factory
from tests.factories import organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

WHATEVER = {"If-Match": "*"}


@pytest.fixture
def market():
    return factory.market()


def as_(client, actor):
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=actor.membership_id
        )
    return sign_in(client, membership)


def send(client, method, name, *args, body=None, **headers):
    return getattr(client, method)(
        reverse(name, args=args),
        data=json.dumps({} if body is None else body),
        content_type="application/json",
        headers=headers,
    )


class TestOrders:
    def test_both_sides_read_and_download(self, client, market):
        order = factory.sent(market)
        for reader in (market.buyer, market.seller):
            as_(client, reader)
            listed = client.get(reverse("api-orders")).json()["results"]
            assert [each["number"] for each in listed] == [order.number]
            body = client.get(reverse("api-order", args=[order.pk])).json()
            assert body["lines"][0]["name"] == "Office chair"
            assert "cost_centre" not in body["lines"][0]
            papers = client.get(reverse("api-order-documents", args=[order.pk])).json()
            for paper in papers["documents"]:
                answer = client.get(paper["href"])
                assert answer.status_code == 200
                assert len(answer.content) == paper["size_bytes"]

    def test_supplier_answers_every_line(self, client, market):
        order = factory.sent(market)
        as_(client, market.seller)
        line = client.get(reverse("api-order", args=[order.pk])).json()["lines"][0]["id"]
        wrong = send(
            client,
            "post",
            "api-order-answer",
            order.pk,
            body={"lines": [{"line_id": line, "answer": "REFUSED"}]},
            **WHATEVER,
        )
        assert wrong.status_code == 422
        assert wrong.json()["errors"][0]["pointer"] == "#/lines/0/reason"
        done = send(
            client,
            "post",
            "api-order-answer",
            order.pk,
            body={"lines": [{"line_id": line, "answer": "ACCEPTED"}]},
            **WHATEVER,
        )
        assert done.json()["status"] == "ACKNOWLEDGED"

    def test_another_suppliers_order_is_missing(self, client, market):
        order = factory.sent(market)
        sign_in(client, organisations.person(organisations.supplier()))
        for name in ("api-order", "api-order-documents", "api-order-pdf", "api-order-ubl"):
            assert client.get(reverse(name, args=[order.pk])).status_code == 404

    def test_council_cancels(self, client, market):
        order = factory.sent(market)
        as_(client, market.buyer)
        body = {"reason": "Ordered twice"}
        done = send(client, "post", "api-order-cancellation", order.pk, body=body, **WHATEVER)
        assert done.json()["status"] == "CANCELLED"
        with market.acting():
            assert Order.objects.get().cancellation_reason == "Ordered twice"

    def test_a_supplier_may_not_cancel(self, client, market):
        order = factory.sent(market)
        as_(client, market.seller)
        answer = send(client, "post", "api-order-cancellation", order.pk, body={"reason": "x"})
        assert answer.status_code == 403
