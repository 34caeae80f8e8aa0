"""Questions about a council's rules of approval: now, earlier, and as they might be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from marketplace.approvals.cost_centres import CostCentreHeld, cost_centres_held
from marketplace.approvals.ladder import Concern, concerns
from marketplace.approvals.models import Policy, PolicyTier
from marketplace.approvals.rules import Plan, TierStep, Who, approval_plan
from marketplace.approvals.selectors.plans import approvers_of
from marketplace.core.actors import Role
from marketplace.organisations.models import Membership
from marketplace.organisations.selectors.people import approvers, names_of

# Where a council begins that has no rules yet: above this, a second person looks.
SECOND_LOOK_ABOVE = Decimal("5000.00")


def policies_of(council_id: UUID) -> QuerySet[Policy]:
    """Return every version of a council's policy with its tiers, latest first ("-version" by key).

    Shapes: the first is in force.
    """
    rows = Policy.objects.of(council_id).prefetch_related("tiers")
    return rows.order_by("-version")


def versions_before(council_id: UUID, versions: Collection[int]) -> dict[int, Policy]:
    """Return the policy that each of these versions replaced, by the later version."""
    rows = policies_of(council_id).filter(version__in=[version - 1 for version in versions])
    return {row.version + 1: row for row in rows}


def tier_steps(tiers: Iterable[PolicyTier]) -> list[TierStep]:
    """Return kept tiers as the rules take them, lowest first."""
    steps = [
        TierStep(tier.above_amount, tier.step_order, Who(tier.who), tuple(tier.people))
        for tier in tiers
    ]
    return sorted(steps, key=lambda step: (step.above_amount, step.step_order))


def names_in(council_id: UUID, policies: Iterable[Policy]) -> dict[UUID, str]:
    """Return the names of everybody whom policies name, those who have left too."""
    wanted: set[UUID] = set()
    for policy in policies:
        wanted |= people_named(tier_steps(policy.tiers.all()), policy.over_budget_allowed_by)
    return names_of(council_id, wanted)


def people_named(tiers: Iterable[TierStep], allowed: Iterable[UUID]) -> set[UUID]:
    """Return everybody whom rules name."""
    return {person for tier in tiers for person in tier.people} | set(allowed)


def addresses_of(council_id: UUID, people: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return name and e-mail address of people, by membership."""
    rows = Membership.objects.of(council_id).filter(pk__in=people).select_related("user")
    return {row.pk: (row.user.name, row.user.email) for row in rows}


def approvers_by_address(council_id: UUID) -> dict[str, UUID]:
    """Return everybody who may approve something now, by e-mail address."""
    return {row.user.email: row.pk for row in approvers(council_id)}


def people_who_ask(council_id: UUID) -> QuerySet[Membership]:
    """Return everybody who may raise a requisition now, by name."""
    roles = [Role.REQUESTER.value, Role.BUYER.value]
    rows = Membership.objects.of(council_id).filter(
        is_active=True, user__is_active=True, roles__overlap=roles
    )
    return rows.select_related("user").order_by("user__name", "id")


def policy_concerns(
    council_id: UUID,
    tiers: Sequence[TierStep],
    over_budget_allowed_by: Collection[UUID],
) -> list[Concern]:
    """Return what is wrong, or may be, with rules as they are or as they might be."""
    return concerns(
        tiers,
        approvers_of(council_id),
        over_budget_allowed_by=over_budget_allowed_by,
        holders=[each.holder for each in cost_centres_held(council_id)],
    )


def trial(
    council_id: UUID,
    tiers: Sequence[TierStep],
    over_budget_allowed_by: Sequence[UUID],
    *,
    amount: Decimal,
    cost_centre: CostCentreHeld | None,
    requester_user_id: UUID,
    is_over_budget: bool,
) -> Plan:
    """Return who would be asked, under rules that need not be in force.

    Units: `amount` in GBP, net.
    """
    return approval_plan(
        tiers,
        approvers_of(council_id),
        amount=amount,
        holders=[cost_centre.holder] if cost_centre else [],
        barred_user_ids=[requester_user_id],
        over_budget_allowed_by=over_budget_allowed_by if is_over_budget else None,
    )


def suggested_tiers(council_id: UUID) -> list[TierStep]:
    """Return rules to begin with: whoever answers for the money, and above a sum one more.

    Shapes: where no cost centre has a holder who approves, any approver; where the approvers that
    there are could not take every step, one step for every amount.
    """
    able = approvers_of(council_id)
    holders = [each.holder for each in cost_centres_held(council_id)]
    approving = {each.membership_id for each in able}
    held = any(each.membership_id in approving for each in holders)
    first = Who.HOLDER if held else Who.ANY_APPROVER
    one = [TierStep(Decimal("0.00"), 1, first)]
    two = [
        *one,
        TierStep(SECOND_LOOK_ABOVE, 1, first),
        TierStep(SECOND_LOOK_ABOVE, 2, Who.ANY_APPROVER),
    ]
    impossible = any(each.is_refused for each in concerns(two, able, holders=holders))
    return one if impossible else two
