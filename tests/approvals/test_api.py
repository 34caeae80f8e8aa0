"""Who approves what, for programs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from marketplace.approvals.models import Policy
from marketplace.approvals.rules import TierStep, Who
from marketplace.core.tenancy import stewardship
from tests.access.world import token_for
from tests.api.programs import Program, document
from tests.factories import approvals, organisations

pytestmark = pytest.mark.django_db

RULES = "/api/v1/approval-rules"


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def bo(council):
    return organisations.person(
        council, "approver", limit=50_000, name="Bo Boss", email="bo@example.com"
    )


def program(membership) -> Program:
    with stewardship():
        bearer = token_for(membership)
    return Program(membership, bearer, Client(raise_request_exception=False))


@pytest.fixture
def administrator(council):
    return program(organisations.person(council, "administrator", name="Ian Admin"))


def rules(*people, above="100.00", **facts):
    return {
        "tiers": [
            {"above_amount": "0.00", "steps": [{"who": "ANY_APPROVER"}]},
            {"above_amount": above, "steps": [{"who": "PEOPLE", "people": list(people)}]},
        ],
        **facts,
    }


def versions(council):
    with stewardship():
        return Policy.objects.of(council.pk).count()


def test_reads_the_rules_in_force(council, bo):
    approvals.policy(council, [TierStep(Decimal(0), 1, Who.PEOPLE, (bo.pk,))], version=4)
    answer = program(organisations.person(council, "requester")).get(RULES)
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"4"')
    assert answer.json()["tiers"] == [
        {
            "above_amount": "0.00",
            "up_to_amount": None,
            "steps": [
                {"who": "PEOPLE", "people": [{"name": "Bo Boss", "email": "bo@example.com"}]}
            ],
        }
    ]


def test_sets_the_first_and_the_next(council, bo, administrator):
    first = administrator.get(RULES)
    assert (first.json()["version"], first.headers["ETag"]) == (0, '"0"')
    sent = rules("BO@example.com", over_budget_allowed_by=["bo@example.com"])
    done = administrator.send("PUT", RULES, sent, **{"If-Match": '"0"'})
    assert done.status_code == 200, done.content
    assert done.headers["ETag"] == '"1"'
    assert done.json()["over_budget_allowed_by"][0]["name"] == "Bo Boss"
    assert [tier["up_to_amount"] for tier in done.json()["tiers"]] == ["100.00", None]
    document(administrator.send("PUT", RULES, sent, **{"If-Match": '"0"'}), 412)
    document(administrator.send("PUT", RULES, sent), 428)
    assert versions(council) == 1


def test_points_at_who_cannot_approve(council, bo, administrator):
    theirs = organisations.person(organisations.council(), "approver", limit=9)
    sent = rules("bo@example.com", theirs.user.email, over_budget_allowed_by=["x@example.com"])
    found = document(administrator.send("PUT", RULES, sent, **{"If-Match": "*"}), 422)
    assert [error["pointer"] for error in found["errors"]] == [
        "#/tiers/1/steps/0/people/1", "#/over_budget_allowed_by/0",
    ]  # fmt: skip
    assert versions(council) == 0


def test_refuses_what_could_never_be_approved(council, bo, administrator):
    sent = rules("bo@example.com", above="50000.00")
    found = document(administrator.send("PUT", RULES, sent, **{"If-Match": "*"}), 422)
    assert found["type"] == "/problems/policy.not-valid/"


def test_is_changed_by_administrators_only(council, bo):
    auditor = program(organisations.person(council, "auditor", "finance"))
    sent = rules("bo@example.com")
    document(auditor.send("PUT", RULES, sent, **{"If-Match": "*"}), 403)
    assert versions(council) == 0
    supplier = program(organisations.person(organisations.supplier()))
    document(supplier.get(RULES), 403)
