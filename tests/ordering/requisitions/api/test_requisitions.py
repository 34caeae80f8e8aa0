"""Requisitions over the API."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.urls import reverse

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.organisations.models import Membership
from tests.factories import catalogue, organisations
from tests.factories import ordering as factory
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


def draft(market, **facts):
    return {
        "title": "Chairs",
        "reason": "Worn out",
        "deliver_to": "1 High Street",
        "lines": [
            {
                "listing_id": str(market.listing.pk),
                "quantity": "2",
                "cost_centre": market.budget.coding.split("/")[0],
                "account": market.budget.coding.split("/")[1],
            }
        ],
        **facts,
    }


class TestRequisitions:
    def test_begins_reads_and_submits(self, client, market):
        as_(client, market.requester)
        made = send(client, "post", "api-requisitions", body=draft(market))
        assert made.status_code == 201, made.content
        body = made.json()
        assert made.headers["Location"] == reverse("api-requisition", args=[body["id"]])
        assert body["net_amount"] == "159.00"
        assert body["gross_amount"] == "190.80"
        assert body["lines"][0]["cost_centre"] == market.budget.coding.split("/")[0]
        read = client.get(made.headers["Location"])
        assert read.json() == body
        assert read.headers["ETag"] == made.headers["ETag"]
        seen = {"If-Match": read.headers["ETag"]}
        sent = send(client, "post", "api-requisition-submission", body["id"], **seen)
        assert sent.status_code == 200, sent.content
        assert sent.json()["status"] == "SUBMITTED"
        assert sent.json()["steps"][0]["who"] == ["Ada Approver"]
        assert client.get(reverse("api-requisitions")).json()["results"][0]["id"] == body["id"]

    def test_refuses_an_address_that_fits_no_paper(self, client, market):
        as_(client, market.requester)
        body = draft(market, deliver_to="a\n" * 60 + "z")
        answer = send(client, "post", "api-requisitions", body=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "#/deliver_to"

    def test_the_same_request_twice_makes_one(self, client, market):
        as_(client, market.requester)
        key = {"Idempotency-Key": str(uuid4())}
        one = send(client, "post", "api-requisitions", body=draft(market), **key)
        two = send(client, "post", "api-requisitions", body=draft(market), **key)
        assert one.json() == two.json()
        assert two.headers["Idempotent-Replayed"] == "true"
        with market.acting():
            assert Requisition.objects.count() == 1

    def test_asks_for_no_drafts_in_a_list_that_has_none(self, client, market):
        sign_in(client, organisations.person(market.council, "buyer"))
        assert client.get("/api/v1/requisitions?status=DRAFT").status_code == 422
        assert client.get("/api/v1/requisitions?status=SUBMITTED").status_code == 200

    def test_refuses_a_second_draft(self, client, market):
        as_(client, market.requester)
        one = send(client, "post", "api-requisitions", body=draft(market))
        two = send(client, "post", "api-requisitions", body=draft(market))
        assert two.status_code == 409
        assert two.json()["type"] == "/problems/requisition.basket-in-use/"
        assert two.json()["requisition_id"] == one.json()["id"]

    def test_names_every_line_that_is_wrong(self, client, market):
        as_(client, market.requester)
        line = draft(market)["lines"][0]
        stranger = catalogue.listing(organisations.supplier())
        lines = [
            line,
            line,
            {**line, "listing_id": str(stranger.pk)},
            {**line, "cost_centre": "NOPE", "account": "NOPE"},
        ]
        answer = send(client, "post", "api-requisitions", body=draft(market, lines=lines))
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"
        pointers = {each["pointer"] for each in answer.json()["errors"]}
        assert pointers >= {
            "#/lines/1/listing_id", "#/lines/2/listing_id", "#/lines/3/cost_centre",
            "#/lines/3/account",
        }  # fmt: skip
        with market.acting():
            assert RequisitionLine.objects.count() == 0

    @pytest.mark.parametrize("quantity", ["-1", "0", "abc", "1e400", "NaN", None, 1.5e300, [], {}])
    def test_refuses_a_quantity_that_is_none(self, client, market, quantity):
        as_(client, market.requester)
        line = {**draft(market)["lines"][0], "quantity": quantity}
        answer = send(client, "post", "api-requisitions", body=draft(market, lines=[line]))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "#/lines/0/quantity"

    def test_refuses_fields_that_it_does_not_know(self, client, market):
        as_(client, market.requester)
        answer = send(client, "post", "api-requisitions", body=draft(market, stauts="APPROVED"))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "#/stauts"

    def test_changes_only_what_was_read(self, client, market):
        as_(client, market.requester)
        made = send(client, "post", "api-requisitions", body=draft(market))
        place, tag = made.json()["id"], made.headers["ETag"]
        line = {**draft(market)["lines"][0], "quantity": "5"}
        body = draft(market, lines=[line])
        assert send(client, "put", "api-requisition", place, body=body).status_code == 428
        changed = send(client, "put", "api-requisition", place, body=body, **{"If-Match": tag})
        assert changed.status_code == 200, changed.content
        assert changed.json()["lines"][0]["quantity"] == "5.000"
        stale = send(client, "put", "api-requisition", place, body=body, **{"If-Match": tag})
        assert stale.status_code == 412

    def test_approves_with_the_hash_that_was_read(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        queue = client.get(reverse("api-approvals")).json()["results"]
        assert [each["id"] for each in queue] == [str(asked.pk)]
        seen = client.get(reverse("api-requisition", args=[asked.pk])).json()["content_hash"]
        stale = send(
            client, "post", "api-requisition-approval", asked.pk, body={"content_hash": "0" * 64}
        )
        assert stale.status_code == 409
        assert stale.json()["type"] == "/problems/approval.changed/"
        done = send(
            client, "post", "api-requisition-approval", asked.pk, body={"content_hash": seen}
        )
        assert done.status_code == 200, done.content
        assert done.json()["status"] == "APPROVED"
        assert done.json()["steps"][0]["decided_by"] == "Ada Approver"

    def test_turns_down_with_a_reason(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        body = {"content_hash": asked.content_hash, "reason": "No."}
        done = send(client, "post", "api-requisition-rejection", asked.pk, body=body)
        assert done.json()["status"] == "REJECTED"
        assert done.json()["rejection_reason"] == "No."

    def test_nobody_approves_their_own(self, client, market):
        both = organisations.actor(market.council, "requester", "approver", limit=50_000)
        asked = factory.submitted(market, requester=both)
        as_(client, both)
        answer = send(
            client,
            "post",
            "api-requisition-approval",
            asked.pk,
            body={"content_hash": asked.content_hash},
        )
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/approval.not-allowed/"

    def test_withdraws(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.requester)
        done = send(client, "post", "api-requisition-withdrawal", asked.pk, **WHATEVER)
        assert done.json()["status"] == "WITHDRAWN"
        again = send(client, "post", "api-requisition-withdrawal", asked.pk, **WHATEVER)
        assert again.status_code == 409

    def test_another_councils_is_missing(self, client, market):
        asked = factory.submitted(market)
        sign_in(
            client,
            organisations.person(organisations.council(), "buyer", "approver", limit=1000),
        )
        assert client.get(reverse("api-requisition", args=[asked.pk])).status_code == 404
        body = {"content_hash": asked.content_hash}
        for name in ("api-requisition-approval", "api-requisition-withdrawal"):
            answer = send(client, "post", name, asked.pk, body=body if "app" in name else {})
            assert answer.status_code == 404
        assert client.get(reverse("api-requisitions")).json()["results"] == []

    def test_pages_go_on_where_they_stopped(self, client, market):
        for _ in range(3):
            factory.submitted(market)
        as_(client, market.requester)
        first = client.get(reverse("api-requisitions"), {"size": 2}).json()
        second = client.get(first["next"]).json()
        assert len(first["results"]) == 2
        assert len(second["results"]) == 1
        assert second["next"] is None
