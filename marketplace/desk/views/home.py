"""The first page of somebody at a council, and the search across everything."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from invoicing.payments.selectors.accounts import unconfirmed_accounts
from invoicing.payments.selectors.runs import runs_in_hand
from invoicing.settling.selectors import invoices_held_for, invoices_to_approve
from marketplace.audit.selectors import events_of
from marketplace.core.actors import Actor, OrganisationKind
from marketplace.desk.forms import SearchAll
from marketplace.desk.selectors import (
    budgets_nearly_used,
    everything_with,
    orders_to_watch,
    own_requisitions,
    parked_jobs,
    people_without_second_factor,
)
from marketplace.desk.views.ready import still_missing
from marketplace.ordering.orders.selectors.orders import council_counts
from marketplace.ordering.orders.selectors.receiving import expected
from marketplace.ordering.requisitions.selectors.requisitions import requisitions_awaiting
from marketplace.ordering.requisitions.views.shown import COUNCIL
from marketplace.web.access import access
from marketplace.web.actors import actor_or_none

ROWS_SHOWN = 5


@access("signed-in")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for whoever is acting, by what they may do."""
    acting = actor_or_none(request)
    if acting is None:
        return redirect("switch")
    if acting.kind == OrganisationKind.SUPPLIER:
        return redirect("supplier-home")
    at = timezone.now()
    panels = _panels(acting, at)
    return render(
        request,
        "desk/home.html",
        {
            "form": SearchAll(),
            "counts": council_counts(acting, at),
            "buys": acting.holds("requester", "buyer"),
            "pays": acting.holds("payments"),
            "today": timezone.localdate(at),
            "missing": still_missing(acting, at),
            "nothing_to_do": all(each is None for each in panels.values()),
            **panels,
        },
    )


def _panels(acting: Actor, at: datetime) -> dict[str, Any]:
    """Return the first rows of everything that is this person's work, None where it is not."""
    council_id = acting.organisation_id
    approves, watches = acting.holds("approver"), acting.holds("buyer", "receiver")
    return {
        "awaiting": list(requisitions_awaiting(acting, at)[:ROWS_SHOWN]) if approves else None,
        "mine": list(own_requisitions(acting)[:ROWS_SHOWN])
        if acting.holds("requester", "buyer")
        else None,
        "expected": expected(acting, timezone.localdate(at)) if acting.holds("receiver") else None,
        "orders": list(orders_to_watch(acting, ROWS_SHOWN, at)) if watches else None,
        "budgets": list(budgets_nearly_used(council_id, at)[:ROWS_SHOWN])
        if acting.holds("finance")
        else None,
        "held": list(invoices_held_for(acting)[:ROWS_SHOWN])
        if acting.holds("finance", "buyer")
        else None,
        "agreeing": list(invoices_to_approve(acting)[:ROWS_SHOWN])
        if acting.holds("finance")
        else None,
        "payees": list(unconfirmed_accounts(council_id)[:ROWS_SHOWN])
        if acting.holds("payments")
        else None,
        "payment_runs": list(runs_in_hand(council_id)[:ROWS_SHOWN])
        if acting.holds("payments", "finance")
        else None,
        "parked": list(parked_jobs(council_id)[:ROWS_SHOWN])
        if acting.holds("administrator")
        else None,
        "without_factor": list(people_without_second_factor(council_id)[:ROWS_SHOWN])
        if acting.holds("administrator")
        else None,
        "events": events_of(council_id, ROWS_SHOWN * 2) if acting.holds("auditor") else None,
    }


@access(*COUNCIL)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Find requisitions, orders, receipts, invoices, payments and suppliers by number or name."""
    acting = actor_or_none(request)
    form = SearchAll(request.GET if "q" in request.GET else None)
    found = None
    if acting is not None and form.is_bound and form.is_valid():
        found = everything_with(acting, form.cleaned_data["q"])
    buys = acting is not None and acting.holds("requester", "buyer")
    return render(request, "desk/search.html", {"form": form, "found": found, "buys": buys})
