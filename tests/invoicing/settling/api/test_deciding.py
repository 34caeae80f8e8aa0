"""Deciding about invoices by program: the same services, the same refusals."""

from __future__ import annotations

import pytest

from tests.factories import invoicing, ordering, organisations
from tests.invoicing.settling.deciding import call, hold_of, market_of_today

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return market_of_today()


@pytest.fixture
def finance(market):
    return invoicing.finance(market)


@pytest.fixture
def agreeing(market):
    return invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))


@pytest.fixture
def held(market):
    return invoicing.taken(market, invoicing.said_of(market, ordering.answered(market)))


class TestInvoiceApproval:
    def test_approves(self, finance, agreeing):
        answer = call(finance, "api-invoice-approve", agreeing.pk, seen=agreeing.version)
        assert (answer.status_code, answer.json()["status"]) == (200, "APPROVED")
        assert answer["ETag"] == f'"{invoicing.now(agreeing).version}"'

    def test_wants_to_know_which_version_was_seen(self, finance, agreeing):
        assert call(finance, "api-invoice-approve", agreeing.pk).status_code == 428
        answer = call(finance, "api-invoice-approve", agreeing.pk, seen=agreeing.version + 1)
        assert answer.status_code == 412

    def test_half_a_coding_is_refused_at_its_place(self, market, finance, agreeing):
        half = {"cost_centre_id": str(market.budget.cost_centre_id)}
        answer = call(finance, "api-invoice-approve", agreeing.pk, seen=agreeing.version, body=half)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "#/cost_centre_id"

    def test_one_that_is_held_is_refused(self, finance, held):
        answer = call(finance, "api-invoice-approve", held.pk, seen=held.version)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/illegal-move/")

    def test_somebody_elses_is_missing(self, agreeing):
        stranger = organisations.actor(organisations.council(), "finance")
        assert call(stranger, "api-invoice-approve", agreeing.pk, seen=1).status_code == 404


class TestFindingRelease:
    def test_lets_a_difference_through(self, finance, held):
        answer = call(
            finance, "api-finding-release", held.pk, hold_of(held).pk, seen=held.version,
            body={"reason": "They come tomorrow."},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["status"]) == (200, "MATCHED")


class TestInvoiceSendingBack:
    def test_sends_it_back(self, finance, held):
        answer = call(
            finance, "api-invoice-send-back", held.pk, seen=held.version,
            body={"reason": "It names no order."},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["status"]) == (200, "SENT_BACK")
        assert answer.json()["sent_back_reason"] == "It names no order."
