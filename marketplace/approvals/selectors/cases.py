"""Questions about requests for approval and who stands in for whom."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from marketplace.approvals.models import Case, Decision, Delegation
from marketplace.approvals.states import CaseStatus, StepStatus
from marketplace.core.actors import Actor


def delegations_held(membership_id: UUID, on: date) -> QuerySet[Delegation]:
    """Return what others have lent to somebody on a day."""
    rows = Delegation.objects.filter(
        delegate_id=membership_id, from_on__lte=on, until_on__gte=on, ended_at__isnull=True
    )
    return rows.select_related("delegator__user").order_by("delegator__user__name", "id")


def delegations_given(membership_id: UUID) -> QuerySet[Delegation]:
    """Return what somebody has lent to others, latest first."""
    rows = Delegation.objects.filter(delegator_id=membership_id)
    return rows.select_related("delegate__user").order_by("-from_on", "-id")


def cases_awaiting(approver: Actor, on: date) -> QuerySet[Case]:
    """Return what `approver` could decide now, oldest first ("id" for pages by key).

    Shapes: what waits for them by name, and what waits for somebody for whom they stand in; never
    their own, never what they decided a step of, nor what their delegator asked for.
    """
    current = Q(steps__status=StepStatus.CURRENT)
    within = Q(steps__needs_limit=False)
    if approver.approval_limit_amount is not None:
        within |= Q(amount__lte=approver.approval_limit_amount)
    mine = current & within & Q(steps__eligible__contains=[approver.membership_id])
    lent = list(delegations_held(approver.membership_id, on))
    for delegation in lent:
        mine |= (
            current
            & Q(steps__eligible__contains=[delegation.delegator_id])
            & Q(amount__lte=delegation.limit_amount)
        )
    decided = Decision.objects.filter(case=OuterRef("pk"), decided_by_id=approver.user_id)
    return (
        Case.objects.of(approver.organisation_id)
        .filter(mine, status=CaseStatus.PENDING)
        .exclude(barred_user_ids__contains=[approver.user_id])
        .exclude(requester_membership_id__in=[each.delegator_id for each in lent])
        .exclude(Exists(decided))
        .order_by("id")
    )


def cases_of(council_id: UUID, subject_id: UUID) -> QuerySet[Case]:
    """Return every request for approval of a thing with its steps and decisions, latest first."""
    rows = Case.objects.of(council_id).filter(subject_id=subject_id)
    return rows.prefetch_related("steps__decision").order_by("-id")


def case_of(council_id: UUID, subject_id: UUID) -> Case | None:
    """Return the latest request for approval of a thing, or None."""
    return cases_of(council_id, subject_id).first()
