"""What can be bought at present: the one place where ordering reads the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from catalogue.listings.selectors import listings_buyable, live_listings
from catalogue.models import Listing
from marketplace.ordering.models import RequisitionLine
from marketplace.organisations.models import Organisation


@dataclass(frozen=True, slots=True)
class Drift:
    """A line whose listing changed after it was put in the basket.

    Units: prices in GBP without VAT for one unit. `offer` is None when it can no longer be bought.
    """

    line: RequisitionLine
    offer: Listing | None
    supplier_name: str

    @property
    def least(self) -> Decimal | None:
        """Return the smallest quantity that is sold now, where the line asks for less."""
        if self.offer is None or self.line.quantity >= self.offer.minimum_quantity:
            return None
        return self.offer.minimum_quantity

    @property
    def old_price(self) -> Decimal:
        """Return the price in the basket."""
        return self.line.unit_price

    @property
    def new_price(self) -> Decimal | None:
        """Return the price now."""
        return self.offer.unit_price if self.offer else None


def offers(council_id: UUID, listing_ids: Collection[UUID]) -> dict[UUID, Listing]:
    """Return the listings that a council can buy now, by key.

    Shapes: what was withdrawn is missing, and so is everything of a supplier that the council does
    not buy from or has suspended.
    """
    rows = listings_buyable(council_id, listing_ids).select_related(None)
    return {row.pk: row for row in rows.defer("search", "description", "keywords")}


def drifts(council_id: UUID, lines: Iterable[RequisitionLine]) -> list[Drift]:
    """Return the lines that are not as their listing is now: dearer, cheaper, changed or gone."""
    kept = list(lines)
    found = offers(council_id, [line.listing_id for line in kept])
    changed = [
        line
        for line in kept
        if line.listing_id not in found or _differs(line, found[line.listing_id])
    ]
    if not changed:
        return []
    sellers = Organisation.objects.in_bulk({line.supplier_id for line in changed})
    return [
        Drift(line, found.get(line.listing_id), sellers[line.supplier_id].name) for line in changed
    ]


def _differs(line: RequisitionLine, offer: Listing) -> bool:
    return line.quantity < offer.minimum_quantity or (
        line.unit_price,
        line.unit,
        line.pack_size,
        line.vat_category,
    ) != (
        offer.unit_price,
        offer.unit,
        offer.pack_size,
        offer.vat_category,
    )


def offers_by_part_number(
    council_id: UUID, part_numbers: Collection[str], supplier_id: UUID | None = None
) -> dict[str, list[Listing]]:
    """Return the listings that a council can buy now under each part number, in any case.

    Shapes: keys are case-folded; a number that two suppliers use has two listings, by supplier.
    """
    wanted = {form for number in part_numbers for form in (number, number.upper(), number.lower())}
    rows = live_listings(council_id).filter(part_number__in=wanted).select_related(None)
    if supplier_id is not None:
        rows = rows.filter(supplier_id=supplier_id)
    found: dict[str, list[Listing]] = {}
    for row in rows.defer("search", "description", "keywords").order_by("supplier_id", "id"):
        found.setdefault(row.part_number.casefold(), []).append(row)
    return found
