"""Putting something from the catalogue into the basket, and going back to where it was found."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketplace.core.errors import Refusal
from marketplace.ordering.requisitions.forms import AddToBasket
from marketplace.ordering.requisitions.selectors.offers import offers
from marketplace.ordering.requisitions.services.baskets import add_to_basket
from marketplace.ordering.requisitions.views.shown import coding_choices
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.complaints import complaints
from marketplace.web.formats import number
from marketplace.web.problems import title_of

MOST_TYPED = 40


@access("requester", "buyer")
@require_POST
def basket_add(request: HttpRequest) -> HttpResponse:
    """Put something from the catalogue into the basket, and go back to where it was found."""
    form = AddToBasket(request.POST)
    if not form.is_valid():
        said = " ".join([*complaints(form, "quantity"), *complaints(form, "listing")])
        return _refused(request, form, said)
    try:
        line = add_to_basket(requester=actor(request), at=timezone.now(), **_wanted(request, form))
    except Refusal as refusal:
        return _refused(request, form, f"{title_of(refusal)} {refusal.detail}")
    messages.success(
        request,
        _("%(name)s is in your basket: %(quantity)s.")
        % {"name": line.name, "quantity": number(line.quantity)},
    )
    return HttpResponseRedirect(_to_the_place(_way_back(request), added=str(line.listing_id)))


def _refused(request: HttpRequest, form: AddToBasket, said: str) -> HttpResponse:
    """Go back to where the thing stands, say which thing it is, and keep what was typed."""
    back, wanted = _way_back(request), form.cleaned_data.get("listing")
    found = offers(actor(request).organisation_id, [wanted]) if wanted else {}
    if wanted not in found:
        messages.error(request, said)
        return HttpResponseRedirect(back)
    messages.error(request, f"{found[wanted].name}: {said}")
    typed = request.POST.get("quantity", "")[:MOST_TYPED]
    return HttpResponseRedirect(_to_the_place(back, wrong=str(wanted), typed=typed))


def _to_the_place(back: str, **facts: str) -> str:
    """Return the address of a thing's place on the page; only a page of things has such places."""
    path, _mark, query = back.partition("?")
    if path == reverse("basket"):
        return back
    kept = [pair for pair in parse_qsl(query) if pair[0] not in {"added", "wrong", "typed"}]
    listing = facts.get("added") or facts["wrong"]
    return f"{path}?{urlencode([*kept, *facts.items()])}#listing-{listing}"


def _wanted(request: HttpRequest, form: AddToBasket) -> dict[str, Any]:
    """Return what is to be put in; what is put back is coded as it was before it was taken out."""
    said = form.cleaned_data
    wanted = {"listing_id": said["listing"], "quantity": said["quantity"]}
    key = request.POST.get("coding")
    if key:
        council_id = actor(request).organisation_id
        budgets = coding_choices(council_id, timezone.now(), [], every_account=True).budgets
        if key in budgets:
            wanted["cost_centre_id"] = budgets[key].cost_centre_id
            wanted["account_id"] = budgets[key].account_id
    return wanted


def _way_back(request: HttpRequest) -> str:
    """Return the page of ours that the form names, or the basket."""
    wanted = request.POST.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("basket")
