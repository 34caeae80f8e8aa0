"""Requisitions and orders over the API."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.urls import reverse

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Order, Requisition, RequisitionLine
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


class TestDeedsAreForWhatWasRead:
    """Each names the version that was read, or is refused and does nothing."""

    @pytest.fixture(params=["submission", "withdrawal", "cancellation", "answer"])
    def deed(self, request, market):
        """Who does it, the operation, what it is done to and what is sent."""
        if request.param in {"submission", "withdrawal"}:
            made = factory.basket(market)
            with market.acting():
                Requisition.objects.update(title="Chairs", deliver_to="1 High Street")
            return market.requester, f"api-requisition-{request.param}", made, {}
        order = factory.sent(market)
        if request.param == "cancellation":
            return market.buyer, "api-order-cancellation", order, {"reason": "Ordered twice"}
        with market.selling():
            line = order.lines.get()
        said = {"lines": [{"line_id": str(line.pk), "answer": "ACCEPTED"}]}
        return market.seller, "api-order-answer", order, said

    def do(self, client, deed, **headers):
        who, name, row, body = deed
        as_(client, who)
        return send(client, "post", name, row.pk, body=body, **headers)

    def test_must_name_it(self, client, deed):
        assert self.do(client, deed).status_code == 428

    @pytest.mark.parametrize("sent", ['"999"', "W/{tag}"])
    def test_must_name_the_right_one(self, client, deed, sent):
        _who, _name, row, _body = deed
        answer = self.do(client, deed, **{"If-Match": sent.format(tag=f'"{row.version}"')})
        assert answer.status_code == 412, answer.content
        with stewardship():
            assert type(row).objects.get(pk=row.pk).status == row.status

    def test_passes_with_it(self, client, deed):
        row = deed[2]
        with stewardship():
            version = type(row).objects.get(pk=row.pk).version
        answer = self.do(client, deed, **{"If-Match": f'"{version}"'})
        assert answer.status_code == 200, answer.content

    def test_is_answered_again_for_the_same_key(self, client, deed):
        named = {"If-Match": "*", "Idempotency-Key": "once"}
        first, again = self.do(client, deed, **named), self.do(client, deed, **named)
        assert (first.status_code, again.content) == (200, first.content)

    @pytest.mark.parametrize("verb", ["approval", "rejection"])
    def test_a_decision_heeds_one_that_is_named(self, client, market, verb):
        """What was seen is named by its hash, so the version is free; a wrong one is refused."""
        asked = factory.submitted(market)
        as_(client, market.approver)
        name, body = f"api-requisition-{verb}", {"content_hash": asked.content_hash}
        if verb == "rejection":
            body["reason"] = "No."
        stale = send(client, "post", name, asked.pk, body=body, **{"If-Match": '"999"'})
        assert stale.status_code == 412
        named = {"If-Match": f'"{asked.version}"'}
        assert send(client, "post", name, asked.pk, body=body, **named).status_code == 200


class TestBudgets:
    def test_lists_how_each_stands(self, client, market):
        factory.approved(market)
        as_(client, market.buyer)
        row = client.get(reverse("api-budgets"), {"year": 2026}).json()["results"][0]
        assert row["committed_amount"] == "159.00"
        assert row["available_amount"] == "9841.00"
        assert client.get(reverse("api-budgets"), {"year": "x"}).status_code == 422


class TestDescription:
    def test_every_operation_is_described_without_a_complaint(self, client, capsys):
        from drf_spectacular.drainage import GENERATOR_STATS

        with GENERATOR_STATS.silence():
            schema = client.get(reverse("api-schema"), headers={"Accept": "application/json"})
        assert schema.status_code == 200
        assert not GENERATOR_STATS._warn_cache
        assert not GENERATOR_STATS._error_cache
        operations = [
            operation for path in schema.json()["paths"].values() for operation in path.values()
        ]
        assert operations
        assert all(operation.get("summary") for operation in operations)
        ids = [operation["operationId"] for operation in operations]
        assert len(ids) == len(set(ids))
        for operation in operations:
            assert {"401", "403"} <= operation["responses"].keys(), operation["operationId"]
