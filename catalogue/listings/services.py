"""Changing one listing: what its supplier may do without sending a whole price list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from catalogue.listings.cells import Bad
from catalogue.listings.counts import count_category
from catalogue.listings.locks import hold_listings
from catalogue.listings.rules import CURRENCY, PART_NUMBER, VAT, Offer, content_hash, value_of
from catalogue.listings.wording import reason, suggestion
from catalogue.models import Listing, PastPrice
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, FieldProblem, Invalid

# The columns of a file that go by another name on the listing.
_FIELDS = {VAT: "vat_category"}


class ListingChanged(Conflict):
    """Somebody changed the listing after this person had read it."""

    code = "catalogue.listing-changed"
    title = _("This listing has changed since you looked at it. Please look again.")


class ListingInvalid(Invalid):
    """A value is not what its column needs."""

    code = "catalogue.listing-invalid"
    title = _("Something about this listing is not right.")


@transaction.atomic
def withdraw_listing(*, supplier: Actor, listing_id: UUID, version: int, at: datetime) -> Listing:
    """Take a listing out of the catalogue; its orders go on.

    Raises: Missing, ListingChanged, IllegalMove, ImportUnderWay.
    """
    return _move("withdraw", "listing.withdrawn", supplier, listing_id, version, at)


@transaction.atomic
def restore_listing(*, supplier: Actor, listing_id: UUID, version: int, at: datetime) -> Listing:
    """Bring a withdrawn listing back at its last price.

    Raises: Missing, ListingChanged, IllegalMove, ImportUnderWay.
    """
    return _move("restore", "listing.restored", supplier, listing_id, version, at)


def _move(
    verb: str, event: str, supplier: Actor, listing_id: UUID, version: int, at: datetime
) -> Listing:
    listing = _held(supplier, listing_id, version)
    before = str(listing.status)
    listing.move(verb)
    listing.version += 1
    listing.changed_at = at
    listing.save(update_fields=["status", "version", "changed_at"])
    count_category(listing.supplier_id, listing.category_id)
    record(
        event,
        listing,
        actor=supplier,
        at=at,
        organisation_id=listing.supplier_id,
        before={"status": before},
        after={"status": str(listing.status)},
    )
    return listing


@transaction.atomic
def change_listing(
    *, supplier: Actor, listing_id: UUID, version: int, changes: Mapping[str, str], at: datetime
) -> Listing:
    """Change what a listing says, as its supplier typed it.

    Shapes: `changes` maps a column of a price list to the text for it; columns that are not named
    stay. The part number is what the listing is known by and cannot change.
    Raises: Missing, ListingChanged, ListingInvalid, ImportUnderWay.
    """
    values = _checked(changes)
    listing = _held(supplier, listing_id, version)
    old_offer, old_price, old_since = _offer(listing), listing.unit_price, listing.price_since
    before = {name: getattr(old_offer, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return listing
    new_offer = old_offer._replace(**changed)
    for name, value in changed.items():
        setattr(listing, "category_id" if name == "category" else name, value)
    listing.content_hash = content_hash(new_offer)
    listing.version += 1
    listing.changed_at = at
    if "unit_price" in changed:
        listing.price_since = at
        _archive(listing, old_price, old_since, at)
    fields = {"category" if name == "category_id" else name for name in changed}
    listing.save(update_fields=[*fields, "content_hash", "version", "changed_at", "price_since"])
    for category_id in {old_offer.category, new_offer.category} if "category" in changed else ():
        count_category(listing.supplier_id, category_id)
    record(
        "listing.changed",
        listing,
        actor=supplier,
        at=at,
        organisation_id=listing.supplier_id,
        before={name: _plain(before[name]) for name in changed},
        after={name: _plain(value) for name, value in changed.items()},
    )
    return listing


def _held(supplier: Actor, listing_id: UUID, version: int) -> Listing:
    hold_listings(supplier.organisation_id)
    listing = Listing.objects.of(supplier.organisation_id).defer("search").lock(listing_id)
    if listing.version != version:
        raise ListingChanged(current_version=listing.version)
    return listing


def _checked(changes: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    problems = []
    for column, text in changes.items():
        if column == PART_NUMBER or _FIELDS.get(column, column) not in {*Offer._fields, CURRENCY}:
            raise TypeError(f"A listing's {column} cannot be changed.")
        try:
            values[_FIELDS.get(column, column)] = value_of(column, text)
        except Bad as bad:
            words = f"{reason(bad.code, bad.facts)} {suggestion(bad.code, bad.facts)}"
            problems.append(FieldProblem(column, words))
    if problems:
        raise ListingInvalid(problems[0].detail, errors=problems)
    values.pop(CURRENCY, None)
    return values


def _offer(listing: Listing) -> Offer:
    names = ("category_id" if name == "category" else name for name in Offer._fields)
    return Offer(*(getattr(listing, name) for name in names))


def _archive(listing: Listing, price: Decimal, since: datetime, at: datetime) -> None:
    if since < at:
        PastPrice.objects.create(
            supplier_id=listing.supplier_id,
            listing=listing,
            unit_price=price,
            valid_from=since,
            valid_until=at,
        )


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value
