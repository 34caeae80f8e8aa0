"""Saying which order an invoice is for, and which line of it a line means."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invoicing.matching.selectors import choices_of
from invoicing.models import Invoice
from invoicing.settling.choosable import (
    LINE_KEYS,
    ORDER_KEYS,
    line_at,
    lines_to_choose,
    orders_to_choose,
)
from invoicing.settling.forms import ChosenLine, ChosenOrder, OrderSearch, Seen
from invoicing.settling.selectors import invoice_to_decide
from invoicing.settling.services.choosing import choose_line, choose_order
from marketplace.core.errors import Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in
from marketplace.web.paging import page_by_key
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of

PAGE = 20
TAKE_BACK = "take_back"


@access("finance")
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_order(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Search the orders of an invoice's supplier, and say which of them it is for."""
    finance = actor(request)
    shown = invoice_to_decide(finance, invoice_id)
    search = OrderSearch(request.GET or None)
    form: Seen = ChosenOrder(posted(request), initial={"version": shown.version})
    if TAKE_BACK in request.POST:
        form = Seen(posted(request))

    def choose() -> str:
        done = choose_order(
            invoice_id=shown.pk,
            order_id=form.cleaned_data.get("order_id"),
            finance=finance,
            at=timezone.now(),
            version=form.cleaned_data["version"],
        )
        if done.order is None:
            return _("What was said is taken back. Invoice %(number)s is for no order.") % {
                "number": done.number
            }
        return _("Invoice %(number)s is compared with %(order)s.") % {
            "number": done.number,
            "order": done.order.number,
        }

    rows = orders_to_choose(shown, **chosen_in(search))
    page = page_by_key(rows, request.GET.get("after"), keys=ORDER_KEYS, size=PAGE)
    more = {"search": search, "is_narrowed": bool(chosen_in(search)), "page": page}
    if shown.supplier_id is None:
        more["page"] = page_by_key(rows.none(), None, keys=ORDER_KEYS, size=PAGE)
    more["said"] = choices_of(shown).get(None)
    return _choose(request, shown, form, choose, "invoicing/invoice_order.html", more)


@access("finance")
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_order_line(request: HttpRequest, invoice_id: UUID, place: int) -> HttpResponse:
    """Show a line beside those of the order, and say which of them it means."""
    finance = actor(request)
    shown = invoice_to_decide(finance, invoice_id)
    line = line_at(shown, place)
    form: Seen = ChosenLine(posted(request), initial={"version": shown.version})
    if TAKE_BACK in request.POST:
        form = Seen(posted(request))

    def choose() -> str:
        chosen = form.cleaned_data.get("order_line")
        choose_line(
            invoice_id=shown.pk,
            place=place,
            order_line_id=chosen,
            is_on_no_line="order_line" in form.cleaned_data and chosen is None,
            finance=finance,
            at=timezone.now(),
            version=form.cleaned_data["version"],
        )
        return _("Line %(line)s is compared again.") % {"line": line.number or place}

    page = page_by_key(lines_to_choose(shown), request.GET.get("after"), keys=LINE_KEYS, size=PAGE)
    more = {"line": line, "page": page, "said": choices_of(shown).get(line.pk)}
    return _choose(request, shown, form, choose, "invoicing/invoice_order_line.html", more)


def _choose(
    request: HttpRequest,
    invoice: Invoice,
    form: Seen,
    deed: Callable[[], str],
    template: str,
    more: dict[str, object],
) -> HttpResponse:
    """Show what may be chosen; when something was, say so on the invoice's page."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                said = deed()
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                messages.success(request, said)
                return redirect("invoice", invoice.pk)
    return render(request, template, {"form": form, "invoice": invoice, **more}, status=status)
