"""Pages about the months of the accounts: opening a year, and closing and opening a month."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.core.dates import financial_year, financial_year_label
from marketplace.core.errors import Refusal
from marketplace.ledger.audience import CLOSERS, READERS
from marketplace.ledger.forms import MonthsSearch, OpenYearForm, ReopenMonthForm
from marketplace.ledger.models import Period
from marketplace.ledger.selectors.periods import next_open, periods, years_opened
from marketplace.ledger.services.periods import close_period, open_year, reopen_period
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of


def name_of(period: Period) -> str:
    """Return what a month is called: November 2026."""
    return date_format(period.starts_on, "F Y")


def _years_to_open(opened: list[int]) -> list[int]:
    """Return the years that may be opened: last year's, this one, the next, without those open."""
    this_year = financial_year(timezone.localdate())
    return [year for year in (this_year, this_year + 1, this_year - 1) if year not in opened]


@access(*READERS)
@require_safe
def months(request: HttpRequest) -> HttpResponse:
    """Show the months of one year, and which of them are closed."""
    reader = actor(request)
    opened = years_opened(reader.organisation_id)
    this_year = financial_year(timezone.localdate())
    form = MonthsSearch(request.GET or None, years=opened)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else {}
    latest = opened[0] if opened else this_year
    year = asked.get("year") or (this_year if this_year in opened else latest)
    shown = periods(reader.organisation_id, financial_year=year)
    page = {
        "form": form,
        "years": opened,
        "year_label": financial_year_label(year),
        "months": [(each, name_of(each)) for each in shown],
        "today": timezone.localdate(),
        "may_close": reader.holds(*CLOSERS),
        "may_open_more": bool(_years_to_open(opened)),
    }
    return render(request, "ledger/months.html", page)


@access(*CLOSERS)
@require_http_methods(["GET", "POST"])
def year_open(request: HttpRequest) -> HttpResponse:
    """Open a financial year with its twelve months."""
    finance = actor(request)
    years = _years_to_open(years_opened(finance.organisation_id))
    initial = {"financial_year": years[0]} if years else {}
    form, status = OpenYearForm(posted(request), years=years, initial=initial), 200
    if request.method == "POST" and form.is_valid():
        year = form.cleaned_data["financial_year"]
        try:
            open_year(finance=finance, financial_year=year, at=timezone.now())
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("%(year)s is open.") % {"year": financial_year_label(year)})
            return redirect(f"{reverse('months')}?year={year}")
    if form.errors and status == 200:
        status = 422
    return render(request, "ledger/year_open.html", {"form": form, "years": years}, status=status)


@access(*CLOSERS)
@require_http_methods(["GET", "POST"])
def month_close(request: HttpRequest, period_id: UUID) -> HttpResponse:
    """Ask once more, say what it means, and then close a month."""
    finance = actor(request)
    period = periods(finance.organisation_id).one(period_id)
    if request.method == "POST":
        close_period(finance=finance, period_id=period_id, at=timezone.now())
        messages.success(request, _("%(month)s is closed.") % {"month": name_of(period)})
        return redirect(f"{reverse('months')}?year={period.financial_year}")
    following = next_open(period)
    today = timezone.localdate()
    page = {
        "period": period,
        "has_begun": period.starts_on <= today,
        "is_over": period.ends_on < today,
        "month": name_of(period),
        "following": name_of(following) if following else "",
    }
    return render(request, "ledger/month_close.html", page)


@access(*CLOSERS)
@require_http_methods(["GET", "POST"])
def month_reopen(request: HttpRequest, period_id: UUID) -> HttpResponse:
    """Open a month again, and say why."""
    finance = actor(request)
    period = periods(finance.organisation_id).one(period_id)
    form, status = ReopenMonthForm(posted(request)), 200
    if request.method == "POST" and form.is_valid():
        try:
            reopen_period(
                finance=finance,
                period_id=period_id,
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("%(month)s is open again.") % {"month": name_of(period)})
            return redirect(f"{reverse('months')}?year={period.financial_year}")
    if form.errors and status == 200:
        status = 422
    page = {"form": form, "period": period, "month": name_of(period)}
    return render(request, "ledger/month_reopen.html", page, status=status)
