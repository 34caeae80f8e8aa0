"""Approvals: what waits for somebody's decision, and deciding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.approvals.models import Case
from marketplace.approvals.selectors.cases import (
    case_of,
    delegations_held,
    delegations_usable,
    may_exceed_budget,
)
from marketplace.core.actors import Actor
from marketplace.core.errors import Refusal
from marketplace.ordering.bought import rules
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.forms import Decision
from marketplace.ordering.requisitions.selectors.money import BudgetEffect, budget_effects
from marketplace.ordering.requisitions.selectors.requisitions import (
    content_of,
    lines_with_coding,
    requisitions_awaiting,
)
from marketplace.ordering.requisitions.selectors.requisitions import requisition as requisition_of
from marketplace.ordering.requisitions.services.decisions import (
    approve_requisition,
    reject_requisition,
)
from marketplace.ordering.requisitions.views.shown import requisition_facts, what_in_words
from marketplace.ordering.states import RequisitionStatus
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.paging import page_by_key
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """One requisition in the queue: what, why, and what is left in the budgets."""

    requisition: Requisition
    what: str
    effects: list[BudgetEffect]


@access("approver")
@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """List what waits for this person, with the three facts to decide by."""
    acting, at = actor(request), timezone.now()
    coded = RequisitionLine.objects.of(acting.organisation_id).select_related(
        "cost_centre", "account"
    )
    queue = requisitions_awaiting(acting, at).prefetch_related(
        Prefetch("lines", queryset=coded.order_by("line_number"))
    )
    page = page_by_key(queue, request.GET.get("after"), keys=("submitted_at", "id"))
    lots = [list(each.lines.all()) for each in page.rows]
    effects = budget_effects(acting.organisation_id, at, lots)
    rows = [
        Waiting(each, what_in_words(lines), taken)
        for each, lines, taken in zip(page.rows, lots, effects, strict=True)
    ]
    return render(
        request,
        "ordering/approvals.html",
        {
            "rows": rows,
            "page": page,
            "delegations": delegations_usable(
                delegations_held(
                    acting.organisation_id, acting.membership_id, timezone.localdate(at)
                )
            ),
        },
    )


@access("approver")
@require_http_methods(["GET", "HEAD", "POST"])
def requisition_approve(request: HttpRequest, requisition_id: UUID) -> HttpResponse:
    """Show exactly what is to be decided, and take the decision."""
    acting, at = actor(request), timezone.now()
    form, status = Decision(posted(request)), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                decided = _decide(requisition_id, acting, form)
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                messages.success(request, _said(decided, acting))
                return redirect("approvals")
    shown = requisition_of(acting, requisition_id)
    lines = list(lines_with_coding(shown))
    case = case_of(acting.organisation_id, shown.pk)
    effects = budget_effects(acting.organisation_id, at, [lines])[0]
    return render(
        request,
        "ordering/requisition_approve.html",
        {
            "form": form,
            "requisition": shown,
            "lines": lines,
            # Who asked and why stand at the top of this page already.
            "facts": requisition_facts(shown)[2:],
            "vat_lines": rules.totals(lines).breakdown,
            "effects": effects,
            "case": case,
            "seen_hash": content_of(shown, lines),
            "waits_for_you": requisitions_awaiting(acting, at).filter(pk=shown.pk).exists(),
            "asks_override": _may_override(case, acting, effects, at),
        },
        status=status,
    )


def _decide(requisition_id: UUID, acting: Actor, form: Decision) -> Requisition:
    said, at = form.cleaned_data, timezone.now()
    if said["verdict"] == form.REJECT:
        return reject_requisition(
            requisition_id=requisition_id,
            approver=acting,
            content_hash=said["content_hash"],
            reason=said["comment"],
            at=at,
        )
    return approve_requisition(
        requisition_id=requisition_id,
        approver=acting,
        content_hash=said["content_hash"],
        comment=said["comment"],
        over_budget_reason=said["over_budget_reason"],
        at=at,
    )


def _said(decided: Requisition, acting: Actor) -> str:
    words = {
        RequisitionStatus.REJECTED: _("You turned %(number)s down. %(name)s is told why."),
        RequisitionStatus.SUBMITTED: _("You approved %(number)s. The next person is asked now."),
    }.get(
        RequisitionStatus(decided.status),
        _("You approved %(number)s. The orders are on their way."),
    )
    return words % {"number": decided.number, "name": decided.raised_by_name}


def _may_override(
    case: Case | None, acting: Actor, effects: Sequence[BudgetEffect], at: datetime
) -> bool:
    """Tell whether to ask why a budget may be exceeded: somebody whom the policy trusts with it."""
    if case is None or not any(each.may_be_allowed for each in effects):
        return False
    return may_exceed_budget(case, acting, timezone.localdate(at))
