"""Saying who must approve what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.approvals.models import Policy, PolicyTier
from marketplace.approvals.rules import TierStep, Who
from marketplace.approvals.services.cases import ApprovalNotAllowed
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Invalid
from marketplace.organisations.services.holding import hold_organisation


class PolicyNotValid(Invalid):
    """Something about the policy is not right."""

    code = "policy.not-valid"
    title = gettext_lazy("This policy cannot be used.")


@transaction.atomic
def set_policy(
    *,
    administrator: Actor,
    tiers: Sequence[TierStep],
    at: datetime,
    over_budget_allowed_by: Sequence[UUID] = (),
) -> Policy:
    """Put a new version of the council's policy in force; what is being approved keeps its own.

    Shapes: the lowest tier must begin at nought, so that every amount needs somebody.
    Raises: ApprovalNotAllowed; PolicyNotValid; Busy.
    """
    if not administrator.holds("administrator"):
        raise ApprovalNotAllowed(_("Only an administrator can say who approves what."))
    if not any(tier.above_amount == 0 for tier in tiers):
        raise PolicyNotValid(_("There must be a step for every amount, from £0 up."))
    if any(tier.who is Who.PEOPLE and not tier.people for tier in tiers):
        raise PolicyNotValid(_("A step for people must name at least one."))
    if any(tier.above_amount < 0 for tier in tiers):
        raise PolicyNotValid(_("An amount must not be below £0."))
    if len({(tier.above_amount, tier.step_order) for tier in tiers}) < len(tiers):
        raise PolicyNotValid(_("Two steps have the same amount and the same place."))
    council_id = administrator.organisation_id
    hold_organisation(council_id)
    last = Policy.objects.of(council_id).aggregate(last=Max("version"))["last"] or 0
    policy = Policy.objects.create(
        council_id=council_id,
        version=last + 1,
        over_budget_allowed_by=list(over_budget_allowed_by),
        since=at,
        made_by_name=administrator.name,
    )
    PolicyTier.objects.bulk_create(
        PolicyTier(
            council_id=council_id,
            policy=policy,
            above_amount=tier.above_amount,
            step_order=tier.step_order,
            who=tier.who,
            people=list(tier.people),
        )
        for tier in tiers
    )
    record(
        "policy.set",
        policy,
        actor=administrator,
        at=at,
        organisation_id=council_id,
        after={
            "version": policy.version,
            "tiers": [
                {
                    "above_amount": tier.above_amount,
                    "step_order": tier.step_order,
                    "who": tier.who.value,
                    "people": [str(person) for person in tier.people],
                }
                for tier in tiers
            ],
        },
    )
    return policy
