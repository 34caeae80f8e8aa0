"""Pages about a council's suppliers."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.audit.selectors import timeline
from marketplace.core.errors import Refusal
from marketplace.organisations import forms
from marketplace.organisations.selectors.suppliers import (
    supplier_link,
    supplier_links,
    suppliers_not_linked,
)
from marketplace.organisations.services.suppliers import (
    accept_supplier,
    lift_suspension,
    mark_supplier_local,
    register_supplier,
    suspend_supplier,
)
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in, show_list
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of

READERS = ("administrator", "buyer", "finance", "auditor")


@access(*READERS)
@require_safe
def suppliers(request: HttpRequest) -> HttpResponse:
    """List from whom the council buys."""
    form = forms.SupplierSearchForm(request.GET)
    return show_list(
        request,
        "organisations/suppliers.html",
        supplier_links(actor(request).organisation_id, **chosen_in(form)),
        form=form,
        keys=("supplier__name", "id"),
        size=25,
    )


@access("administrator")
@require_safe
def suppliers_find(request: HttpRequest) -> HttpResponse:
    """Search the marketplace for suppliers that the council does not buy from yet."""
    form = forms.PeopleSearchForm(request.GET)
    return show_list(
        request,
        "organisations/suppliers_find.html",
        suppliers_not_linked(actor(request).organisation_id, **chosen_in(form)),
        form=form,
        keys=("name", "id"),
        size=25,
    )


@access("administrator")
@require_POST
def supplier_accept(request: HttpRequest, supplier_id: UUID) -> HttpResponse:
    """Accept a supplier of the marketplace."""
    link = accept_supplier(
        administrator=actor(request), supplier_id=supplier_id, is_local=False, at=timezone.now()
    )
    messages.success(
        request, _("Your council can buy from %(name)s now.") % {"name": link.supplier.name}
    )
    return redirect("supplier-link", link.pk)


@access("administrator")
@require_http_methods(["GET", "POST"])
def supplier_register(request: HttpRequest) -> HttpResponse:
    """Bring a supplier into the marketplace."""
    form, status = forms.RegistrationForm(posted(request)), 200
    if request.method == "POST" and form.is_valid():
        try:
            link = register_supplier(
                administrator=actor(request), at=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            invited = _("We are sending an invitation to %(email)s.")
            messages.success(request, invited % {"email": form.cleaned_data["contact_email"]})
            return redirect("supplier-link", link.pk)
    elif request.method == "POST":
        status = 422
    return render(request, "organisations/supplier_register.html", {"form": form}, status=status)


@access(*READERS)
@require_safe
def supplier(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Show one supplier, and what the council decided about it."""
    link = supplier_link(actor(request).organisation_id, link_id)
    page = {"link": link, "events": timeline(link)}
    return render(request, "organisations/supplier.html", page)


@access("administrator")
@require_http_methods(["GET", "POST"])
def supplier_suspend(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Suspend a supplier."""
    administrator = actor(request)
    link = supplier_link(administrator.organisation_id, link_id)
    form, status = forms.SuspensionForm(posted(request)), 200
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            suspend_supplier(
                administrator=administrator, link_id=link_id, reason=reason, at=timezone.now()
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("%(name)s is suspended.") % {"name": link.supplier.name})
            return redirect("supplier-link", link_id)
    elif request.method == "POST":
        status = 422
    page = {"form": form, "link": link}
    return render(request, "organisations/supplier_suspend.html", page, status=status)


@access("administrator")
@require_POST
def supplier_lift(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Lift a suspension."""
    link = lift_suspension(administrator=actor(request), link_id=link_id, at=timezone.now())
    messages.success(
        request, _("Your council can buy from %(name)s again.") % {"name": link.supplier.name}
    )
    return redirect("supplier-link", link_id)


@access("administrator")
@require_POST
def supplier_local(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Say whether a supplier is local."""
    form = forms.LocalForm(request.POST)
    is_local = form.is_valid() and form.cleaned_data["is_local"]
    mark_supplier_local(
        administrator=actor(request), link_id=link_id, is_local=is_local, at=timezone.now()
    )
    messages.success(request, _("Saved."))
    return redirect("supplier-link", link_id)
