"""Telling people that something waits for their decision."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.approvals.models import Step
from marketplace.approvals.states import StepStatus
from marketplace.core.actors import Role
from marketplace.notifications.services import notify
from marketplace.organisations.models import Membership


def tell_deciders(*, council_id: UUID, step_id: UUID | str, at: datetime) -> int:
    """Write to everybody who can take a step now; return to how many.

    Those who stand in for one of them are written to as well, unless that one has left meanwhile.
    """
    step = Step.objects.of(council_id).select_related("case").filter(pk=step_id).first()
    if step is None or step.status != StepStatus.CURRENT:
        return 0
    today = timezone.localdate(at)
    stands_in = Q(
        delegations_held__delegator_id__in=step.eligible,
        delegations_held__from_on__lte=today,
        delegations_held__until_on__gte=today,
        delegations_held__ended_at__isnull=True,
        delegations_held__delegator__is_active=True,
        delegations_held__delegator__user__is_active=True,
        delegations_held__delegator__roles__contains=[Role.APPROVER.value],
    )
    people = (
        Membership.objects.of(step.council_id)
        .filter(Q(pk__in=step.eligible) | stands_in, is_active=True, user__is_active=True)
        .exclude(user_id__in=step.case.barred_user_ids)
        .select_related("user")
        .distinct()
        .order_by("pk")
    )
    case = step.case
    told = 0
    for person in people:
        notify(
            organisation_id=step.council_id,
            to=person.user.email,
            subject=_("Please look at %(reference)s: %(title)s")
            % {"reference": case.subject_reference, "title": case.title},
            body=_(
                "%(name)s asks for £%(amount)s, before VAT, for “%(title)s”. It waits for your"
                " decision."
            )
            % {
                "name": case.requester_name,
                "amount": f"{case.amount:,.2f}",
                "title": case.title,
            },
            link=case.link,
            key=f"step:{step.pk}:{person.pk}",
            at=at,
        )
        told += 1
    return told
