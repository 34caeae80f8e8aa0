"""Invoices, from the council's side: what came, what it says beside its order, what holds it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from invoicing.intake.forms import ForwardedInvoice, InvoiceFilter
from invoicing.intake.selectors import (
    arrival,
    arrivals_of,
    invoice_id_of,
    invoice_page,
    invoice_timeline,
    invoices_found,
    invoices_of,
    returned_payments,
)
from invoicing.intake.services.arrivals import take_invoice
from invoicing.settling.choosable import choosing_of
from invoicing.settling.selectors import ALLOWED_READERS, decisions_open, may_release
from invoicing.states import ArrivalStatus, Channel
from marketplace.core.errors import Refusal
from marketplace.ordering.bought.views.story import told
from marketplace.ordering.requisitions.views.shown import COUNCIL
from marketplace.organisations.selectors.suppliers import suppliers_of
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in, show_list
from marketplace.web.paging import page_by_key
from marketplace.web.posted import posted, posted_files
from marketplace.web.problems import show_on, status_of

READERS = ("finance", "payments", "auditor", "administrator")


@access(*COUNCIL, "payments")
@require_safe
def invoices(request: HttpRequest) -> HttpResponse:
    """List the council's invoices."""
    acting = actor(request)
    form = InvoiceFilter(request.GET or None)
    return show_list(
        request,
        "invoicing/invoices.html",
        invoices_found(invoices_of(acting), **chosen_in(form)),
        form=form,
        keys=("-id",),
        may_send=acting.holds("finance"),
        sees_arrivals=acting.holds(*READERS),
        sees_allowed=acting.holds(*ALLOWED_READERS),
    )


@access(*COUNCIL, "payments")
@require_safe
def invoice(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Show one invoice beside its order, with every difference in words."""
    acting = actor(request)
    found = invoice_page(acting, invoice_id)
    return render(
        request,
        "invoicing/invoice.html",
        {
            "invoice": found.invoice,
            "page": found,
            "returned": list(returned_payments(found.invoice)),
            "actions": decisions_open(acting, found.invoice),
            "releasing": {
                each.finding.pk
                for each in found.holds
                if may_release(acting, found.invoice, each.finding)
            },
            "choosing": choosing_of(
                acting,
                found.invoice,
                {line.pk: line.place for line in found.lines},
                found.choices,
                [each.finding for each in found.told],
            ),
            "events": told(invoice_timeline(found.invoice)),
        },
    )


@access("finance")
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_send(request: HttpRequest) -> HttpResponse:
    """Take in an invoice that a supplier sent to the council by another way."""
    acting = actor(request)
    links = suppliers_of(acting.organisation_id)
    form = ForwardedInvoice(posted(request), posted_files(request), links=links)
    status, refused = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            sent = form.cleaned_data["file"]
            named = form.cleaned_data["supplier"]
            try:
                taken = take_invoice(
                    council_id=acting.organisation_id,
                    sender=acting,
                    supplier_id=UUID(named) if named else None,
                    name=sent.name,
                    content=sent.read(),
                    channel=Channel.UPLOAD,
                    at=timezone.now(),
                )
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                if taken.status != ArrivalStatus.REFUSED:
                    return redirect("arrival", taken.pk)
                form.add_error("file", taken.refusal_detail)
                refused = taken
    facts = {"form": form, "refused": refused}
    return render(request, "invoicing/invoice_send.html", facts, status=status)


@access(*READERS)
@require_safe
def arrivals(request: HttpRequest) -> HttpResponse:
    """List what came and could not be read, or not yet."""
    rows = arrivals_of(actor(request))
    page = page_by_key(rows, request.GET.get("after"), keys=("-id",), size=20)
    return render(request, "invoicing/arrivals.html", {"page": page})


@access(*READERS)
@require_safe
def arrival_shown(request: HttpRequest, arrival_id: UUID) -> HttpResponse:
    """Show what became of a file that came; its invoice, once that has been read."""
    acting = actor(request)
    found = arrival(acting, arrival_id)
    if found.status == ArrivalStatus.TAKEN:
        invoice_id = invoice_id_of(acting, found)
        if invoice_id is not None:
            return redirect("invoice", invoice_id)
    return render(request, "invoicing/arrival.html", {"arrival": found})
