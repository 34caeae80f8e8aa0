"""Saying who must approve what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.approvals.ladder import rungs_of
from marketplace.approvals.models import Policy, PolicyTier
from marketplace.approvals.rules import TierStep, Who
from marketplace.approvals.selectors.plans import policy_of
from marketplace.approvals.selectors.policies import (
    people_named,
    policy_concerns,
    tier_steps,
)
from marketplace.approvals.services.cases import ApprovalNotAllowed
from marketplace.approvals.wording import concern_in_words
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Invalid
from marketplace.organisations.selectors.people import names_of
from marketplace.organisations.services.holding import hold_organisation


class PolicyNotValid(Invalid):
    """Something about the policy is not right."""

    code = "policy.not-valid"
    title = gettext_lazy("This policy cannot be used.")


class PolicyChanged(Conflict):
    """Somebody else has put another version in force meanwhile."""

    code = "policy.changed"
    title = gettext_lazy("Somebody else has changed who approves what.")


@transaction.atomic
def set_policy(
    *,
    administrator: Actor,
    tiers: Sequence[TierStep],
    at: datetime,
    over_budget_allowed_by: Sequence[UUID] = (),
    replaces: int | None = None,
) -> Policy:
    """Put a new version of the council's policy in force; what is being approved keeps its own.

    Shapes: the lowest tier must begin at nought, so that every amount needs somebody, and whoever
    is named must be able to approve. `replaces` is the version that was looked at, nought for
    none; without it whatever is in force is replaced.
    Raises: ApprovalNotAllowed; PolicyNotValid; PolicyChanged; Busy.
    """
    if not administrator.holds("administrator"):
        raise ApprovalNotAllowed(_("Only an administrator can say who approves what."))
    _check_shape(tiers)
    council_id = administrator.organisation_id
    hold_organisation(council_id)
    before = policy_of(council_id)
    version = before.version if before else 0
    if replaces is not None and replaces != version:
        raise PolicyChanged(
            _("You looked at version %(seen)d; version %(now)d by %(name)s is now in force.")
            % {"seen": replaces, "now": version, "name": before.made_by_name if before else ""},
            version=version,
        )
    _check_people(council_id, tiers, over_budget_allowed_by)
    policy = Policy.objects.create(
        council_id=council_id,
        version=version + 1,
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
        before=_facts(before.version, tier_steps(before.tiers.all()), before.over_budget_allowed_by)
        if before
        else None,
        after=_facts(policy.version, tiers, over_budget_allowed_by),
    )
    return policy


def _check_shape(tiers: Sequence[TierStep]) -> None:
    if not any(tier.above_amount == 0 for tier in tiers):
        raise PolicyNotValid(_("There must be a step for every amount, from £0 up."))
    if any(tier.who is Who.PEOPLE and not tier.people for tier in tiers):
        raise PolicyNotValid(_("A step for people must name at least one."))
    if any(tier.above_amount < 0 for tier in tiers):
        raise PolicyNotValid(_("An amount must not be below £0."))
    if len({(tier.above_amount, tier.step_order) for tier in tiers}) < len(tiers):
        raise PolicyNotValid(_("Two steps have the same amount and the same place."))


def _check_people(
    council_id: UUID, tiers: Sequence[TierStep], over_budget_allowed_by: Sequence[UUID]
) -> None:
    """Refuse rules under which nobody could ever approve something.

    Raises: PolicyNotValid.
    """
    found = policy_concerns(council_id, tiers, over_budget_allowed_by)
    refused = [concern for concern in found if concern.is_refused]
    if refused:
        lacking = {person for concern in refused for person in concern.people}
        names = names_of(council_id, people_named(tiers, over_budget_allowed_by) | lacking)
        ladder = rungs_of(tiers)
        raise PolicyNotValid(
            " ".join(concern_in_words(concern, ladder, names) for concern in refused)
        )


def _facts(
    version: int, tiers: Sequence[TierStep], over_budget_allowed_by: Sequence[UUID]
) -> dict[str, Any]:
    return {
        "version": version,
        "tiers": [
            {
                "above_amount": tier.above_amount,
                "step_order": tier.step_order,
                "who": tier.who.value,
                "people": [str(person) for person in tier.people],
            }
            for tier in tiers
        ],
        "over_budget_allowed_by": [str(person) for person in over_budget_allowed_by],
    }
