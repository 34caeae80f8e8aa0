"""Orders, from the council's side; and the page that prints them, from either."""

from __future__ import annotations

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
from marketplace.ordering.orders.forms import Cancellation, OrderFilter
from marketplace.ordering.orders.selectors.orders import order as order_of
from marketplace.ordering.orders.selectors.orders import (
    order_page,
    order_timeline,
    order_verbs,
    orders_found,
    orders_of,
    transmissions_of,
)
from marketplace.ordering.orders.services.orders import cancel_order
from marketplace.ordering.orders.services.sending import resend_order
from marketplace.ordering.requisitions.selectors.requisitions import READERS
from marketplace.ordering.requisitions.views.shown import COUNCIL
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in, show_list
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
            "actions": order_verbs(found.order, acting),
            "transmissions": list(transmissions_of(found.order)),
            "events": told(order_timeline(found.order)),
        },
    )


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
    """Cancel what has not arrived, and say why."""
    acting = actor(request)
    shown = order_of(acting, order_id)
    form, status = Cancellation(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                cancel_order(
                    order_id=shown.pk,
                    buyer=acting,
                    reason=form.cleaned_data["reason"],
                    at=timezone.now(),
                )
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                messages.success(
                    request, _("Order %(number)s is cancelled.") % {"number": shown.number}
                )
                return redirect("order", shown.pk)
    return render(
        request, "ordering/order_cancel.html", {"form": form, "order": shown}, status=status
    )


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
