"""Orders, from the supplier's side: reading and answering them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.core.errors import FieldProblem, Refusal
from marketplace.ordering.bought.views.story import told
from marketplace.ordering.orders.selectors.orders import (
    OrderPage,
    order_page,
    order_verbs,
    orders_for,
    orders_found,
    transmissions_of,
)
from marketplace.ordering.orders.selectors.receiving import order_story, receipts_on
from marketplace.ordering.orders.services.answers import LineAnswer, answer_order
from marketplace.ordering.states import Answer
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in, show_list
from marketplace.web.posted import posted
from marketplace.web.problems import status_of
from supplier_portal.forms import OrderAnswer, SupplierOrderFilter


@access("supplier")
@require_safe
def supplier_orders(request: HttpRequest) -> HttpResponse:
    """List what councils have ordered."""
    form = SupplierOrderFilter(request.GET or None)
    rows = orders_found(orders_for(actor(request)), **chosen_in(form))
    return show_list(request, "supplier_portal/orders.html", rows, form=form, keys=("-id",))


@access("supplier")
@require_safe
def supplier_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Show one order, with its papers and what was said to it."""
    acting = actor(request)
    found = order_page(acting, order_id)
    receipts = list(receipts_on(found.order, acting))
    return render(
        request,
        "supplier_portal/order.html",
        {
            "order": found.order,
            "lines": found.lines,
            "vat_lines": found.totals.breakdown,
            "due": found.due,
            "actions": order_verbs(found.order, acting),
            "transmissions": list(transmissions_of(found.order)),
            "receipts": receipts,
            "events": told(order_story(found.order, receipts)),
        },
    )


@access("supplier")
@require_http_methods(["GET", "HEAD", "POST"])
def supplier_order_answer(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Accept an order, or answer it line by line."""
    acting = actor(request)
    found = order_page(acting, order_id)
    accepts_all = "accept_all" in request.POST
    form = OrderAnswer(None if accepts_all else posted(request), lines=found.lines)
    status = 200
    if request.method == "POST":
        status = 422
        if accepts_all or form.is_valid():
            try:
                answered = answer_order(
                    order_id=found.order.pk,
                    supplier=acting,
                    answers=_all_accepted(found) if accepts_all else form.answers(),
                    note="" if accepts_all else form.cleaned_data["note"],
                    at=timezone.now(),
                )
            except Refusal as refusal:
                form = OrderAnswer(request.POST, lines=found.lines)
                _show(form, refusal)
                status = status_of(refusal)
            else:
                messages.success(
                    request,
                    _("%(council)s has your answer to %(number)s.")
                    % {"council": found.order.council.name, "number": answered.number},
                )
                return redirect("supplier-order", answered.pk)
    return render(
        request,
        "supplier_portal/order_answer.html",
        {
            "order": found.order,
            "lines": found.lines,
            "vat_lines": found.totals.breakdown,
            "can_answer": "answer" in order_verbs(found.order, acting),
            "form": form,
        },
        status=status,
    )


def _all_accepted(found: OrderPage) -> list[LineAnswer]:
    return [LineAnswer(line.pk, Answer.ACCEPTED) for line in found.lines]


def _show(form: OrderAnswer, refusal: Refusal) -> None:
    """Put what is wrong beside the line that it is about, or at the top."""
    form.is_valid()
    for problem in refusal.errors or [FieldProblem("", refusal.detail)]:
        _lines, _slash, rest = problem.pointer.partition("/")
        place, _slash, name = rest.partition("/")
        field = f"{name}-{place}"
        form.add_error(field if field in form.fields else None, problem.detail)
