"""The pages on which a council finds what it may buy."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalogue.listings.selectors import listing_buyable
from catalogue.listings.wording import vat_words
from catalogue.search.audience import READERS
from catalogue.search.forms import SearchForm
from catalogue.search.rules import PAGE_SIZE
from catalogue.search.selectors import category_trail, divisions_buyable, search_listings
from marketplace.core.actors import Role
from marketplace.core.vat import rate_percent
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.navigation import address_if_any

# Ordering stands above the catalogue; its form is drawn here and its addresses are asked by name.
BASKET_ADD = "basket-add"
BASKET_PASTE = "basket-paste"
ASKED_BEFORE = "requisitions"


@access(*READERS)
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Search what the council may buy, look through it, or begin with what kinds of it there are.

    Why: what stands first by name is of no use to anybody; but where all of it goes onto one page,
    that page is shown at once.
    """
    form = SearchForm(request.GET)
    if not any(request.GET.get(name) for name in form.fields):
        divisions = divisions_buyable(actor(request).organisation_id)
        if sum(each.whole.count for each in divisions) > PAGE_SIZE:
            facts = {
                "form": SearchForm(),
                "divisions": divisions,
                "asked_before": _if_buying(request, ASKED_BEFORE),
                "basket_paste": _if_buying(request, BASKET_PASTE),
            }
            return render(request, "catalogue/opening.html", facts)
    wish = form.wish()
    results = search_listings(actor(request).organisation_id, wish)
    facts = {
        "form": form,
        "wish": wish,
        "results": results,
        "shown_most": results.pages * PAGE_SIZE,
        "trail": category_trail(wish.category) if wish.category else [],
        "basket_add": _basket_add(request),
    }
    return render(request, "catalogue/search.html", facts, status=200 if form.is_valid() else 422)


@access(*READERS)
@require_safe
def listing(request: HttpRequest, listing_id: UUID) -> HttpResponse:
    """Show one product and put it into the basket."""
    shown = listing_buyable(actor(request).organisation_id, listing_id)
    on = timezone.localdate()
    facts = {
        "listing": shown,
        "vat": vat_words(shown.vat_category, rate_percent(shown.vat_category, on)),
        "trail": category_trail(shown.category_id),
        "basket_add": _basket_add(request),
    }
    return render(request, "catalogue/listing.html", facts)


def _basket_add(request: HttpRequest) -> str:
    """Return where to put things into the basket, or nothing for somebody who does not buy."""
    return _if_buying(request, BASKET_ADD)


def _if_buying(request: HttpRequest, url_name: str) -> str:
    buys = actor(request).holds(Role.REQUESTER, Role.BUYER)
    return address_if_any(url_name) if buys else ""
