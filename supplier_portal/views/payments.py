"""Where a supplier is paid, what it was paid, and for which invoices."""

from __future__ import annotations

from uuid import UUID

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from invoicing.payments.forms import AccountForm
from invoicing.payments.selectors.accounts import accounts_of
from invoicing.payments.selectors.runs import documents_of, payment_received, payments_received
from invoicing.payments.services.accounts import add_supplier_account
from marketplace.core.errors import Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.paging import page_by_key
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of


@access("supplier")
@require_safe
def supplier_accounts(request: HttpRequest) -> HttpResponse:
    """Show where councils pay this supplier, and where they did before."""
    rows = accounts_of(actor(request).organisation_id)
    page = page_by_key(rows, request.GET.get("after"), keys=("-id",), size=20)
    latest = rows.first()
    return render(request, "supplier_portal/accounts.html", {"page": page, "latest": latest})


@access("supplier")
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("sort_code", "account_number")
def supplier_account_add(request: HttpRequest) -> HttpResponse:
    """Say where councils are to pay; asks for the password again first."""
    raise_if_reauthentication_required(request, app="allauth.account")
    form, status = AccountForm(posted(request)), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                add_supplier_account(
                    supplier=actor(request), at=timezone.now(), **form.cleaned_data
                )
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                messages.success(
                    request,
                    _("Your bank details are saved. Councils will call you to make sure of them."),
                )
                return redirect("supplier-accounts")
    return render(request, "supplier_portal/account_add.html", {"form": form}, status=status)


@access("supplier")
@require_safe
def supplier_payments(request: HttpRequest) -> HttpResponse:
    """List what councils have paid this supplier."""
    rows = payments_received(actor(request).organisation_id)
    page = page_by_key(rows, request.GET.get("after"), keys=("-id",), size=20)
    return render(request, "supplier_portal/payments.html", {"page": page})


@access("supplier")
@require_safe
def supplier_payment(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Show one payment and what it is for: the remittance advice."""
    found = payment_received(actor(request).organisation_id, payment_id)
    documents = list(documents_of(found))
    page = {
        "payment": found,
        "documents": documents,
        "paid_on": next((each.invoice.paid_on for each in documents if each.is_open), None),
    }
    return render(request, "supplier_portal/payment.html", page)
