"""What an offer consists of, and when two offers are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from catalogue.listings import cells
from catalogue.listings.cells import Bad
from marketplace.core.tables.separated import UNVALUED
from marketplace.core.units import is_counted

PART_NUMBER = "part_number"
NAME = "name"
DESCRIPTION = "description"
BRAND = "brand"
MANUFACTURER_PART_NUMBER = "manufacturer_part_number"
GTIN = "gtin"
CATEGORY = "category"
UNIT = "unit"
PACK_SIZE = "pack_size"
UNIT_PRICE = "unit_price"
CURRENCY = "currency"
VAT = "vat"
MINIMUM_QUANTITY = "minimum_quantity"
LEAD_TIME_DAYS = "lead_time_days"
KEYWORDS = "keywords"

REQUIRED = (PART_NUMBER, NAME, CATEGORY, UNIT, UNIT_PRICE, VAT)
LONGEST = {
    PART_NUMBER: 64,
    NAME: 200,
    DESCRIPTION: 4000,
    BRAND: 100,
    MANUFACTURER_PART_NUMBER: 64,
    KEYWORDS: 500,
}


class Offer(NamedTuple):
    """What a supplier offers: everything about a listing that its supplier decides.

    Units: `unit_price` in pounds without VAT for one `unit` (a Rec 20 code), at most six places;
    `category` a CPV code of eight digits; `vat_category` a VatCategory's value.
    """

    part_number: str
    name: str
    description: str
    brand: str
    manufacturer_part_number: str
    gtin: str
    category: str
    unit: str
    pack_size: int
    unit_price: Decimal
    vat_category: str
    minimum_quantity: Decimal
    lead_time_days: int | None
    keywords: str


_CHECKS: dict[str, Callable[[str], Any]] = {
    PART_NUMBER: cells.code_text,
    NAME: cells.code_text,
    DESCRIPTION: cells.long_text,
    BRAND: cells.clean,
    MANUFACTURER_PART_NUMBER: cells.code_text,
    GTIN: cells.gtin,
    CATEGORY: cells.category,
    UNIT: cells.unit,
    PACK_SIZE: cells.whole,
    UNIT_PRICE: cells.price,
    CURRENCY: cells.currency,
    VAT: cells.vat,
    MINIMUM_QUANTITY: cells.quantity,
    LEAD_TIME_DAYS: cells.days,
    KEYWORDS: cells.clean,
}
# What an empty cell means in a column that may be empty.
_IF_EMPTY: dict[str, Any] = {
    PACK_SIZE: 1,
    MINIMUM_QUANTITY: Decimal("1.000"),
    LEAD_TIME_DAYS: None,
    CURRENCY: "GBP",
}


# Files that we give out have an apostrophe before what a spreadsheet would take for a formula; it
# is no part of the value when such a file comes back.
_DEFUSED = ("=", "+", "-", "@", "|", "%")


def value_of(column: str, text: str) -> Any:  # noqa: ANN401  # each column has its own type
    """Return what a cell of `column` means.

    Why: an empty cell means "nothing said", which some columns may leave and others may not; and
    what would be refused too is not suggested.
    Raises: Bad.
    """
    try:
        return _read(column, text)
    except Bad as bad:
        if bad.facts.get("suggestion") and not _is_good(column, bad.facts["suggestion"]):
            bad.facts["suggestion"] = ""
        raise


def _is_good(column: str, text: str) -> bool:
    try:
        _read(column, text)
    except Bad:
        return False
    return True


def _read(column: str, text: str) -> Any:  # noqa: ANN401
    stripped = text.strip(" \t\r\n\u00a0")
    if not stripped:
        if column in REQUIRED:
            raise Bad("empty")
        return _IF_EMPTY.get(column, "")
    if stripped[0] == UNVALUED:
        raise Bad("formula-unvalued")
    if stripped[0] == "'" and stripped[1:2] in _DEFUSED:
        stripped = stripped[1:].replace("\\|", "|")
    longest = LONGEST.get(column)
    if longest and len(stripped) > longest:
        raise Bad("too-long", most=longest, found=len(stripped))
    return _CHECKS[column](stripped)


def check_smallest(unit: str, minimum_quantity: Decimal) -> None:
    """Refuse a smallest order in parts of a unit that is only had whole.

    Why: an order of it takes whole ones only, so nobody could order the smallest.
    Raises: Bad.
    """
    if minimum_quantity % 1 and is_counted(unit):
        raise Bad("sold-whole")


def content_hash(offer: Offer) -> str:
    """Return a hash that is the same for the same offer, and for no other.

    Why: a price list that is sent again must be known for the same without comparing its texts,
    and whoever approved an offer must be able to tell that it is still the one they saw.

    >>> chair = Offer("A1", "Chair", "", "", "", "", "39112000", "EA", 1, Decimal("9.500000"),
    ...     "standard", Decimal("1.000"), None, "")
    >>> content_hash(chair) == content_hash(chair._replace(unit_price=Decimal("9.5")))
    True
    """
    exact = offer._replace(
        unit_price=offer.unit_price.quantize(cells.PRICE_STEP),
        minimum_quantity=offer.minimum_quantity.quantize(cells.QUANTITY_STEP),
    )
    return hashlib.sha256("\x1f".join(map(str, exact)).encode()).hexdigest()
