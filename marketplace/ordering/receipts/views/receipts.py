"""Receipts: reading them, from either side, putting them right, and taking them along."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.core.actors import OrganisationKind
from marketplace.core.errors import Refusal
from marketplace.ordering.bought.views.exports import EXPORTERS
from marketplace.ordering.receipts.exports import RECEIPT_COLUMNS, receipt_rows
from marketplace.ordering.receipts.forms import Correcting, ReceiptFilter
from marketplace.ordering.receipts.selectors.exports import (
    export_lines_of_receipts,
    receipt_totals,
    receipts_between,
)
from marketplace.ordering.receipts.selectors.receipts import (
    receipt_page,
    receipts_found,
    receipts_of,
)
from marketplace.ordering.receipts.services.corrections import correct_receipt
from marketplace.ordering.receipts.views.goods_in import DOOR
from marketplace.ordering.requisitions.views.shown import COUNCIL
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.downloads import CSV, JSON_LINES, download, in_lots
from marketplace.web.lists import chosen_in, show_list
from marketplace.web.posted import posted
from marketplace.web.problems import status_of


@access(*COUNCIL, "payments")
@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """List what came and went back."""
    reader = actor(request)
    form = ReceiptFilter(request.GET or None)
    rows = receipts_found(receipts_of(reader), **chosen_in(form))
    return show_list(
        request,
        "ordering/receipts.html",
        rows.select_related("order", "supplier"),
        form=form,
        keys=("-id",),
        may_export=reader.holds(*EXPORTERS),
    )


@access(*COUNCIL, "payments", "supplier")
@require_safe
def receipt(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """Show a receipt as it was written, with what was put right since; it prints as it is."""
    acting = actor(request)
    found = receipt_page(acting, receipt_id)
    facts = {"found": found, "is_supplier": acting.kind == OrganisationKind.SUPPLIER}
    return render(request, "ordering/receipt.html", facts)


@access(*DOOR)
@require_http_methods(["GET", "HEAD", "POST"])
def receipt_correct(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """Put right what a receipt should have said."""
    acting = actor(request)
    found = receipt_page(acting, receipt_id)
    lines = [line.order_line for line in found.lines]
    form = Correcting(posted(request), lines=lines, counts=found.counts)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = correct_receipt(
                    receipt_id=found.receipt.pk,
                    receiver=acting,
                    lines=form.counted(with_nought=True),
                    reason=form.cleaned_data["reason"],
                    version=form.cleaned_data["version"],
                    at=timezone.now(),
                )
            except Refusal as refusal:
                form.show(refusal, with_nought=True)
                status = status_of(refusal)
            else:
                messages.success(
                    request,
                    _("%(number)s is put right by %(other)s.")
                    % {"number": found.receipt.number, "other": made.number},
                )
                return redirect("receipt", found.receipt.pk)
    facts = {"found": found, "lines": lines, "form": form}
    return render(request, "ordering/receipt_correct.html", facts, status=status)


@access(*EXPORTERS)
@require_safe
def receipts_export(request: HttpRequest) -> HttpResponseBase:
    """Say what a file of receipts will hold, or hand it out."""
    reader = actor(request)
    form = ReceiptFilter(request.GET)
    totals = None
    if form.is_valid():
        receipts = receipts_between(reader, **form.cleaned_data)
        lines = export_lines_of_receipts(reader, receipts)
        kind = request.GET.get("format", "")
        if kind in {CSV, JSON_LINES}:
            rows = receipt_rows(in_lots(lines, keys=("receipt_id", "id")))
            return download(kind, "receipts", RECEIPT_COLUMNS, rows)
        totals = receipt_totals(receipts, lines)
    page = {"form": form, "totals": totals}
    return render(request, "ordering/receipts_export.html", page, status=200 if totals else 422)
