"""Pages about which account plays which part in what is posted by itself."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.core.errors import Refusal
from marketplace.ledger.audience import KEEPERS, READERS
from marketplace.ledger.forms import ControlAccountsForm
from marketplace.ledger.models.coding import ACCOUNT_KIND_LABELS
from marketplace.ledger.models.journals import ACCOUNT_ROLE_LABELS
from marketplace.ledger.parts import PART_WORDS
from marketplace.ledger.selectors.coding import accounts_kept
from marketplace.ledger.selectors.controls import accounts_by_role
from marketplace.ledger.services.controls import set_control_accounts
from marketplace.ledger.states import ROLE_KINDS, AccountRole
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of


@access(*READERS)
@require_safe
def control_accounts(request: HttpRequest) -> HttpResponse:
    """Show which account plays each part, and what each part is."""
    reader = actor(request)
    chosen = accounts_by_role(reader.organisation_id)
    page = {
        "parts": [
            (ACCOUNT_ROLE_LABELS[role], PART_WORDS[role], chosen.get(role)) for role in AccountRole
        ],
        "may_set": reader.holds(*KEEPERS),
    }
    return render(request, "ledger/control_accounts.html", page)


@access(*KEEPERS)
@require_http_methods(["GET", "POST"])
def control_accounts_change(request: HttpRequest) -> HttpResponse:
    """Choose which account plays which part."""
    finance = actor(request)
    form = ControlAccountsForm(
        posted(request),
        chosen=accounts_by_role(finance.organisation_id),
        offered=list(accounts_kept(finance.organisation_id, is_active=True)),
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            after = set_control_accounts(
                finance=finance,
                accounts=form.accounts(),
                at=timezone.now(),
                version=form.cleaned_data["version"],
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _saved(len(ROLE_KINDS) - len(after)))
            return redirect("control-accounts")
    if form.errors and status == 200:
        status = 422
    page = {"form": form, "without": _kinds_without(form)}
    return render(request, "ledger/control_accounts_change.html", page, status=status)


def _saved(missing: int) -> str:
    """Say that the choice is saved, and what cannot be done yet."""
    words = _("The control accounts are saved.")
    if not missing:
        return words
    rest = ngettext(
        "%(count)d part has no account yet. What needs it cannot be booked until it has one.",
        "%(count)d parts have no account yet. What needs them cannot be booked until they have"
        " one.",
        missing,
    )
    return f"{words} {rest % {'count': missing}}"


def _kinds_without(form: ControlAccountsForm) -> list[object]:
    """Return the kinds of which the council has no account yet, in words."""
    there = {each.kind for each in form.offered}
    needed = dict.fromkeys(kind for kind in ROLE_KINDS.values() if kind.value not in there)
    return [ACCOUNT_KIND_LABELS[kind] for kind in needed]
