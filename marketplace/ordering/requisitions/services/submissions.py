"""A requisition's way from basket to orders: submitted, approved, turned down, taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from marketplace.approvals.services.cases import Subject, open_case, supersede_case
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year
from marketplace.ordering.bought import rules
from marketplace.ordering.links import requisition_link
from marketplace.ordering.models import Requisition
from marketplace.ordering.requisitions.lines import lines_of
from marketplace.ordering.requisitions.obstacles import looked_over, refuse_all
from marketplace.ordering.requisitions.selectors.requisitions import content_of
from marketplace.ordering.requisitions.services.held_baskets import (
    Details,
    check_version,
    own_draft,
    set_details,
)
from marketplace.organisations.services.numbers import next_number

KIND = "requisition"


@transaction.atomic
def submit_requisition(
    *,
    requisition_id: UUID,
    requester: Actor,
    at: datetime,
    details: Details | None = None,
    version: int | None = None,
) -> Requisition:
    """Number a basket and ask for its approval.

    Everything that would stop it later is looked at now and told at once: that each thing can still
    be bought at the price shown, that each line is coded, that there is money, and that somebody
    can approve.
    Shapes: `version` is the one that was seen, None for whatever there is.
    Raises: NotABuyer; Missing; NotADraft; DraftChanged; NotComplete; NeededInThePast;
    NeededTooFarAhead; PriceChanged; NoBudget; OverBudget; NoApprover.
    """
    requisition = own_draft(requester, requisition_id)
    check_version(requisition, version)
    if details is not None:
        set_details(requisition, details)
    lines = lines_of(requisition)
    found = looked_over(requisition, lines, requester, at)
    refuse_all(found.refusals)
    requisition.move("submit")
    year = financial_year(timezone.localdate(at))
    number = next_number(requisition.council_id, KIND, year)
    requisition.number = rules.order_number("REQ", year, number)
    requisition.content_hash = content_of(requisition, lines)
    requisition.submitted_at = at
    requisition.version += 1
    requisition.save(
        update_fields=[
            "title", "reason", "deliver_to", "needed_by_on", "status", "number", "content_hash",
            "submitted_at", "version",
        ]
    )  # fmt: skip
    open_case(
        subject=_subject(requisition),
        requester=requester,
        barred_user_ids=[requester.user_id],
        plan=found.plan,
        at=at,
    )
    record(
        "requisition.submitted",
        requisition,
        actor=requester,
        at=at,
        organisation_id=requisition.council_id,
        before={"status": "DRAFT"},
        after={
            "status": requisition.status,
            "net_amount": requisition.net_amount,
            "lines": len(lines),
            "content_hash": requisition.content_hash,
        },
    )
    return requisition


@transaction.atomic
def withdraw_requisition(
    *, requisition_id: UUID, requester: Actor, at: datetime, version: int | None = None
) -> Requisition:
    """Take back one's own requisition before it is approved, or give up one's basket.

    Shapes: `version` is the one that was seen, None for whatever there is.
    Raises: Missing; DraftChanged; IllegalMove.
    """
    mine = Requisition.objects.of(requester.organisation_id).filter(raised_by_id=requester.user_id)
    requisition = mine.lock(requisition_id)
    check_version(requisition, version)
    before = {"status": requisition.status}
    was_submitted = not requisition.is_basket
    requisition.move("withdraw")
    if was_submitted:
        supersede_case(council_id=requisition.council_id, subject_id=requisition.pk, at=at)
    requisition.withdrawn_at = at
    requisition.version += 1
    requisition.save(update_fields=["status", "withdrawn_at", "version"])
    record(
        "requisition.withdrawn",
        requisition,
        actor=requester,
        at=at,
        organisation_id=requisition.council_id,
        before=before,
        after={"status": requisition.status},
    )
    return requisition


def _subject(requisition: Requisition) -> Subject:
    return Subject(
        kind=KIND,
        id=requisition.pk,
        reference=requisition.number,
        title=requisition.title,
        link=requisition_link(requisition.pk),
        amount=requisition.net_amount,
        content_hash=requisition.content_hash,
    )
