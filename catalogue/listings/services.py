"""One listing: what its supplier may do without sending a whole price list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalogue.listings.cells import Bad
from catalogue.listings.counts import count_category
from catalogue.listings.locks import hold_listings
from catalogue.listings.rules import (
    BRAND,
    CURRENCY,
    KEYWORDS,
    MINIMUM_QUANTITY,
    NAME,
    PART_NUMBER,
    UNIT,
    VAT,
    Offer,
    check_smallest,
    content_hash,
    value_of,
)
from catalogue.listings.wording import in_a_box
from catalogue.models import Listing, PastPrice
from marketplace.audit.services import record
from marketplace.core.actors import Actor, OrganisationKind
from marketplace.core.errors import Conflict, FieldProblem, Forbidden, Invalid
from marketplace.jobs.services import wake

# The columns of a file that go by another name on the listing.
_FIELDS = {VAT: "vat_category"}
# What misspelt words of a search are repaired by.
_WORDED = frozenset({NAME, BRAND, KEYWORDS})
_COLUMNS = tuple(VAT if name == _FIELDS[VAT] else name for name in Offer._fields)


class ListingChanged(Conflict):
    """Somebody changed the listing after this person had read it."""

    code = "catalogue.listing-changed"
    title = _("This listing has changed since you looked at it. Please look again.")


class ListingInvalid(Invalid):
    """A value is not what its column needs."""

    code = "catalogue.listing-invalid"
    title = _("Something about this listing is not right.")


class PartNumberTaken(Conflict):
    """The supplier has a product of this part number, on offer or withdrawn."""

    code = "catalogue.part-number-taken"
    title = _("You have a product with this part number already.")


class NotASeller(Forbidden):
    """Somebody who does not act for a supplier offers a product."""

    code = "catalogue.not-a-seller"
    title = _("Only a supplier can offer products.")


@transaction.atomic
def add_listing(*, supplier: Actor, facts: Mapping[str, str], at: datetime) -> Listing:
    """Offer one product more, as its supplier typed it.

    Shapes: `facts` maps columns of a price list to the text for each; one that is not named is as
    an empty cell.
    Raises: NotASeller, ImportUnderWay, ListingInvalid, PartNumberTaken.
    """
    if supplier.kind != OrganisationKind.SUPPLIER:
        raise NotASeller
    hold_listings(supplier.organisation_id)
    offer = _offered({column: facts.get(column, "") for column in _COLUMNS})
    mine = Listing.objects.of(supplier.organisation_id)
    taken = mine.defer("search").filter(part_number=offer.part_number).first()
    if taken is not None:
        words = gettext("%(name)s has this part number already. Give another, or change that one.")
        raise PartNumberTaken(
            words % {"name": taken.name}, field=PART_NUMBER, listing_id=str(taken.pk)
        )
    columns = offer._asdict()
    columns["category_id"] = columns.pop("category")
    listing = Listing(
        supplier_id=supplier.organisation_id,
        content_hash=content_hash(offer),
        price_since=at,
        created_at=at,
        changed_at=at,
        **columns,
    )
    listing.save(force_insert=True)
    count_category(listing.supplier_id, listing.category_id)
    record(
        "listing.added",
        listing,
        actor=supplier,
        at=at,
        organisation_id=listing.supplier_id,
        after={
            name: _plain(value)
            for name, value in offer._asdict().items()
            if value not in ("", None)
        },
    )
    _owe_words(listing)
    return listing


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
    listing = _lock(supplier, listing_id)
    _refuse_changed(listing, version)
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
    listing = _lock(supplier, listing_id)
    old_offer, old_price, old_since = _offer(listing), listing.unit_price, listing.price_since
    values = _checked(changes, old_offer)
    _refuse_changed(listing, version)
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
    if changed.keys() & _WORDED:
        _owe_words(listing)
    return listing


def _owe_words(listing: Listing) -> None:
    wake(
        "catalogue.learn_words",
        key=f"words:{listing.pk}:{listing.version}",
        organisation_id=listing.supplier_id,
        payload={"listing_id": str(listing.pk)},
    )


def _lock(supplier: Actor, listing_id: UUID) -> Listing:
    hold_listings(supplier.organisation_id)
    return Listing.objects.of(supplier.organisation_id).defer("search").lock(listing_id)


def _refuse_changed(listing: Listing, version: int) -> None:
    if listing.version != version:
        raise ListingChanged(current_version=listing.version)


def _checked(changes: Mapping[str, str], old: Offer) -> dict[str, Any]:
    if PART_NUMBER in changes:
        raise TypeError("A listing is known by its part number, which cannot be changed.")
    values, problems = _read(changes)
    wrong = {problem.pointer for problem in problems}
    if not wrong & {UNIT, MINIMUM_QUANTITY}:
        new = old._replace(**values)
        problems += _apart(new.unit, new.minimum_quantity, changes)
    if problems:
        raise ListingInvalid(problems[0].detail, errors=problems)
    return values


def _offered(said: Mapping[str, str]) -> Offer:
    """Return the offer that was typed, every column of it."""
    values, problems = _read(said)
    if not {problem.pointer for problem in problems} & {UNIT, MINIMUM_QUANTITY}:
        problems += _apart(values[UNIT], values[MINIMUM_QUANTITY], said)
    if problems:
        raise ListingInvalid(problems[0].detail, errors=problems)
    return Offer(**values)


def _read(said: Mapping[str, str]) -> tuple[dict[str, Any], list[FieldProblem]]:
    """Return the values of what was typed by the listing's fields, and all that is wrong."""
    values: dict[str, Any] = {}
    problems = []
    for column, text in said.items():
        if _FIELDS.get(column, column) not in {*Offer._fields, CURRENCY}:
            raise TypeError(f"A listing has no {column}.")
        try:
            values[_FIELDS.get(column, column)] = value_of(column, text)
        except Bad as bad:
            problems.append(FieldProblem(column, in_a_box(column, bad.code, bad.facts)))
    values.pop(CURRENCY, None)
    return values, problems


def _apart(unit: str, smallest: Decimal, said: Mapping[str, str]) -> list[FieldProblem]:
    """Return what is wrong with values that are right each by itself, beside what was typed."""
    column = MINIMUM_QUANTITY if MINIMUM_QUANTITY in said else UNIT
    try:
        if column in said:
            check_smallest(unit, smallest)
    except Bad as bad:
        return [FieldProblem(column, in_a_box(MINIMUM_QUANTITY, bad.code, bad.facts))]
    return []


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
