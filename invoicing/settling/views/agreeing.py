"""Approving many invoices at once: those that agree with what was ordered and has come."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from invoicing.settling.selectors import TO_APPROVE_KEYS, invoices_to_approve
from invoicing.settling.services.approval import Approved, approve_invoices
from marketplace.core.errors import Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.paging import page_by_key
from marketplace.web.problems import status_of

PAGE = 50


@access("finance")
@require_http_methods(["GET", "HEAD", "POST"])
def invoices_agreeing(request: HttpRequest) -> HttpResponse:
    """List what agrees and waits for approval, the first to be paid first; approve those chosen."""
    approver, status, problem = actor(request), 200, ""
    if request.method == "POST":
        chosen = _chosen(request)
        if not chosen:
            status, problem = 422, _("Choose at least one invoice")
        else:
            try:
                done = approve_invoices(invoice_ids=chosen, approver=approver, at=timezone.now())
            except Refusal as refusal:
                status, problem = status_of(refusal), refusal.detail
            else:
                _say(request, done)
                return redirect("invoices-agreeing")
    page = page_by_key(
        invoices_to_approve(approver), request.GET.get("after"), keys=TO_APPROVE_KEYS, size=PAGE
    )
    return render(
        request,
        "invoicing/invoices_agreeing.html",
        {"page": page, "problem": problem, "today": timezone.localdate()},
        status=status,
    )


def _chosen(request: HttpRequest) -> list[UUID]:
    """Return the invoices that were ticked; what is no key of ours was ticked by nobody."""
    found = []
    for text in request.POST.getlist("invoice")[:PAGE]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _say(request: HttpRequest, done: Approved) -> None:
    count = len(done.invoices)
    if count:
        messages.success(
            request,
            ngettext("%(count)d invoice is approved.", "%(count)d invoices are approved.", count)
            % {"count": count},
        )
    for each in done.left_out:
        messages.warning(
            request,
            _("%(number)s is not approved. %(why)s")
            % {"number": each.invoice.number, "why": each.refusal.detail},
        )
