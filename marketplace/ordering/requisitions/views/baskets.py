"""The basket: what somebody is about to ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.core.actors import Actor
from marketplace.core.errors import Refusal
from marketplace.ordering.bought import rules
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.ordering.requisitions.forms import AddToBasket, BasketForm
from marketplace.ordering.requisitions.obstacles import drift_in_words
from marketplace.ordering.requisitions.selectors.money import BudgetEffect
from marketplace.ordering.requisitions.selectors.offers import drifts, offers
from marketplace.ordering.requisitions.selectors.requisitions import (
    basket_of,
    lines_with_coding,
    outlook,
)
from marketplace.ordering.requisitions.services.baskets import (
    LineChange,
    change_basket,
    coding_name,
    quantity_name,
    quantity_problems,
    remove_line,
)
from marketplace.ordering.requisitions.services.prices import accept_prices
from marketplace.ordering.requisitions.views.shown import CodingChoices, coding_choices
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.formats import number
from marketplace.web.problems import show_more, show_on, status_of


@dataclass(frozen=True, slots=True)
class Row:
    """One line on the page: its fields, and the budget that it is coded to."""

    line: RequisitionLine
    quantity_name: str
    coding_name: str
    effect: BudgetEffect | None


@dataclass(frozen=True, slots=True)
class Group:
    """What comes from one supplier."""

    supplier_name: str
    rows: list[Row]
    net_amount: Decimal


@access("requester", "buyer")
@require_http_methods(["GET", "HEAD", "POST"])
def basket(request: HttpRequest) -> HttpResponse:
    """Show the basket, and change it."""
    acting, at = actor(request), timezone.now()
    shown = basket_of(acting)
    if shown is None:
        return render(
            request, "ordering/basket.html", {"groups": [], "form": None, **_undo(request)}
        )
    lines = list(lines_with_coding(shown))
    choices = coding_choices(
        acting.organisation_id, at, lines, every_account=request.GET.get("accounts") == "all"
    )
    form = BasketForm(
        _as_seen(request.POST, lines, choices) if request.method == "POST" else None,
        lines=lines,
        codings=choices.by_line,
        all_codings=choices.everything,
        chosen={line.pk: choices.of(line) for line in lines},
    )
    status = 200
    if request.method == "POST":
        answer = _change(request, acting, shown, lines, form, choices, at)
        if isinstance(answer, HttpResponse):
            return answer
        status = answer
    return render(
        request,
        "ordering/basket.html",
        _context(request, acting, shown, lines, form, at),
        status=status,
    )


def _change(
    request: HttpRequest,
    acting: Actor,
    shown: Requisition,
    lines: list[RequisitionLine],
    form: BasketForm,
    choices: CodingChoices,
    at: datetime,
) -> HttpResponse | int:
    """Do what the button says; return where to go, or the number of what went wrong."""
    if request.POST.get("remove"):
        return _take_out(request, acting, shown, lines, choices, at)
    if "continue" in request.POST:
        form.require_codings(lines)
    if "apply" in request.POST:
        form.require_one_for_all()
    if not form.is_valid():
        show_more(form, quantity_problems(shown.council_id, lines, form.quantities(lines)))
        return 422
    try:
        change_basket(
            requisition_id=shown.pk,
            requester=acting,
            wanted=_wanted(lines, form, choices),
            at=at,
        )
    except Refusal as refusal:
        show_on(form, refusal)
        return status_of(refusal)
    return _saved(request, shown, lines)


def _saved(request: HttpRequest, shown: Requisition, lines: list[RequisitionLine]) -> HttpResponse:
    """Say what came of it, and lead on only where the basket is as it was seen."""
    gone = _gone(request.POST, lines)
    if gone:
        messages.warning(
            request,
            ngettext(
                "%(count)d line was taken out of your basket in another window, so it is not here.",
                "%(count)d lines were taken out of your basket in another window, so they are not"
                " here.",
                gone,
            )
            % {"count": gone},
        )
    elif "continue" in request.POST and lines:
        return redirect("requisition-submit", shown.pk)
    elif lines:
        messages.success(request, _("Your changes are saved."))
    return redirect("basket")


def _as_seen(posted: QueryDict, lines: list[RequisitionLine], choices: CodingChoices) -> QueryDict:
    """Return what was sent, and of lines put in since, in another window, what they are."""
    whole = posted.copy()
    for line in lines:
        if quantity_name(line.pk) not in posted:
            whole[quantity_name(line.pk)] = number(line.quantity)
            whole[coding_name(line.pk)] = choices.of(line)
    return whole


def _gone(posted: QueryDict, lines: list[RequisitionLine]) -> int:
    """Return of how many lines something was sent that are no longer there."""
    sent = {name for name in posted if name.startswith(quantity_name(""))}
    return len(sent - {quantity_name(line.pk) for line in lines})


def _take_out(
    request: HttpRequest,
    acting: Actor,
    shown: Requisition,
    lines: list[RequisitionLine],
    choices: CodingChoices,
    at: datetime,
) -> HttpResponse:
    line = next((each for each in lines if str(each.pk) == request.POST["remove"]), None)
    if line is None:
        return redirect("basket")
    remove_line(requisition_id=shown.pk, line_id=line.pk, requester=acting, at=at)
    gone = {
        "removed": str(line.listing_id),
        "quantity": number(line.quantity),
        "coding": choices.of(line),
    }
    return redirect(f"{reverse('basket')}?{urlencode(gone)}")


def _wanted(
    lines: list[RequisitionLine], form: BasketForm, choices: CodingChoices
) -> list[LineChange]:
    """Return what was typed for each line; a coding only where another one was chosen."""
    said = form.cleaned_data
    for_all = said.get("all_coding", "") if "apply" in form.data else ""
    wanted = []
    for line in lines:
        key = for_all or said[coding_name(line.pk)]
        budget = choices.budgets.get(key) if key != choices.of(line) else None
        wanted.append(
            LineChange(
                line.pk,
                said[quantity_name(line.pk)],
                budget.cost_centre_id if budget else None,
                budget.account_id if budget else None,
            )
        )
    return wanted


def _context(
    request: HttpRequest,
    acting: Actor,
    shown: Requisition,
    lines: list[RequisitionLine],
    form: BasketForm,
    at: datetime,
) -> dict[str, Any]:
    after = outlook(shown, acting, lines, at)
    uncoded = sum(1 for line in lines if line.cost_centre is None or line.account is None)
    return {
        "basket": shown,
        "form": form,
        "groups": _groups(lines, after.effects),
        "lines_count": len(lines),
        "uncoded_count": uncoded,
        "vat_lines": rules.totals(lines).breakdown,
        "plan": after.plan,
        "trouble": after.trouble,
        "drifted": [drift_in_words(each) for each in drifts(acting.organisation_id, lines)],
        "shows_every_account": request.GET.get("accounts") == "all",
        **_undo(request),
    }


def _groups(lines: list[RequisitionLine], effects: list[BudgetEffect]) -> list[Group]:
    by_coding = {effect.coding: effect for effect in effects}
    by_supplier: dict[str, list[Row]] = {}
    for line in lines:
        row = Row(
            line,
            quantity_name(line.pk),
            coding_name(line.pk),
            by_coding.get((line.cost_centre_id, line.account_id)),  # type: ignore[arg-type]
        )
        by_supplier.setdefault(line.supplier.name, []).append(row)
    return [
        Group(name, rows, sum((row.line.net_amount for row in rows), Decimal(0)))
        for name, rows in sorted(by_supplier.items())
    ]


def _undo(request: HttpRequest) -> dict[str, Any]:
    """Return what was just taken out, as the address says, so that it can be put back."""
    form = AddToBasket(
        {"listing": request.GET.get("removed"), "quantity": request.GET.get("quantity")}
    )
    if not request.GET.get("removed") or not form.is_valid():
        return {"taken_out": None}
    wanted = form.cleaned_data["listing"]
    found = offers(actor(request).organisation_id, [wanted]).get(wanted)
    if found is None:
        return {"taken_out": None}
    return {
        "taken_out": {
            "name": found.name,
            "listing": str(wanted),
            "quantity": request.GET["quantity"],
            "coding": request.GET.get("coding", ""),
        }
    }


@access("requester", "buyer")
@require_POST
def basket_refresh(request: HttpRequest) -> HttpResponse:
    """Take today's prices into the basket."""
    acting = actor(request)
    shown = basket_of(acting)
    if shown is not None:
        accept_prices(requisition_id=shown.pk, requester=acting, at=timezone.now())
        messages.success(request, _("Your basket has today’s prices now."))
    return redirect("basket")
