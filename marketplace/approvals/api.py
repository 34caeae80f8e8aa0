"""Who approves what, for programs: the same service as the page calls."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.approvals.forms import MOST_RUNGS, MOST_STEPS
from marketplace.approvals.ladder import rungs_of
from marketplace.approvals.rules import TierStep, Who
from marketplace.approvals.selectors.plans import policy_of
from marketplace.approvals.selectors.policies import (
    addresses_of,
    approvers_by_address,
    people_named,
    tier_steps,
)
from marketplace.approvals.services.cases import ApprovalNotAllowed
from marketplace.approvals.services.policies import PolicyChanged, PolicyNotValid, set_policy
from marketplace.core.actors import Role
from marketplace.core.errors import FieldProblem
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.etags import check_if_match, etag
from marketplace.web.openapi import described
from marketplace.web.strict import StrictDecimal

COUNCIL = tuple(role.value for role in Role if role is not Role.SUPPLIER)
MOST_PEOPLE = 200
_PEOPLE_HELP = "E-mail addresses of approvers of the council; only for PEOPLE."
_SENT = {
    "tiers": [
        {"above_amount": "0.00", "steps": [{"who": "HOLDER", "people": []}]},
        {
            "above_amount": "5000.00",
            "steps": [
                {"who": "HOLDER", "people": []},
                {"who": "PEOPLE", "people": ["yusuf.demir@castermere.example"]},
            ],
        },
    ],
    "over_budget_allowed_by": ["yusuf.demir@castermere.example"],
}
_YUSUF = {"name": "Yusuf Demir", "email": "yusuf.demir@castermere.example"}
_EXAMPLE = {
    "version": 3,
    "since": "2026-11-23T12:00:00Z",
    "made_by_name": "Iestyn Prosser",
    "tiers": [
        {
            "above_amount": "0.00",
            "up_to_amount": "5000.00",
            "steps": [{"who": "HOLDER", "people": []}],
        },
        {
            "above_amount": "5000.00",
            "up_to_amount": None,
            "steps": [{"who": "HOLDER", "people": []}, {"who": "PEOPLE", "people": [_YUSUF]}],
        },
    ],
    "over_budget_allowed_by": [_YUSUF],
}


class RulesInput(Input):
    """The rules as they should be, whole."""

    class Tier(Input):
        """Amounts above one figure, and who is asked about them."""

        class Step(Input):
            """Who takes one step."""

            who = serializers.ChoiceField([each.value for each in Who])
            people = serializers.ListField(
                child=serializers.EmailField(),
                max_length=MOST_PEOPLE,
                default=list,
                help_text=_PEOPLE_HELP,
            )

        above_amount = StrictDecimal(
            max_digits=14, decimal_places=2, min_value=Decimal(0), help_text="Pounds, no VAT."
        )
        steps = Step(many=True, allow_empty=False, max_length=MOST_STEPS)  # type: ignore[call-arg]  # of a list

    tiers = Tier(many=True, allow_empty=False, max_length=MOST_RUNGS)  # type: ignore[call-arg]  # of a list
    over_budget_allowed_by = serializers.ListField(
        child=serializers.EmailField(), max_length=MOST_PEOPLE, default=list
    )


class ApprovalRules(Operation):
    """Who approves what."""

    access = COUNCIL
    writers = ("administrator",)
    scope = {"GET": "approval-rules:read", "PUT": "approval-rules:write"}

    class Output(serializers.Serializer[Any]):
        """The rules in force; version 0 without tiers when there are none."""

        class Person(serializers.Serializer[Any]):
            """Somebody who is named."""

            name = serializers.CharField()
            email = serializers.CharField()

        class Tier(serializers.Serializer[Any]):
            """Amounts above one figure, and who is asked about them."""

            class Step(serializers.Serializer[Any]):
                """Who takes one step."""

                who = serializers.ChoiceField([each.value for each in Who])
                people = serializers.ListField(child=serializers.DictField())

            above_amount = serializers.DecimalField(max_digits=14, decimal_places=2)
            up_to_amount = serializers.DecimalField(
                max_digits=14, decimal_places=2, allow_null=True
            )
            steps = Step(many=True)

        version = serializers.IntegerField()
        since = serializers.DateTimeField(allow_null=True)
        made_by_name = serializers.CharField()
        tiers = Tier(many=True)
        over_budget_allowed_by = Person(many=True)

    @described("Read who approves what", answers=Output, is_versioned=True, example=_EXAMPLE)
    def get(self, request: Request) -> Response:
        """Read the rules of approval that are in force."""
        return self._answer(actor(request).organisation_id)

    @described(
        "Change who approves what",
        answers=Output,
        takes=RulesInput,
        is_versioned=True,
        is_change=True,
        refusals=(ApprovalNotAllowed, PolicyNotValid, PolicyChanged),
        example=_EXAMPLE,
        sent=_SENT,
    )
    def put(self, request: Request) -> Response:
        """Put a new version in force; what waits for approval keeps the rules of its day."""
        administrator = actor(request)
        council_id = administrator.organisation_id
        policy = policy_of(council_id)
        version = policy.version if policy else 0
        check_if_match(request, version)
        values = self.taken(RulesInput)
        tiers, allowed = _named(values, approvers_by_address(council_id))
        set_policy(
            administrator=administrator,
            tiers=tiers,
            over_budget_allowed_by=allowed,
            replaces=version,
            at=timezone.now(),
        )
        return self._answer(council_id)

    def _answer(self, council_id: UUID) -> Response:
        policy = policy_of(council_id)
        if policy is None:
            nothing: dict[str, Any] = {
                "version": 0, "since": None, "made_by_name": "", "tiers": [],
                "over_budget_allowed_by": [],
            }  # fmt: skip
            return Response(nothing, headers={"ETag": etag(0)})
        tiers, allowed = tier_steps(policy.tiers.all()), policy.over_budget_allowed_by
        known = addresses_of(council_id, people_named(tiers, allowed))
        shown = {
            "version": policy.version,
            "since": policy.since,
            "made_by_name": policy.made_by_name,
            "tiers": [
                {
                    "above_amount": rung.above_amount,
                    "up_to_amount": rung.up_to_amount,
                    "steps": [
                        {"who": step.who.value, "people": _people(step.people, known)}
                        for step in rung.steps
                    ],
                }
                for rung in rungs_of(tiers)
            ],
            "over_budget_allowed_by": _people(allowed, known),
        }
        return Response(self.Output(shown).data, headers={"ETag": etag(policy.version)})


def _people(
    people: tuple[UUID, ...] | list[UUID], known: Mapping[UUID, tuple[str, str]]
) -> list[dict[str, str]]:
    return [{"name": known[each][0], "email": known[each][1]} for each in people if each in known]


def _named(
    values: Mapping[str, Any], known: Mapping[str, UUID]
) -> tuple[list[TierStep], list[UUID]]:
    """Return what was sent, with memberships for addresses.

    Raises: PolicyNotValid, pointing at each address that is no approver's.
    """
    wrong: list[FieldProblem] = []

    def found(addresses: list[str], pointer: str) -> list[UUID]:
        keys = []
        for place, address in enumerate(addresses):
            key = known.get(address.lower())
            if key is None:
                words = _("No approver of your council has this address.")
                wrong.append(FieldProblem(f"{pointer}/{place}", words))
            else:
                keys.append(key)
        return keys

    tiers = [
        TierStep(
            tier["above_amount"],
            order + 1,
            Who(step["who"]),
            tuple(found(step["people"], f"tiers/{place}/steps/{order}/people")),
        )
        for place, tier in enumerate(values["tiers"])
        for order, step in enumerate(tier["steps"])
    ]
    allowed = found(values["over_budget_allowed_by"], "over_budget_allowed_by")
    if wrong:
        raise PolicyNotValid(wrong[0].detail, errors=wrong)
    return tiers, allowed
