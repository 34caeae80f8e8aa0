"""Orders, from the council's side; and the page that prints them, from either."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.core.actors import Actor, OrganisationKind
from marketplace.core.errors import Refusal
from marketplace.ordering.bought.views.exports import EXPORTERS
from marketplace.ordering.bought.views.story import told
from marketplace.ordering.models import Order
from marketplace.ordering.models.orders import Transmission
from marketplace.ordering.orders.forms import Cancellation, OrderFilter
from marketplace.ordering.orders.selectors.orders import (
    OrderPage,
    order_page,
    order_verbs,
    orders_found,
    orders_of,
    transmissions_of,
)
from marketplace.ordering.orders.selectors.orders import order as order_of
from marketplace.ordering.orders.selectors.receiving import (
    cancelling_verbs,
    order_story,
    receipts_on,
    receiving_verbs,
)
from marketplace.ordering.orders.services.orders import cancel_order
from marketplace.ordering.orders.services.remainders import cancel_remainder
from marketplace.ordering.orders.services.sending import resend_order
from marketplace.ordering.requisitions.selectors.requisitions import READERS
from marketplace.ordering.requisitions.views.shown import COUNCIL
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in, show_list
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of


@access(*COUNCIL, "payments")
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """List the council's orders."""
    form = OrderFilter(request.GET or None)
    return show_list(
        request,
        "ordering/orders.html",
        orders_found(orders_of(actor(request)), **chosen_in(form)),
        form=form,
        keys=("-id",),
        may_export=actor(request).holds(*EXPORTERS),
    )


@access(*COUNCIL, "payments")
@require_safe
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Show one order: what was sent, what the supplier said, and what happened."""
    acting = actor(request)
    found = order_page(acting, order_id)
    receipts = list(receipts_on(found.order, acting))
    return render(
        request,
        "ordering/order.html",
        {
            "order": found.order,
            "lines": found.lines,
            "vat_lines": found.totals.breakdown,
            "due": found.due,
            "late": found.late_lines,
            "opens_requisition": _opens_requisition(acting, found.order),
            "actions": _actions(found, acting),
            "receipts": receipts,
            "sent": _files_sent(transmissions_of(found.order)),
            "events": told(order_story(found.order, receipts)),
        },
    )


def _files_sent(rows: Iterable[Transmission]) -> list[tuple[Transmission, list[Transmission]]]:
    """Return each file once for each time that it was sent, with the ways that it went."""
    ways: dict[tuple[int, UUID], list[Transmission]] = {}
    for row in rows:
        ways.setdefault((row.attempt, row.document_id), []).append(row)
    return [(each[0], each) for each in ways.values()]


def _actions(found: OrderPage, reader: Actor) -> list[str]:
    """Return what can be offered: of the two ways of cancelling the one that fits what has come."""
    verbs = [verb for verb in order_verbs(found.order, reader) if verb != "cancel"]
    return [
        *receiving_verbs(found.order, found.lines, reader),
        *verbs,
        *cancelling_verbs(found.order, found.lines, reader),
    ]


def _opens_requisition(reader: Actor, order: Order) -> bool:
    """Tell whether the requisition that an order came of may be opened by whoever reads it."""
    is_own = order.contact_id == reader.user_id
    return reader.holds(*COUNCIL) and (is_own or reader.holds(*READERS))


@access(*COUNCIL, "payments", "supplier")
@require_safe
def order_print(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Show an order as it stands on paper; the PDF and the mail point here."""
    acting = actor(request)
    found = order_page(acting, order_id)
    return render(
        request,
        "ordering/order_print.html",
        {
            "order": found.order,
            "lines": found.lines,
            "vat_lines": found.totals.breakdown,
            "is_supplier": acting.kind == OrganisationKind.SUPPLIER,
        },
    )


@access("requester", "buyer", "finance")
@require_http_methods(["GET", "HEAD", "POST"])
def order_cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Cancel the whole of an order while nothing of it has come, and say why."""
    return _cancelled(request, order_id, is_rest=False)


@access("requester", "buyer", "finance")
@require_http_methods(["GET", "HEAD", "POST"])
def order_cancel_rest(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Cancel what is still to come of an order of which something has come, and say why."""
    return _cancelled(request, order_id, is_rest=True)


def _cancelled(request: HttpRequest, order_id: UUID, *, is_rest: bool) -> HttpResponse:
    """Ask for the reason, cancel the whole or the rest, and say so on the order's page."""
    acting = actor(request)
    found = order_page(acting, order_id)
    shown, verb = found.order, "cancel_remainder" if is_rest else "cancel"
    form, status = Cancellation(posted(request)), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            cancel, reason = (
                cancel_remainder if is_rest else cancel_order,
                form.cleaned_data["reason"],
            )
            try:
                cancel(order_id=shown.pk, buyer=acting, reason=reason, at=timezone.now())
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                said = (
                    _("What was still to come of order %(number)s is cancelled.")
                    if is_rest
                    else _("Order %(number)s is cancelled.")
                )
                messages.success(request, said % {"number": shown.number})
                return redirect("order", shown.pk)
    page = {
        "form": form,
        "order": shown,
        "possible": verb in cancelling_verbs(shown, found.lines, acting),
        "is_rest": is_rest,
    }
    return render(request, "ordering/order_cancel.html", page, status=status)


@access("requester", "buyer", "finance")
@require_http_methods(["GET", "HEAD", "POST"])
def order_resend(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Say to whom an order goes and when it last went, and send the same papers once more."""
    acting = actor(request)
    if request.method == "POST":
        sent = resend_order(order_id=order_id, buyer=acting, at=timezone.now())
        messages.success(
            request, _("Order %(number)s is being sent again.") % {"number": sent.number}
        )
        return redirect("order", sent.pk)
    shown = order_of(acting, order_id)
    return render(
        request,
        "ordering/order_resend.html",
        {
            "order": shown,
            "last": transmissions_of(shown).first(),
            "possible": "resend" in order_verbs(shown, acting),
        },
    )
