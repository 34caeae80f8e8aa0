"""How far invoices may differ, read and said by programs."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.test import Client

from marketplace.core.tenancy import stewardship
from tests.access.world import token_for
from tests.factories import organisations

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/allowed-differences"


@pytest.fixture
def council():
    return organisations.council()


def as_role(council, *roles):
    person = organisations.person(council, *roles)
    with stewardship():
        bearer = token_for(person)

    def ask(method="GET", body=None, seen=None):
        headers = {"authorization": f"Bearer {bearer}"}
        if method != "GET":
            headers["idempotency-key"] = str(uuid4())
        if seen is not None:
            headers["if-match"] = seen
        return Client().generic(
            method, ADDRESS, json.dumps(body) if body is not None else "",
            content_type="application/json", headers=headers,
        )  # fmt: skip

    return ask


@pytest.fixture
def finance(council):
    return as_role(council, "finance")


class TestAllowedDifferences:
    def test_are_exact_until_somebody_says_otherwise(self, finance):
        found = finance()
        assert found["ETag"] == '"0"'
        said = found.json()
        assert (said["price_percent"], said["price_amount"]) == ("0.00", None)
        assert (said["needs_receipt"], said["set_by_name"], said["set_at"]) == (True, "", None)

    def test_are_said_figure_by_figure(self, finance):
        done = finance("PUT", {"price_percent": None, "line_percent": "2.5"}, '"0"')
        assert (done.status_code, done["ETag"]) == (200, '"1"')
        done = finance("PUT", {"line_amount": "5.00", "needs_receipt": False}, '"1"')
        said = finance().json()
        assert done.json() == said
        assert (said["price_percent"], said["line_percent"], said["line_amount"]) == (
            None, "2.50", "5.00",
        )  # fmt: skip
        assert said["needs_receipt"] is False

    def test_name_the_version_that_was_seen(self, finance):
        assert finance("PUT", {"charges_amount": "5"}).status_code == 428
        assert finance("PUT", {"charges_amount": "5"}, '"0"').status_code == 200
        late = finance("PUT", {"charges_amount": "6"}, '"0"')
        assert late.status_code == 412
        assert finance().json()["charges_amount"] == "5.00"

    def test_are_told_which_figure_is_too_much(self, finance):
        refused = finance("PUT", {"line_percent": "25", "charges_amount": "-1"}, '"0"')
        assert refused.status_code == 422
        assert refused.json()["type"] == "/problems/allowed-differences.too-much/"
        assert {each["pointer"] for each in refused.json()["errors"]} == {
            "#/line_percent", "#/charges_amount",
        }  # fmt: skip

    @pytest.mark.parametrize(
        "body", [{"line": "1"}, {"line_percent": "x"}, {"charges_amount": None}, []]
    )
    def test_refuse_nonsense(self, finance, body):
        assert finance("PUT", body, '"0"').status_code in {400, 422}

    def test_are_read_by_buyers_and_not_said(self, council):
        buyer = as_role(council, "buyer")
        assert buyer().status_code == 200
        assert buyer("PUT", {"charges_amount": "5"}, '"0"').status_code == 403
