"""Pages about how far invoices may differ from their orders."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from invoicing.matching.selectors import allowed_differences as selected
from invoicing.matching.selectors import tolerances_of
from invoicing.matching.tolerances import MOST_PERCENT, Limit
from invoicing.models import AllowedDifferences
from invoicing.settling.forms import AllowedDifferencesForm
from invoicing.settling.selectors import ALLOWED_KEEPERS, ALLOWED_READERS
from invoicing.settling.services.allowing import figures_of, set_allowed_differences, version_of
from marketplace.core.errors import Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.formats import money, number, price
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of


@access(*ALLOWED_READERS)
@require_safe
def allowed_differences(request: HttpRequest) -> HttpResponse:
    """Show how far invoices may differ, and who said so."""
    reader = actor(request)
    row = selected(reader.organisation_id)
    allowed = tolerances_of(row)
    page = {
        "row": row,
        "rows": [
            (_("The price of one thing"), _in_words(allowed.unit_price, price)),
            (_("More than was ordered"), _in_words(allowed.ordered_quantity, number)),
            (
                _("More than has come"),
                _in_words(allowed.received_quantity, number)
                if allowed.needs_receipt
                else _("Nothing has to have come: the order is enough"),
            ),
            (_("What a line of an order costs in all"), _in_words(allowed.line_total, money)),
            (
                _("Charges that no line of the order speaks of"),
                _in_words(Limit(amount=allowed.charges), money) if allowed.charges else _("None"),
            ),
        ],
        "may_set": reader.holds(*ALLOWED_KEEPERS),
    }
    return render(request, "invoicing/allowed_differences.html", page)


@access(*ALLOWED_KEEPERS)
@require_http_methods(["GET", "HEAD", "POST"])
def allowed_differences_change(request: HttpRequest) -> HttpResponse:
    """Say how far invoices may differ."""
    keeper = actor(request)
    row = selected(keeper.organisation_id)
    form = AllowedDifferencesForm(posted(request), initial=_typed(row))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                set_allowed_differences(
                    keeper=keeper,
                    allowed=form.tolerances(),
                    at=timezone.now(),
                    version=form.cleaned_data["version"],
                )
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                messages.success(request, _("Saved. What waits is compared again by itself."))
                return redirect("allowed-differences")
    page = {"form": form, "most": MOST_PERCENT}
    return render(request, "invoicing/allowed_differences_change.html", page, status=status)


def _in_words(limit: Limit, figure: Callable[[Decimal], str]) -> str:
    """Say what a limit lets pass."""
    percent, amount = limit.percent, limit.amount
    if not limit.is_tested:
        return _("Not looked at by itself")
    if percent == 0 or amount == 0:
        return _("Exact")
    if amount is None:
        return _("Up to %(percent)s%% more") % {"percent": number(percent)}
    if percent is None:
        return _("Up to %(most)s more") % {"most": figure(amount)}
    return _("Up to %(percent)s%% more, and at most %(most)s more") % {
        "percent": number(percent),
        "most": figure(amount),
    }


def _typed(row: AllowedDifferences | None) -> dict[str, object]:
    """Return what stands in the boxes when the page is opened."""
    figures = figures_of(tolerances_of(row))
    needs_receipt = figures.pop("needs_receipt")
    typed: dict[str, object] = {
        name: "" if figure is None else f"{figure.normalize():f}"
        for name, figure in figures.items()
    }
    answer = "yes" if needs_receipt else "no"
    return {**typed, "needs_receipt": answer, "version": version_of(row)}
