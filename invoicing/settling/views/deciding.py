"""Deciding about one invoice: approving it, letting a difference through, sending it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invoicing.matching.told import told
from invoicing.models import Invoice
from invoicing.settling.forms import Approval, Release, Seen, SendingBack
from invoicing.settling.selectors import (
    DECIDERS,
    differences_allowed,
    finding_to_decide,
    invoice_to_decide,
    uncoded_of,
)
from invoicing.settling.services.approval import approve_invoice
from invoicing.settling.services.releasing import release_finding
from invoicing.settling.services.sending_back import send_back_invoice
from invoicing.states import InvoiceStatus
from marketplace.core.errors import Refusal
from marketplace.ledger.selectors.coding import accounts, cost_centres
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of


@access("finance")
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_approve(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Show what is owed once an invoice is approved, and approve it."""
    approver = actor(request)
    shown = invoice_to_decide(approver, invoice_id)
    uncoded = uncoded_of(shown)
    form = Approval(
        posted(request),
        initial={"version": shown.version},
        cost_centres=list(cost_centres(approver.organisation_id)) if uncoded else (),
        accounts=list(accounts(approver.organisation_id)) if uncoded else (),
    )

    def approve(said: Approval) -> str:
        done = approve_invoice(
            invoice_id=shown.pk,
            approver=approver,
            at=timezone.now(),
            version=said.cleaned_data["version"],
            coding=said.coding,
        )
        if done.status == InvoiceStatus.SETTLED:
            return _("Invoice %(number)s is settled. There is nothing to pay.") % {
                "number": done.number
            }
        return _("Invoice %(number)s is approved, and will be paid by %(day)s.") % {
            "number": shown.number,
            "day": f"{shown.pay_by_on:%d/%m/%Y}",
        }

    differences = [told(each, {}) for each in differences_allowed(shown)]
    return _decide(
        request,
        shown,
        form,
        approve,
        "invoicing/invoice_approve.html",
        uncoded=uncoded,
        allowed=differences,
    )


@access(*DECIDERS)
@require_http_methods(["GET", "HEAD", "POST"])
def finding_release(request: HttpRequest, invoice_id: UUID, finding_id: UUID) -> HttpResponse:
    """Show one difference, and let it through with a reason."""
    releaser = actor(request)
    shown = invoice_to_decide(releaser, invoice_id)
    finding = finding_to_decide(shown, finding_id)
    form = Release(posted(request), initial={"version": shown.version})

    def release(said: Release) -> str:
        done = release_finding(
            invoice_id=shown.pk,
            finding_id=finding.pk,
            releaser=releaser,
            reason=said.cleaned_data["reason"],
            at=timezone.now(),
            version=said.cleaned_data["version"],
        )
        if done.status == "MATCHED":
            return _("Nothing holds invoice %(number)s any more.") % {"number": done.number}
        return _("It is let through. Something else still holds invoice %(number)s.") % {
            "number": done.number
        }

    return _decide(
        request, shown, form, release, "invoicing/finding_release.html", found=told(finding, {})
    )


@access("finance")
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_send_back(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Send an invoice back to its supplier, and say why."""
    finance = actor(request)
    shown = invoice_to_decide(finance, invoice_id)
    form = SendingBack(posted(request), initial={"version": shown.version})

    def send_back(said: SendingBack) -> str:
        send_back_invoice(
            invoice_id=shown.pk,
            finance=finance,
            reason=said.cleaned_data["reason"],
            at=timezone.now(),
            version=said.cleaned_data["version"],
        )
        return _("Invoice %(number)s is sent back, and the supplier is told why.") % {
            "number": shown.number
        }

    return _decide(request, shown, form, send_back, "invoicing/invoice_send_back.html")


def _decide(
    request: HttpRequest,
    invoice: Invoice,
    form: Seen,
    deed: Callable[[Any], str],
    template: str,
    **more: object,
) -> HttpResponse:
    """Show the form; when it was sent, do the deed and say so on the invoice's page."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                said = deed(form)
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                messages.success(request, said)
                return redirect("invoice", invoice.pk)
    return render(request, template, {"form": form, "invoice": invoice, **more}, status=status)
