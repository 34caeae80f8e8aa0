"""Invoices, from the supplier's side: sending them, making them of orders, and how they stand."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from invoicing.intake.forms import SentInvoice, SupplierInvoiceFilter
from invoicing.intake.selectors import (
    arrival,
    arrivals_of,
    billable_lines,
    councils_for,
    invoice_id_of,
    invoice_page,
    invoices_found,
    invoices_from,
    order_to_bill,
    to_bill,
)
from invoicing.intake.services.arrivals import take_invoice
from invoicing.intake.services.flips import flip_order
from invoicing.states import ArrivalStatus, Channel
from marketplace.core.errors import FieldProblem, Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.lists import chosen_in, show_list
from marketplace.web.paging import page_by_key
from marketplace.web.posted import posted, posted_files
from marketplace.web.problems import show_on, status_of
from supplier_portal.forms import OrderInvoice


@access("supplier")
@require_safe
def supplier_invoices(request: HttpRequest) -> HttpResponse:
    """List what was sent to councils, how it stands, and when it will be paid."""
    form = SupplierInvoiceFilter(request.GET or None)
    return show_list(
        request,
        "supplier_portal/invoices.html",
        invoices_found(invoices_from(actor(request)), **chosen_in(form)),
        form=form,
        keys=("-id",),
    )


@access("supplier")
@require_safe
def supplier_invoice(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Show one invoice: what it says, what holds it and why, and when it will be paid."""
    found = invoice_page(actor(request), invoice_id)
    return render(
        request,
        "supplier_portal/invoice.html",
        {"invoice": found.invoice, "page": found},
    )


@access("supplier")
@require_http_methods(["GET", "HEAD", "POST"])
def supplier_invoice_send(request: HttpRequest) -> HttpResponse:
    """Send an electronic invoice to one of the supplier's councils."""
    acting = actor(request)
    councils = councils_for(acting.organisation_id)
    form = SentInvoice(posted(request), posted_files(request), councils=councils)
    status, refused = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            sent = form.cleaned_data["file"]
            try:
                taken = take_invoice(
                    council_id=UUID(form.cleaned_data["council"]),
                    sender=acting,
                    supplier_id=acting.organisation_id,
                    name=sent.name,
                    content=sent.read(),
                    channel=Channel.PORTAL,
                    at=timezone.now(),
                )
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                if taken.status != ArrivalStatus.REFUSED:
                    return redirect("supplier-invoice-file", taken.pk)
                form.add_error("file", taken.refusal_detail)
                refused = taken
    facts = {"form": form, "refused": refused}
    return render(request, "supplier_portal/invoice_send.html", facts, status=status)


@access("supplier")
@require_safe
def supplier_invoice_files(request: HttpRequest) -> HttpResponse:
    """List the files that could not be read, or not yet."""
    rows = arrivals_of(actor(request))
    page = page_by_key(rows, request.GET.get("after"), keys=("-id",), size=20)
    return render(request, "supplier_portal/invoice_files.html", {"page": page})


@access("supplier")
@require_safe
def supplier_invoice_file(request: HttpRequest, arrival_id: UUID) -> HttpResponse:
    """Show what became of a file that was sent; its invoice, once that has been read."""
    acting = actor(request)
    found = arrival(acting, arrival_id)
    invoice_id = invoice_id_of(acting, found)
    if invoice_id is not None:
        return redirect("supplier-invoice", invoice_id)
    return render(request, "supplier_portal/invoice_file.html", {"arrival": found})


@access("supplier")
@require_http_methods(["GET", "HEAD", "POST"])
def supplier_order_invoice(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Make the invoice of an order: a number, a day, and how much of each line."""
    acting = actor(request)
    order = order_to_bill(acting, order_id)
    lines = list(billable_lines(order))
    left = [to_bill(order, line) for line in lines]
    today = timezone.localdate()
    form = OrderInvoice(posted(request), lines=lines, left=left, today=today)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = flip_order(
                    order_id=order.pk,
                    supplier=acting,
                    number=form.cleaned_data["number"],
                    issued_on=form.cleaned_data["issued_on"],
                    quantities=form.quantities(),
                    at=timezone.now(),
                )
            except Refusal as refusal:
                _show(form, refusal)
                status = status_of(refusal)
            else:
                words = _("Your invoice %(number)s is with %(council)s.")
                facts = {"number": form.cleaned_data["number"], "council": order.council.name}
                messages.success(request, words % facts)
                return redirect("supplier-invoice-file", made.pk)
    return render(
        request,
        "supplier_portal/order_invoice.html",
        {
            "order": order,
            "rows": list(zip(lines, left, strict=True)),
            "can_bill": any(left),
            "form": form,
        },
        status=status,
    )


def _show(form: OrderInvoice, refusal: Refusal) -> None:
    """Put what is wrong beside the line that it is about, or at the top."""
    for problem in refusal.errors or [FieldProblem("", refusal.detail)]:
        _lines, _slash, rest = problem.pointer.partition("/")
        place, _slash, name = rest.partition("/")
        field = f"{name}-{place}" if name else problem.pointer
        form.add_error(field if field in form.fields else None, problem.detail)
