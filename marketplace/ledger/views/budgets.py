"""Pages about budgets: how each stands, and what is promised of it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.core.dates import financial_year, financial_year_label
from marketplace.ledger.forms import BudgetSearch
from marketplace.ledger.models import Budget
from marketplace.ledger.selectors.budgets import (
    budget_position,
    budget_summary,
    budget_years,
    entries_of,
)
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.paging import page_by_key


@access("buyer", "approver", "finance", "auditor")
@require_safe
def budgets(request: HttpRequest) -> HttpResponse:
    """Show how every budget stands in one year."""
    council_id = actor(request).organisation_id
    this_year = financial_year(timezone.localdate())
    years = budget_years(council_id) or [this_year]
    form = BudgetSearch(request.GET or None, years=years)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    year = chosen.get("year") or (this_year if this_year in years else years[0])
    words = chosen.get("words") or ""
    page = page_by_key(
        budget_position(council_id, year, words=words),
        request.GET.get("after"),
        keys=("coding", "id"),
        size=50,
    )
    return render(
        request,
        "ledger/budgets.html",
        {
            "form": form,
            "year": year,
            "year_label": financial_year_label(year),
            "words": words,
            "page": page,
            "summary": budget_summary(council_id, year),
        },
    )


@access("buyer", "approver", "finance", "auditor")
@require_safe
def budget(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    """Show one budget and every entry that makes up what is promised of it."""
    shown = (
        Budget.objects.of(actor(request).organisation_id)
        .select_related("cost_centre", "account")
        .one(budget_id)
    )
    page = page_by_key(entries_of(shown), request.GET.get("after"), keys=("-id",), size=50)
    return render(
        request,
        "ledger/budget.html",
        {"budget": shown, "year_label": financial_year_label(shown.financial_year), "page": page},
    )
