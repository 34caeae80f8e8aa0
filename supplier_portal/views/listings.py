"""A supplier's own listings, one by one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalogue.listings.selectors import (
    categories_nearest,
    own_listing,
    own_listings,
    past_prices,
)
from catalogue.listings.services import (
    add_listing,
    change_listing,
    restore_listing,
    withdraw_listing,
)
from catalogue.states import ListingStatus
from marketplace.core.errors import Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in, show_list
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of
from supplier_portal.forms import ListingAdd, ListingChange, ListingFilter, ListingMove

PRICES_SHOWN = 20
CATEGORIES_SHOWN = 20


@access("supplier")
@require_safe
def supplier_listings(request: HttpRequest) -> HttpResponse:
    """List what this supplier offers, and what it has withdrawn."""
    form = ListingFilter(request.GET or None)
    chosen = chosen_in(form)
    status = chosen.get("status")
    rows = own_listings(
        actor(request).organisation_id,
        text=chosen.get("words", ""),
        status=ListingStatus(status) if status else None,
    )
    return show_list(
        request, "supplier_portal/listings.html", rows, form=form, keys=("-id",), size=50
    )


@access("supplier")
@require_http_methods(["GET", "HEAD", "POST"])
def supplier_listing_add(request: HttpRequest) -> HttpResponse:
    """Offer one product more, without sending a price list."""
    form = ListingAdd(request.POST if request.method == "POST" else None)
    status, taken = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if form.words:
                form.offer(categories_nearest(form.words, CATEGORIES_SHOWN))
            try:
                made = add_listing(supplier=actor(request), facts=form.facts(), at=timezone.now())
            except Refusal as refusal:
                show_on(form, refusal)
                form.ask_category()
                status, taken = status_of(refusal), refusal.facts.get("listing_id")
            else:
                messages.success(request, _("%(name)s is on offer.") % {"name": made.name})
                return redirect("supplier-listing", made.pk)
    return render(
        request,
        "supplier_portal/listing_add.html",
        {"form": form, "taken": taken, "most": CATEGORIES_SHOWN},
        status=status,
    )


@access("supplier")
@require_http_methods(["GET", "HEAD", "POST"])
def supplier_listing(request: HttpRequest, listing_id: UUID) -> HttpResponse:
    """Show one listing, and change its price and what else changes often."""
    acting = actor(request)
    shown = own_listing(acting.organisation_id, listing_id)
    form = ListingChange(posted(request), initial=ListingChange.initial_of(shown))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                changed = change_listing(
                    supplier=acting,
                    listing_id=shown.pk,
                    version=form.cleaned_data["version"],
                    changes=form.changes(),
                    at=timezone.now(),
                )
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                messages.success(request, _("%(name)s is changed.") % {"name": changed.name})
                return redirect("supplier-listing", changed.pk)
    return render(
        request,
        "supplier_portal/listing.html",
        {
            "form": form,
            "listing": shown,
            "prices": list(past_prices(shown)[:PRICES_SHOWN]),
        },
        status=status,
    )


@access("supplier")
@require_POST
def supplier_listing_move(request: HttpRequest, listing_id: UUID, verb: str) -> HttpResponse:
    """Withdraw a listing, or bring it back."""
    form = ListingMove(request.POST)
    if not form.is_valid():
        return redirect("supplier-listing", listing_id)
    move = withdraw_listing if verb == "withdraw" else restore_listing
    moved = move(
        supplier=actor(request),
        listing_id=listing_id,
        version=form.cleaned_data["version"],
        at=timezone.now(),
    )
    if moved.status == ListingStatus.WITHDRAWN:
        messages.success(request, _("%(name)s is withdrawn.") % {"name": moved.name})
    else:
        messages.success(request, _("%(name)s is on offer again.") % {"name": moved.name})
    return redirect("supplier-listing", listing_id)
