"""What waits for a supplier, and what the marketplace knows of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalogue.imports.selectors import import_runs
from catalogue.listings.selectors import live_count
from marketplace.core.errors import Refusal
from marketplace.ordering.orders.selectors.orders import orders_for, orders_found, supplier_counts
from marketplace.ordering.states import OrderStatus
from marketplace.organisations.models import Organisation
from marketplace.organisations.selectors.suppliers import councils_of
from marketplace.organisations.services.supplier_details import (
    CHANGEABLE,
    change_supplier,
    supplier_problems,
)
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.posted import posted
from marketplace.web.problems import show_more, show_on, status_of
from supplier_portal.forms import SupplierDetails

ORDERS_SHOWN = 5


@access("supplier")
@require_safe
def supplier_home(request: HttpRequest) -> HttpResponse:
    """Show the orders that wait for an answer, and how the price list stands."""
    acting = actor(request)
    waiting = orders_found(orders_for(acting), status=OrderStatus.SENT)
    return render(
        request,
        "supplier_portal/home.html",
        {
            "counts": supplier_counts(acting),
            "orders": list(waiting.order_by("id")[:ORDERS_SHOWN]),
            "live_count": live_count(acting.organisation_id),
            "last_run": import_runs(acting.organisation_id).first(),
            "councils_count": councils_of(acting.organisation_id).count(),
        },
    )


@access("supplier")
@require_http_methods(["GET", "HEAD", "POST"])
def supplier_details(request: HttpRequest) -> HttpResponse:
    """Show and change what every council sees of this supplier, and which councils buy from it."""
    acting = actor(request)
    organisation = Organisation.objects.select_related("profile").get(pk=acting.organisation_id)
    profile = getattr(organisation, "profile", None)
    initial = {name: getattr(organisation, name, "") for name in (*CHANGEABLE, "version")}
    initial["about"] = profile.about if profile else ""
    form, status = SupplierDetails(posted(request), initial=initial), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                change_supplier(
                    supplier=acting,
                    version=form.cleaned_data["version"],
                    details={name: form.cleaned_data[name] for name in CHANGEABLE},
                    at=timezone.now(),
                )
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                messages.success(request, _("Your details are saved."))
                return redirect("supplier-details")
        else:
            read = form.cleaned_data
            changed = {name: read[name] for name in form.changed_data if name in read}
            show_more(form, supplier_problems(changed))
    page = {
        "form": form,
        "organisation": organisation,
        "profile": profile,
        "links": list(councils_of(acting.organisation_id)),
    }
    return render(request, "supplier_portal/details.html", page, status=status)
