"""Questions about requests for approval and who stands in for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from marketplace.approvals import rules
from marketplace.approvals.models import Case, Decision, Delegation, Step
from marketplace.approvals.states import CaseStatus, StepStatus
from marketplace.core.actors import Actor, Role


def delegations_held(council_id: UUID, membership_id: UUID, on: date) -> QuerySet[Delegation]:
    """Return what others have lent to somebody on a day.

    Shapes: also from those who have meanwhile left or approve nothing any more; what they lent
    gives no authority (`delegations_usable`), and still bars from what they asked for.
    """
    rows = Delegation.objects.of(council_id).filter(
        delegate_id=membership_id, from_on__lte=on, until_on__gte=on, ended_at__isnull=True
    )
    return rows.select_related("delegator__user").order_by("delegator__user__name", "id")


def delegations_usable(held: Iterable[Delegation]) -> list[Delegation]:
    """Return those whose delegator could still decide in person: nobody lends what they lost."""
    return [
        each
        for each in held
        if each.delegator.is_active
        and each.delegator.user.is_active
        and Role.APPROVER.value in each.delegator.roles
    ]


def delegations_given(council_id: UUID, membership_id: UUID) -> QuerySet[Delegation]:
    """Return what somebody has lent to others, latest first."""
    rows = Delegation.objects.of(council_id).filter(delegator_id=membership_id)
    return rows.select_related("delegate__user").order_by("-from_on", "-id")


def cases_awaiting(approver: Actor, on: date) -> QuerySet[Case]:
    """Return what `approver` could decide now, oldest first ("id" for pages by key).

    Shapes: what waits for them by name, and what waits for somebody for whom they stand in; never
    their own, never what they decided a step of, nor what their delegator asked for.
    """
    mine = _decidable(approver.membership_id, approver.approval_limit_amount)
    lent = list(delegations_held(approver.organisation_id, approver.membership_id, on))
    for each in delegations_usable(lent):
        theirs = _decidable(each.delegator_id, each.delegator.approval_limit_amount)
        mine |= theirs & Q(amount__lte=each.limit_amount)
    decided = Decision.objects.filter(case=OuterRef("pk"), decided_by_id=approver.user_id)
    return (
        Case.objects.of(approver.organisation_id)
        .filter(mine, status=CaseStatus.PENDING)
        .exclude(barred_user_ids__contains=[approver.user_id])
        .exclude(requester_membership_id__in=[each.delegator_id for each in lent])
        .exclude(Exists(decided))
        .order_by("id")
    )


def _decidable(membership_id: UUID, limit_amount: Decimal | None) -> Q:
    """Return what the current step names somebody for, as far as their limit reaches."""
    within = Q(steps__needs_limit=False)
    if limit_amount is not None:
        within |= Q(amount__lte=limit_amount)
    return Q(steps__status=StepStatus.CURRENT, steps__eligible__contains=[membership_id]) & within


@dataclass(frozen=True, slots=True)
class Authority:
    """On whose account somebody decides: `lent` is None when it is their own."""

    membership_id: UUID
    lent: Delegation | None = None


def authority_for(
    case: Case, step: Step, approver: Actor, held: Iterable[Delegation]
) -> Authority | None:
    """Return on whose account somebody would take a step; None when on nobody's.

    Shapes: `held` is what was lent to them, as `delegations_held` returns it.
    """
    if approver.membership_id in step.eligible and rules.authority(
        amount=case.amount,
        needs_limit=step.needs_limit,
        own_limit_amount=approver.approval_limit_amount,
    ):
        return Authority(approver.membership_id)
    for each in delegations_usable(held):
        if each.delegator_id in step.eligible and rules.authority(
            amount=case.amount,
            needs_limit=step.needs_limit,
            own_limit_amount=each.delegator.approval_limit_amount,
            delegated_limit_amount=each.limit_amount,
        ):
            return Authority(each.delegator_id, each)
    return None


def may_exceed_budget(case: Case, approver: Actor, on: date) -> bool:
    """Tell whether whoever decides the current step this way is trusted to exceed a budget."""
    step = next((each for each in case.steps.all() if each.status == StepStatus.CURRENT), None)
    if step is None:
        return False
    held = delegations_held(case.council_id, approver.membership_id, on)
    found = authority_for(case, step, approver, held)
    return found is not None and found.membership_id in case.policy.over_budget_allowed_by


def cases_of(council_id: UUID, subject_id: UUID) -> QuerySet[Case]:
    """Return every request for approval of a thing with its steps and decisions, latest first."""
    rows = Case.objects.of(council_id).filter(subject_id=subject_id)
    return rows.prefetch_related("steps__decision").order_by("-id")


def case_of(council_id: UUID, subject_id: UUID) -> Case | None:
    """Return the latest request for approval of a thing, or None."""
    return cases_of(council_id, subject_id).first()
