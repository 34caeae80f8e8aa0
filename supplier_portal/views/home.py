"""What waits for a supplier, and what the marketplace knows of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalogue.imports.selectors import import_runs
from catalogue.listings.selectors import own_listings
from catalogue.states import ListingStatus
from marketplace.ordering.orders.selectors.orders import orders_for, orders_found, supplier_counts
from marketplace.ordering.states import OrderStatus
from marketplace.organisations.models import Organisation
from marketplace.organisations.selectors.suppliers import councils_of
from marketplace.web.access import access
from marketplace.web.actors import actor

ORDERS_SHOWN = 5


@access("supplier")
@require_safe
def supplier_home(request: HttpRequest) -> HttpResponse:
    """Show the orders that wait for an answer, and how the price list stands."""
    acting = actor(request)
    mine = own_listings(acting.organisation_id)
    waiting = orders_found(orders_for(acting), status=OrderStatus.SENT)
    return render(
        request,
        "supplier_portal/home.html",
        {
            "counts": supplier_counts(acting),
            "orders": list(waiting.order_by("id")[:ORDERS_SHOWN]),
            "live_count": mine.filter(status=ListingStatus.LIVE).count(),
            "withdrawn_count": mine.filter(status=ListingStatus.WITHDRAWN).count(),
            "last_run": import_runs(acting.organisation_id).first(),
            "councils_count": councils_of(acting.organisation_id).count(),
        },
    )


@access("supplier")
@require_safe
def supplier_details(request: HttpRequest) -> HttpResponse:
    """Show what every council sees of this supplier, and which councils buy from it."""
    acting = actor(request)
    organisation = Organisation.objects.select_related("profile").get(pk=acting.organisation_id)
    return render(
        request,
        "supplier_portal/details.html",
        {
            "organisation": organisation,
            "profile": getattr(organisation, "profile", None),
            "links": list(councils_of(acting.organisation_id)),
        },
    )
