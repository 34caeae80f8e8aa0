"""Questions about requisitions and baskets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from marketplace.approvals.models import Case
from marketplace.approvals.rules import Plan
from marketplace.approvals.selectors.cases import cases_awaiting
from marketplace.approvals.selectors.plans import plan_for
from marketplace.audit.models import Event
from marketplace.audit.selectors import timeline
from marketplace.core.actors import Actor
from marketplace.core.models import TenantQuerySet
from marketplace.ordering.bought.selectors.words import has_part, keys_with, parts
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions import rules
from marketplace.ordering.requisitions.selectors.money import (
    BudgetEffect,
    budget_effects,
    holders_of,
)
from marketplace.ordering.states import RequisitionStatus

# Who may read every requisition of their council; others read their own.
READERS = ("buyer", "approver", "finance", "auditor", "administrator")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What will happen when a basket is submitted: who approves, and what it does to budgets.

    `trouble` is what would be refused: "budget", "approver", or "" when nothing would.
    """

    plan: Plan
    effects: list[BudgetEffect]
    trouble: str


def requisitions_of(reader: Actor) -> QuerySet[Requisition]:
    """Return what `reader` may see of their council's requisitions, latest first ("-id" by key).

    Shapes: everybody sees their own; those whose work it is see all. Baskets are not among them.
    """
    rows = readable_by(reader).exclude(status=RequisitionStatus.DRAFT)
    return rows.order_by("-id")


def requisitions_found(
    reader: Actor, *, words: str = "", status: str = "", whose: str = ""
) -> QuerySet[Requisition]:
    """Return those among them that have a status, and words in number, title or name.

    Shapes: `whose` is "mine" for the reader's own, empty for everybody's.
    """
    rows = requisitions_of(reader)
    if whose:
        rows = rows.filter(raised_by_id=reader.user_id)
    if status:
        rows = rows.filter(status=status)
    wanted = parts(words)
    keys = keys_with("requisition", wanted) if wanted else None
    if keys is not None:
        return rows.filter(pk__in=keys)
    for part in wanted:
        rows = rows.filter(has_part(part))
    return rows


def requisition(reader: Actor, requisition_id: UUID) -> Requisition:
    """Return one requisition that `reader` may see; a basket only to the one whose it is.

    Raises: Missing.
    """
    return readable_by(reader).one(requisition_id)


def readable_by(reader: Actor) -> TenantQuerySet[Requisition]:
    """Return every requisition that `reader` may open; baskets only their own."""
    mine = Q(raised_by_id=reader.user_id)
    if reader.holds(*READERS):
        mine |= ~Q(status=RequisitionStatus.DRAFT)
    return Requisition.objects.of(reader.organisation_id).filter(mine)


def basket_of(reader: Actor) -> Requisition | None:
    """Return the person's basket, or None."""
    rows = Requisition.objects.of(reader.organisation_id)
    return rows.filter(raised_by_id=reader.user_id, status=RequisitionStatus.DRAFT).first()


def basket_size(reader: Actor) -> int:
    """Return how many lines are in the person's basket: one statement, for every page's menu."""
    lines = RequisitionLine.objects.of(reader.organisation_id).filter(
        requisition__raised_by_id=reader.user_id, requisition__status=RequisitionStatus.DRAFT
    )
    return lines.count()


def lines_with_coding(requisition: Requisition) -> QuerySet[RequisitionLine]:
    """Return its lines in order, with supplier, cost centre and account, in one query."""
    rows = requisition.lines.select_related("supplier", "cost_centre", "account")
    return rows.order_by("line_number")


def requisitions_awaiting(approver: Actor, at: datetime) -> QuerySet[Requisition]:
    """Return what `approver` could approve now, oldest first ("submitted_at", "id" by key).

    Shapes: those that wait for somebody for whom they stand in too; never their own.
    """
    cases = cases_awaiting(approver, timezone.localdate(at)).filter(subject_type="requisition")
    rows = Requisition.objects.of(approver.organisation_id)
    return rows.filter(
        status=RequisitionStatus.SUBMITTED, pk__in=cases.order_by().values("subject_id")
    ).order_by("submitted_at", "id")


def requisition_timeline(requisition: Requisition) -> QuerySet[Event]:
    """Return what was done to a requisition and to its orders, oldest first."""
    return timeline(requisition, *requisition.orders.all())


def requisition_verbs(requisition: Requisition, reader: Actor, case: Case | None) -> list[str]:
    """Return the verbs that `reader` can be offered now, in the machine's order.

    Shapes: the machine says what the status allows; this says what is this person's to do. Whether
    they may take the current step is known when they try, or from `requisitions_awaiting`.
    """
    is_own = requisition.raised_by_id == reader.user_id
    theirs = {"submit", "withdraw"} if is_own else set()
    if not is_own and case is not None and reader.holds("approver"):
        theirs |= {"approve", "reject"}
    return [verb for verb in requisition.verbs() if verb in theirs]


def outlook(
    requisition: Requisition, reader: Actor, lines: Sequence[RequisitionLine], at: datetime
) -> Outlook:
    """Return who would approve a basket and what it would do to budgets, before it is submitted.

    Shapes: `lines` with their coding joined in.
    """
    (effects,) = budget_effects(requisition.council_id, at, [lines])
    found = plan_for(
        requisition.council_id,
        amount=requisition.net_amount,
        holders=holders_of(requisition.council_id, lines),
        barred_user_ids=[reader.user_id],
        is_over_budget=any(effect.may_be_allowed for effect in effects),
    )
    trouble = ""
    if any(effect.is_stopped for effect in effects):
        trouble = "budget"
    elif not found.plan.is_possible and lines:
        trouble = "approver"
    return Outlook(found.plan, effects, trouble)


def content_of(requisition: Requisition, lines: Sequence[RequisitionLine]) -> str:
    """Return the hash of all that an approver is asked to agree to."""
    return rules.content_hash(
        title=requisition.title,
        reason=requisition.reason,
        deliver_to=requisition.deliver_to,
        needed_by_on=requisition.needed_by_on,
        lines=[
            rules.SeenLine(
                line_number=line.line_number,
                listing_id=line.listing_id,
                supplier_id=line.supplier_id,
                part_number=line.part_number,
                name=line.name,
                unit=line.unit,
                quantity=line.quantity,
                unit_price=line.unit_price,
                vat_category=str(line.vat_category),
                vat_rate_percent=line.vat_rate_percent,
                cost_centre_id=line.cost_centre_id,
                account_id=line.account_id,
            )
            for line in lines
        ],
    )
