"""Questions about listings: a supplier's own, and what a council may buy."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from catalogue.models import Category, CategoryCount, Listing, PastPrice
from catalogue.states import ListingStatus
from marketplace.core.errors import Missing
from marketplace.organisations.models import LinkStatus, SupplierLink


def categories_found(words: str) -> QuerySet[Category]:
    """Return the categories with these words in their names or codes, by code ("code" by key)."""
    rows = Category.objects.order_by("code")
    for word in words.split():
        rows = rows.filter(Q(name__icontains=word) | Q(code__startswith=word))
    return rows


def live_count(supplier_id: UUID) -> int:
    """Return how many things a supplier offers: the sum of its categories, which are counted."""
    counted = CategoryCount.objects.filter(supplier_id=supplier_id)
    return counted.aggregate(count=Sum("live_count"))["count"] or 0


def categories_nearest(words: str, most: int) -> list[Category]:
    """Return the first categories with these words in their names, for somebody to choose from.

    Shapes: those whose names say little else come first.
    """
    return list(categories_found(words).order_by(Length("name"), "code")[:most])


def own_listings(
    supplier_id: UUID, *, text: str = "", status: ListingStatus | None = None
) -> QuerySet[Listing]:
    """Return a supplier's listings, newest first; those whose name or number has `text` in it."""
    found = Listing.objects.of(supplier_id).defer("search")
    if status is not None:
        found = found.filter(status=status)
    if text.strip():
        wanted = text.strip()
        found = found.filter(Q(part_number__istartswith=wanted) | Q(name__icontains=wanted))
    return found.order_by("-id")


def own_listing(supplier_id: UUID, listing_id: UUID | str) -> Listing:
    """Return one of a supplier's listings.

    Raises: Missing when it is not there, or somebody else's.
    """
    rows = Listing.objects.of(supplier_id).select_related("supplier").defer("search")
    return rows.one(listing_id)


def past_prices(listing: Listing) -> QuerySet[PastPrice]:
    """Return what a listing used to cost, latest first; only its supplier sees any."""
    return PastPrice.objects.filter(listing=listing).order_by("-valid_from")


def trading_suppliers(council_id: UUID) -> QuerySet[SupplierLink]:
    """Return the suppliers that a council buys from at present, by name, with their profiles."""
    return (
        SupplierLink.objects.of(council_id)
        .filter(council_id=council_id, status=LinkStatus.ACTIVE)
        .select_related("supplier__profile")
        .order_by("supplier__name", "id")
    )


def live_listings(council_id: UUID) -> QuerySet[Listing]:
    """Return everything that a council may buy now: live, from a supplier that it trades with.

    The same condition as the database's own wall, said in the query.
    """
    suppliers = trading_suppliers(council_id).order_by().values("supplier_id")
    return (
        Listing.objects.filter(status=ListingStatus.LIVE, supplier_id__in=suppliers)
        .select_related("supplier")
        .defer("search")
        .order_by("id")
    )


def listings_buyable(council_id: UUID, listing_ids: Collection[UUID]) -> QuerySet[Listing]:
    """Return those of the listings that a council may buy now."""
    return live_listings(council_id).filter(pk__in=listing_ids)


def listing_buyable(council_id: UUID, listing_id: UUID) -> Listing:
    """Return one listing that a council may buy now.

    Raises: Missing when there is none, or it is not for this council.
    """
    found = listings_buyable(council_id, [listing_id]).first()
    if found is None:
        raise Missing(_("We cannot find that product. It may have been withdrawn."))
    return found
