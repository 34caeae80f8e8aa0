"""What holds for every deed over the API, and for its description."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Requisition
from marketplace.organisations.models import Membership
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


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
