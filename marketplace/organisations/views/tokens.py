"""Pages about the tokens that let programs act for a person."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.core.errors import Refusal
from marketplace.organisations import forms
from marketplace.organisations.scopes import scope_in_words, scopes_for
from marketplace.organisations.selectors.tokens import tokens_of
from marketplace.organisations.services.tokens import create_token, revoke_token
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.paging import page_by_key
from marketplace.web.posted import posted
from marketplace.web.problems import show_on, status_of


@access("signed-in")
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """List one's own tokens."""
    holder = actor(request)
    mine = tokens_of(holder.membership_id, holder.organisation_id)
    page = page_by_key(mine, request.GET.get("after"), keys=("-id",), size=20)
    facts = {"page": page, "now": timezone.now(), "in_words": scope_in_words}
    return render(request, "organisations/tokens.html", facts)


@access("signed-in")
@require_http_methods(["GET", "POST"])
@sensitive_variables("secret")
def token_new(request: HttpRequest) -> HttpResponse:
    """Make a token and show it, once; asks for the password again first."""
    raise_if_reauthentication_required(request, app="allauth.account")
    holder = actor(request)
    allowed = scopes_for(holder.roles)
    form, status = forms.TokenForm(posted(request), scopes=allowed), 200
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            token, secret = create_token(
                holder=holder,
                name=facts["name"],
                scopes=facts["scopes"],
                allowed_scopes=allowed,
                lasts=timedelta(days=int(facts["days"])),
                at=timezone.now(),
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            made = {"token": token, "secret": secret, "in_words": scope_in_words}
            return render(request, "organisations/token_made.html", made)
    elif request.method == "POST":
        status = 422
    page = {"form": form, "allowed": allowed}
    return render(request, "organisations/token_new.html", page, status=status)


@access("signed-in")
@require_POST
def token_revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Make a token useless; needs no password, so that it is quick when one has leaked."""
    token = revoke_token(holder=actor(request), token_id=token_id, at=timezone.now())
    messages.success(request, _("The token “%(name)s” works no longer.") % {"name": token.name})
    return redirect("tokens")
