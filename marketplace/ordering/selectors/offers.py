"""What can be bought at present: the one place where ordering reads the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from catalogue.models import Listing
from catalogue.states import ListingStatus
from marketplace.ordering.models import RequisitionLine


@dataclass(frozen=True, slots=True)
class Drift:
    """A line whose listing changed after it was put in the basket.

    Units: prices in GBP without VAT for one unit. `offer` is None when it can no longer be bought.
    """

    line: RequisitionLine
    offer: Listing | None

    @property
    def is_gone(self) -> bool:
        """Tell whether it can no longer be bought."""
        return self.offer is None

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

    Shapes: row-level security shows a council only the listings of suppliers with which it has an
    active link, so a suspended supplier's are missing here, as withdrawn ones are.
    """
    rows = Listing.objects.filter(pk__in=listing_ids, status=ListingStatus.LIVE)
    return {row.pk: row for row in rows.defer("search", "description", "keywords")}


def drifts(council_id: UUID, lines: Iterable[RequisitionLine]) -> list[Drift]:
    """Return the lines that are not as their listing is now: dearer, cheaper, changed or gone."""
    kept = list(lines)
    found = offers(council_id, [line.listing_id for line in kept])
    return [
        Drift(line, found.get(line.listing_id))
        for line in kept
        if line.listing_id not in found or _differs(line, found[line.listing_id])
    ]


def _differs(line: RequisitionLine, offer: Listing) -> bool:
    return (line.unit_price, line.unit, line.pack_size, line.vat_category) != (
        offer.unit_price,
        offer.unit,
        offer.pack_size,
        offer.vat_category,
    )


def offers_by_part_number(
    part_numbers: Collection[str], supplier_id: UUID | None = None
) -> dict[str, list[Listing]]:
    """Return the listings that can be bought now under each part number, in any case.

    Shapes: keys are case-folded; a number that two suppliers use has two listings, by supplier.
    """
    wanted = {form for number in part_numbers for form in (number, number.upper(), number.lower())}
    rows = Listing.objects.filter(part_number__in=wanted, status=ListingStatus.LIVE)
    if supplier_id is not None:
        rows = rows.filter(supplier_id=supplier_id)
    found: dict[str, list[Listing]] = {}
    for row in rows.defer("search", "description", "keywords").order_by("supplier_id", "id"):
        found.setdefault(row.part_number.casefold(), []).append(row)
    return found
