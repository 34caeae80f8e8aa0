"""Goods at the door: what is to come, booking it in, sending it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.core.errors import Refusal
from marketplace.ordering.receipts.forms import (
    REPLACEMENT,
    GoodsInFilter,
    Receiving,
    Returning,
    all_to_come,
)
from marketplace.ordering.receipts.selectors.receipts import door, orders_to_receive
from marketplace.ordering.receipts.services.receipts import receive_goods
from marketplace.ordering.receipts.services.returns import (
    Parcel,
    return_for_credit,
    return_for_replacement,
)
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in, show_list
from marketplace.web.posted import posted
from marketplace.web.problems import status_of

DOOR = ("receiver", "buyer", "requester")


@access(*DOOR)
@require_safe
def goods_in(request: HttpRequest) -> HttpResponse:
    """List the orders of which something is to come."""
    acting = actor(request)
    form = GoodsInFilter(request.GET or None)
    chosen = chosen_in(form)
    today = timezone.localdate()
    rows = orders_to_receive(
        acting, chosen.get("words", ""), late_before=today if chosen.get("late") else None
    )
    return show_list(
        request,
        "ordering/goods_in.html",
        rows,
        form=form,
        keys=("-id",),
        today=today,
    )


@access(*DOOR)
@require_http_methods(["GET", "HEAD", "POST"])
def order_receive(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Book in what has come: line by line, with everything filled in if that was asked for."""
    acting = actor(request)
    found = door(acting, order_id)
    counts = all_to_come(found.to_come) if "everything" in request.GET else {}
    form = Receiving(
        posted(request),
        lines=found.to_come,
        counts=counts,
        initial={"received_on": timezone.localdate()},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = receive_goods(
                    order_id=found.order.pk,
                    receiver=acting,
                    lines=form.counted(),
                    received_on=form.cleaned_data["received_on"],
                    delivery_note=form.cleaned_data["delivery_note"],
                    note=form.cleaned_data["note"],
                    version=form.cleaned_data["version"],
                    at=timezone.now(),
                )
            except Refusal as refusal:
                form.show(refusal)
                status = status_of(refusal)
            else:
                messages.success(
                    request, _("Booked in. The receipt is %(number)s.") % {"number": made.number}
                )
                return redirect("receipt", made.pk)
    facts = {"order": found.order, "lines": found.to_come, "form": form}
    return render(request, "ordering/receive.html", facts, status=status)


@access(*DOOR)
@require_http_methods(["GET", "HEAD", "POST"])
def order_return(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Book out what goes back to the supplier, and say whether others are to come for it."""
    acting = actor(request)
    found = door(acting, order_id)
    form = Returning(
        posted(request),
        lines=found.here,
        counts={},
        initial={"returned_on": timezone.localdate()},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            said = form.cleaned_data
            is_replaced = said["outcome"] == REPLACEMENT
            service = return_for_replacement if is_replaced else return_for_credit
            try:
                made = service(
                    order_id=found.order.pk,
                    receiver=acting,
                    parcel=Parcel(
                        form.counted(), said["returned_on"], said["reason"], said["delivery_note"]
                    ),
                    version=said["version"],
                    at=timezone.now(),
                )
            except Refusal as refusal:
                form.show(refusal)
                status = status_of(refusal)
            else:
                messages.success(
                    request, _("Booked out. The receipt is %(number)s.") % {"number": made.number}
                )
                return redirect("receipt", made.pk)
    facts = {"order": found.order, "lines": found.here, "form": form}
    return render(request, "ordering/return.html", facts, status=status)
