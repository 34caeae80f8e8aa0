"""Who would have to approve an amount, before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from marketplace.approvals.models import Policy
from marketplace.approvals.rules import Approver, Holder, Plan, TierStep, Who, approval_plan
from marketplace.organisations.selectors.people import approvers


@dataclass(frozen=True, slots=True)
class PolicyPlan:
    """A plan and the policy that it follows; None when the council has none yet."""

    policy: Policy | None
    plan: Plan


def policy_of(council_id: UUID) -> Policy | None:
    """Return the policy in force, with its tiers."""
    rows = Policy.objects.of(council_id).prefetch_related("tiers")
    return rows.order_by("-version").first()


def approvers_of(council_id: UUID) -> list[Approver]:
    """Return everybody who may approve something now, by name."""
    return [
        Approver(row.pk, row.user_id, row.user.name, row.approval_limit_amount)
        for row in approvers(council_id)
    ]


def plan_for(
    council_id: UUID,
    *,
    amount: Decimal,
    holders: Sequence[Holder],
    barred_user_ids: Iterable[UUID],
    is_over_budget: bool = False,
) -> PolicyPlan:
    """Return who would have to say yes, in order.

    Units: `amount` in GBP, net.
    """
    policy = policy_of(council_id)
    if policy is None:
        return PolicyPlan(None, Plan((), ()))
    tiers = [
        TierStep(tier.above_amount, tier.step_order, Who(tier.who), tuple(tier.people))
        for tier in policy.tiers.all()
    ]
    plan = approval_plan(
        tiers,
        approvers_of(council_id),
        amount=amount,
        holders=holders,
        barred_user_ids=barred_user_ids,
        over_budget_allowed_by=policy.over_budget_allowed_by if is_over_budget else None,
    )
    return PolicyPlan(policy, plan)
