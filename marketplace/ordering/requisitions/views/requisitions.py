"""Requisitions: the list, one of them, and what the person who asked can do with theirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.approvals.selectors.cases import case_of
from marketplace.core.errors import Refusal
from marketplace.ordering.bought import rules
from marketplace.ordering.bought.views.exports import EXPORTERS
from marketplace.ordering.bought.views.story import told
from marketplace.ordering.delivery_points.selectors import delivery_points
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.forms import Nothing, RequisitionFilter, Submission
from marketplace.ordering.requisitions.obstacles import looked_over
from marketplace.ordering.requisitions.selectors.money import BudgetEffect, budget_effects
from marketplace.ordering.requisitions.selectors.ordered import orders_raised_from, requisition_due
from marketplace.ordering.requisitions.selectors.requisitions import (
    READERS,
    lines_with_coding,
    outlook,
    requisition_timeline,
    requisition_verbs,
    requisitions_awaiting,
    requisitions_found,
)
from marketplace.ordering.requisitions.selectors.requisitions import requisition as requisition_of
from marketplace.ordering.requisitions.services.copies import copy_requisition
from marketplace.ordering.requisitions.services.held_baskets import Details
from marketplace.ordering.requisitions.services.submissions import (
    submit_requisition,
    withdraw_requisition,
)
from marketplace.ordering.requisitions.views.shown import (
    COUNCIL,
    Link,
    requisition_facts,
    show_obstacles,
)
from marketplace.ordering.states import RequisitionStatus
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in, show_list
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of

# What the form that sends a basket asks itself, as a refusal calls it.
DETAILS = frozenset({"title", "deliver_to", "needed_by_on"})
COMMITTED = frozenset({RequisitionStatus.APPROVED, RequisitionStatus.ORDERED})


@access(*COUNCIL)
@require_safe
def requisitions(request: HttpRequest) -> HttpResponse:
    """List what was asked for."""
    acting = actor(request)
    form = RequisitionFilter(request.GET or None)
    if not acting.holds(*READERS):
        del form.fields["whose"]
    rows = requisitions_found(acting, **chosen_in(form))
    return show_list(
        request,
        "ordering/requisitions.html",
        rows,
        form=form,
        keys=("-id",),
        may_export=acting.holds(*EXPORTERS),
    )


@access(*COUNCIL)
@require_safe
def requisition(request: HttpRequest, requisition_id: UUID) -> HttpResponse:
    """Show one requisition: what, why, who approves, which orders, and what happened."""
    acting, at = actor(request), timezone.now()
    shown = requisition_of(acting, requisition_id)
    lines = list(lines_with_coding(shown))
    due = requisition_due(shown) if shown.status == RequisitionStatus.ORDERED else {}
    case = case_of(acting.organisation_id, shown.pk)
    offered = requisition_verbs(shown, acting, case)
    if "approve" in offered and not requisitions_awaiting(acting, at).filter(pk=shown.pk).exists():
        offered.remove("approve")
    if acting.holds("requester", "buyer") and not shown.is_basket:
        offered.append("copy")
    return render(
        request,
        "ordering/requisition.html",
        {
            "requisition": shown,
            "lines": lines,
            "facts": requisition_facts(shown),
            "vat_lines": rules.totals(lines).breakdown,
            "case": case,
            "actions": offered,
            "due": rules.totals(due.values()) if due else None,
            "effects": _effects(shown, lines, due, at),
            "is_committed": shown.status in COMMITTED,
            "orders": list(orders_raised_from(shown)),
            "events": told(
                requisition_timeline(shown), with_basket=shown.raised_by_id == acting.user_id
            ),
        },
    )


def _effects(
    shown: Requisition, lines: list[RequisitionLine], due: Mapping[UUID, rules.Due], at: datetime
) -> list[BudgetEffect]:
    """Return what it takes from the budgets, nothing when it will never take any."""
    if shown.status in {RequisitionStatus.REJECTED, RequisitionStatus.WITHDRAWN}:
        return []
    amounts = {key: each.net_amount for key, each in due.items()}
    return budget_effects(shown.council_id, at, [lines], amounts)[0]


@access("requester", "buyer")
@require_http_methods(["GET", "HEAD", "POST"])
def requisition_submit(request: HttpRequest, requisition_id: UUID) -> HttpResponse:
    """Say what the basket is for, and send it for approval."""
    acting, at = actor(request), timezone.now()
    shown = requisition_of(acting, requisition_id)
    if not shown.is_basket and request.method != "POST":
        return redirect("requisition", shown.pk)
    points = list(delivery_points(acting.organisation_id))
    lines = list(lines_with_coding(shown))
    if not lines and request.method != "POST":
        return redirect("basket")
    form = Submission(posted(request), points=points, initial=_filled_in(shown, points))
    status, elsewhere = 200, list[Link]()
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                sent = submit_requisition(
                    requisition_id=shown.pk, requester=acting, details=_details(form), at=at
                )
            except Refusal as refusal:
                elsewhere = show_obstacles(form, [refusal], lines)
                status = status_of(refusal)
            else:
                messages.success(
                    request, _("%(number)s is on its way for approval.") % {"number": sent.number}
                )
                return redirect("requisition", sent.pk)
        elif shown.is_basket:
            found = looked_over(shown, lines, acting, at)
            elsewhere = show_obstacles(form, found.refusals, lines, asked=DETAILS)
    after = outlook(shown, acting, lines, at)
    return render(
        request,
        "ordering/requisition_submit.html",
        {
            "form": form,
            "elsewhere": elsewhere,
            "basket": shown,
            "lines": lines,
            "vat_lines": rules.totals(lines).breakdown,
            "effects": after.effects,
            "plan": after.plan,
            "trouble": after.trouble,
        },
        status=status,
    )


def _details(form: Submission) -> Details:
    said = form.cleaned_data
    return Details(said["title"], said["reason"], form.deliver_to(), said["needed_by_on"])


def _filled_in(shown: Requisition, points: list[Any]) -> dict[str, Any]:
    """Return what is known already, so that nobody types it twice."""
    first_line = shown.deliver_to.partition("\n")[0]
    chosen = next((point for point in points if point.name == first_line), None)
    if chosen is None and len(points) == 1:
        chosen = points[0]
    return {
        "title": shown.title,
        "reason": shown.reason,
        "needed_by_on": shown.needed_by_on,
        "delivery_point": str(chosen.pk) if chosen else None,
    }


@access("requester", "buyer")
@require_http_methods(["GET", "HEAD", "POST"])
def requisition_withdraw(request: HttpRequest, requisition_id: UUID) -> HttpResponse:
    """Take one's requisition back, after asking whether that is meant."""
    acting = actor(request)
    shown = requisition_of(acting, requisition_id)
    if request.method != "POST" and "withdraw" not in shown.verbs():
        return redirect("requisition", shown.pk)
    form, status = Nothing(posted(request)), 200
    if request.method == "POST":
        try:
            withdraw_requisition(requisition_id=shown.pk, requester=acting, at=timezone.now())
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("It is taken back."))
            return redirect("requisition", shown.pk)
    return render(
        request,
        "ordering/requisition_withdraw.html",
        {"form": form, "requisition": shown},
        status=status,
    )


@access("requester", "buyer")
@require_POST
def requisition_copy(request: HttpRequest, requisition_id: UUID) -> HttpResponse:
    """Put the same things into the basket again."""
    copied = copy_requisition(
        requisition_id=requisition_id, requester=actor(request), at=timezone.now()
    )
    if copied.left_out:
        messages.warning(
            request,
            _("These can no longer be bought and were left out: %(names)s.")
            % {"names": ", ".join(copied.left_out)},
        )
    messages.success(request, _("The same things are in your basket, at today’s prices."))
    return redirect("basket")
