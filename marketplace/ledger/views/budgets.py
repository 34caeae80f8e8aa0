"""Pages about budgets: how each stands, what is promised of it, and setting them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.core.dates import financial_year, financial_year_label
from marketplace.core.errors import Refusal
from marketplace.ledger.audience import KEEPERS, READERS
from marketplace.ledger.forms import (
    STOP,
    WARN,
    BudgetAddForm,
    BudgetFileForm,
    BudgetForm,
    BudgetSearch,
    SeenFileForm,
)
from marketplace.ledger.papers import numbers_of
from marketplace.ledger.selectors.budgets import (
    budget_of,
    budget_position,
    budget_summary,
    budget_years,
    entries_of,
)
from marketplace.ledger.selectors.cells import budget_cells
from marketplace.ledger.selectors.coding import accounts, cost_centres
from marketplace.ledger.selectors.sent_files import sent_budgets_file
from marketplace.ledger.selectors.trail import budget_timeline
from marketplace.ledger.services.budgets import BudgetFigure
from marketplace.ledger.services.columns import BUDGET_COLUMNS
from marketplace.ledger.services.files import FileReport, look_at_budgets_file, take_budgets_file
from marketplace.ledger.services.one_budget import add_budget, change_budget
from marketplace.ledger.services.sent_files import send_budgets_file
from marketplace.ledger.views.lists import as_file
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in
from marketplace.web.paging import page_by_key
from marketplace.web.posted import posted, posted_files
from marketplace.web.problems import show_on, status_of


@access(*READERS)
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
            "summary": budget_summary(council_id, year, words=words),
            "may_set": actor(request).holds(*KEEPERS),
            "may_export": actor(request).holds("buyer", "finance", "auditor"),
        },
    )


@access(*READERS)
@require_safe
def budget(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    """Show one budget and every entry that makes up what is promised of it."""
    reader = actor(request)
    shown = budget_of(reader.organisation_id, budget_id)
    page = page_by_key(entries_of(shown), request.GET.get("after"), keys=("-id",), size=50)
    return render(
        request,
        "ledger/budget.html",
        {
            "budget": shown,
            "year_label": financial_year_label(shown.financial_year),
            "page": page,
            "numbers": numbers_of(
                reader.organisation_id,
                [(each.document_type, each.document_id) for each in page.rows],
            ),
            "may_set": reader.holds(*KEEPERS),
        },
    )


def _years(council_id: UUID) -> list[int]:
    """Return the years for which budgets can be set: this one, the next, and those there are."""
    this_year = financial_year(timezone.localdate())
    return sorted({this_year, this_year + 1, *budget_years(council_id)}, reverse=True)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def budget_add(request: HttpRequest) -> HttpResponse:
    """Add one budget of a year."""
    finance = actor(request)
    council_id = finance.organisation_id
    form = BudgetAddForm(
        posted(request),
        years=_years(council_id),
        cost_centres=cost_centres(council_id),
        accounts=accounts(council_id),
        initial={"financial_year": financial_year(timezone.localdate())},
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        stops = facts["over_budget"] == STOP
        figure = BudgetFigure(facts["cost_centre"], facts["account"], facts["amount"], stops)
        try:
            made = add_budget(
                finance=finance,
                financial_year=facts["financial_year"],
                figure=figure,
                at=timezone.now(),
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("%(code)s was added.") % {"code": made.coding})
            return redirect("budget", made.pk)
    if form.errors and status == 200:
        status = 422
    return render(request, "ledger/budget_add.html", {"form": form}, status=status)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def budget_change(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    """Change one figure, and say why."""
    finance = actor(request)
    shown = budget_of(finance.organisation_id, budget_id)
    initial = {
        "amount": shown.budget_amount,
        "over_budget": STOP if shown.is_hard_stop else WARN,
        "version": shown.version,
    }
    form, status = BudgetForm(posted(request), initial=initial), 200
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            change_budget(
                finance=finance,
                budget_id=budget_id,
                version=facts["version"],
                amount=facts["amount"],
                is_hard_stop=facts["over_budget"] == STOP,
                reason=facts["reason"],
                at=timezone.now(),
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("The budget is saved."))
            return redirect("budget", budget_id)
    elif request.method == "POST":
        status = 422
    page = {
        "form": form,
        "budget": shown,
        "year_label": financial_year_label(shown.financial_year),
        "events": budget_timeline(shown),
    }
    return render(request, "ledger/budget_change.html", page, status=status)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def budgets_file(request: HttpRequest) -> HttpResponse:
    """Take a file of the budgets of a year to be looked at."""
    years = _years(actor(request).organisation_id)
    initial = {"year": financial_year(timezone.localdate())}
    form = BudgetFileForm(posted(request), posted_files(request), years=years, initial=initial)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            file = form.cleaned_data["file"]
            sent = send_budgets_file(
                finance=actor(request),
                financial_year=form.cleaned_data["year"],
                name=file.name,
                content=file.read(),
                at=timezone.now(),
            )
            return redirect("budgets-file-look", sent.pk)
        status = 422
    page = {
        "form": form,
        "columns": BUDGET_COLUMNS,
        "this_year": initial["year"],
        "this_year_label": financial_year_label(initial["year"]),
    }
    return render(request, "ledger/budgets_file.html", page, status=status)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def budgets_file_look(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Show what a file of budgets would change; take it in when that is confirmed."""
    finance = actor(request)
    year, name, content = sent_budgets_file(finance.organisation_id, file_id)
    form, status = SeenFileForm(posted(request)), 200
    report: FileReport | None = None
    try:
        confirmed = request.method == "POST" and form.is_valid()
        report = (
            take_budgets_file(
                finance=finance,
                financial_year=year,
                content=content,
                at=timezone.now(),
                seen=form.cleaned_data["mark"],
            )
            if confirmed
            else look_at_budgets_file(finance=finance, financial_year=year, content=content)
        )
        if confirmed and not report.is_refused:
            messages.success(
                request, _("The budgets of %(year)s are in.") % {"year": financial_year_label(year)}
            )
            return redirect("budgets")
    except Refusal as refusal:
        show_on(form, refusal)
        status = status_of(refusal)
    if report and report.is_refused:
        status = 422 if request.method == "POST" else 200
    page = {
        "form": form,
        "report": report,
        "name": name,
        "year_label": financial_year_label(year),
    }
    return render(request, "ledger/budgets_file_look.html", page, status=status)


@access(*READERS)
@require_safe
def budgets_template(request: HttpRequest, year: int) -> HttpResponse:
    """Hand out the budgets of a year as a file that can be brought in again.

    Shapes: all of them, or those that the words in the address narrow the list to.
    """
    form = BudgetSearch(request.GET, years=[year])
    words = chosen_in(form).get("words", "")
    rows = budget_position(actor(request).organisation_id, year, words=words)
    return as_file(BUDGET_COLUMNS, budget_cells(rows), f"budgets-{year}.csv")
