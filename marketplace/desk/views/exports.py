"""Taking budgets, and what is promised of them, to another system."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from marketplace.core.dates import financial_year
from marketplace.desk.exports import (
    BUDGET_COLUMNS,
    COMMITMENT_COLUMNS,
    budget_export_totals,
    budget_rows,
    commitment_rows,
    commitments_of,
)
from marketplace.desk.forms import BudgetExport
from marketplace.ledger.selectors.budgets import budget_position, budget_years
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.downloads import CSV, JSON_LINES, download, in_lots


@access("buyer", "finance", "auditor")
@require_safe
def budgets_export(request: HttpRequest) -> HttpResponseBase:
    """Say what files of a year's budgets will hold, or hand one out."""
    council_id = actor(request).organisation_id
    this_year = financial_year(timezone.localdate())
    years = budget_years(council_id) or [this_year]
    form = BudgetExport(request.GET, years=years)
    totals = None
    if form.is_valid():
        said = form.cleaned_data
        year = said["year"] or (this_year if this_year in years else years[0])
        budgets = budget_position(council_id, year, words=said["words"])
        entries = commitments_of(council_id, budgets, said["since"], said["until"])
        kind = request.GET.get("format", "")
        if kind in {CSV, JSON_LINES}:
            if request.GET.get("what") == "commitments":
                rows = commitment_rows(in_lots(entries, keys=("id",)))
                return download(kind, f"commitments-{year}", COMMITMENT_COLUMNS, rows)
            rows = budget_rows(in_lots(budgets, keys=("coding", "id")))
            return download(kind, f"budgets-{year}", BUDGET_COLUMNS, rows)
        totals = budget_export_totals(budgets, entries)
    page = {"form": form, "totals": totals}
    return render(request, "desk/budgets_export.html", page, status=200 if totals else 422)
