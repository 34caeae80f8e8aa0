"""Suppliers' accounts, from the council's side: what is known of each, and making sure."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from invoicing.payments.forms import ConfirmationForm
from invoicing.payments.selectors.accounts import (
    is_latest,
    known_of,
    payee_account,
    payee_accounts,
    unconfirmed_accounts,
)
from invoicing.payments.services.accounts import confirm_account
from invoicing.payments.views.shown import CHECKERS, READERS, digits
from marketplace.core.errors import Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.paging import page_by_key
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of


@access(*READERS)
@require_safe
def payees(request: HttpRequest) -> HttpResponse:
    """List where suppliers want to be paid, and whether somebody here made sure."""
    reader = actor(request)
    only_open = request.GET.get("show") == "open"
    selector = unconfirmed_accounts if only_open else payee_accounts
    page = page_by_key(
        selector(reader.organisation_id), request.GET.get("after"), keys=("-id",), size=20
    )
    known = known_of(reader.organisation_id, list(page.rows))
    return render(
        request,
        "invoicing/payees.html",
        {
            "page": page,
            "only_open": only_open,
            "accounts": [
                (each, digits(reader, each.account.sort_code, each.account.account_number))
                for each in known
            ],
            "may_confirm": reader.holds(*CHECKERS),
        },
    )


@access(*CHECKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def payee_confirm(request: HttpRequest, supplier_account_id: UUID) -> HttpResponse:
    """Say whom one spoke to, and how, to make sure of an account."""
    person = actor(request)
    account = payee_account(person.organisation_id, supplier_account_id)
    form, status = ConfirmationForm(posted(request)), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                confirm_account(
                    account_id=account.pk, person=person, at=timezone.now(), **form.cleaned_data
                )
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                messages.success(
                    request,
                    _("%(supplier)s can be paid to its account %(account)s.")
                    % {"supplier": account.supplier.name, "account": account.reference},
                )
                return redirect("payees")
    (known,) = known_of(person.organisation_id, [account])
    return render(
        request,
        "invoicing/payee_confirm.html",
        {
            "form": form,
            "known": known,
            "account": account,
            "digits": digits(person, account.sort_code, account.account_number),
            "possible": not known.is_confirmed and is_latest(account),
        },
        status=status,
    )
