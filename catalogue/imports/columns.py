"""The columns of a price list, and the headings by which suppliers call them.

Why: nobody renames columns to please a marketplace. A heading is compared without case, spaces
and punctuation, so that "Unit Price (£)", "unit_price" and "UNIT PRICE" are one.
docs/catalogue-file.md is the same table for people.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from catalogue.listings.rules import (
    BRAND,
    CATEGORY,
    CURRENCY,
    DESCRIPTION,
    GTIN,
    KEYWORDS,
    LEAD_TIME_DAYS,
    MANUFACTURER_PART_NUMBER,
    MINIMUM_QUANTITY,
    NAME,
    PACK_SIZE,
    PART_NUMBER,
    REQUIRED,
    UNIT,
    UNIT_PRICE,
    VAT,
)
from marketplace.core.tables.separated import plain

# In the order in which a template file has them.
COLUMNS = (
    PART_NUMBER, NAME, DESCRIPTION, BRAND, MANUFACTURER_PART_NUMBER, GTIN, CATEGORY, UNIT,
    PACK_SIZE, UNIT_PRICE, CURRENCY, VAT, MINIMUM_QUANTITY, LEAD_TIME_DAYS, KEYWORDS,
)  # fmt: skip

HEADINGS: dict[str, tuple[str, ...]] = {
    PART_NUMBER: (
        "Part number", "Part no", "Part", "Part code", "Product code", "Product number",
        "Product no", "Product ID", "SKU", "SKU code", "Item no", "Item number", "Item code",
        "Item ID", "Item", "Stock code", "Stock number", "Stock no", "Catalogue number",
        "Catalogue no", "Catalogue code", "Cat no", "Cat number", "Cat code", "Code", "Ref",
        "Reference", "Supplier part number", "Supplier part no", "Supplier code",
        "Supplier part ID", "Supplier product code", "Supplier SKU", "Article number",
        "Article no", "Order code", "Our ref", "Product ref", "Product reference", "Item ref",
        "Item reference", "Stock ref", "Stock reference", "Our reference", "Part ref", "Cod",
        "Cod cynnyrch", "Rhif cynnyrch", "Rhif rhan",
    ),
    NAME: (
        "Name", "Product name", "Product", "Item name", "Title", "Product title", "Item title",
        "Short description", "Product description", "Item description", "Short name",
        "Listing name", "Short desc", "Product desc", "Item desc", "Description of goods",
        "Description of item", "Description of product", "Article", "Article name", "Enw",
        "Enw cynnyrch",
    ),
    DESCRIPTION: (
        "Description", "Long description", "Full description", "Details", "Detail", "Desc",
        "Long desc", "Extended description", "Further details", "Specification", "Spec", "Notes",
        "Marketing description", "Product details", "Disgrifiad",
    ),
    BRAND: ("Brand", "Brand name", "Manufacturer", "Manufacturer name", "Make", "Mfr", "Maker"),
    MANUFACTURER_PART_NUMBER: (
        "Manufacturer part number", "Manufacturer part no", "Manufacturer part",
        "Manufacturers part number", "Manufacturers part no", "Manufacturer code",
        "Manufacturer product code", "Manufacturer reference", "MPN", "Mfr part number",
        "Mfr part no", "Mfr part", "Mfr code", "Mfg part number", "Manufacturer SKU",
        "OEM part number", "OEM code", "Model", "Model number", "Model no",
    ),
    GTIN: (
        "GTIN", "EAN", "EAN code", "EAN13", "EAN-13", "Barcode", "Bar code", "UPC", "GTIN-13",
        "GTIN-14", "GTIN/EAN", "EAN/UPC", "ITF-14", "Barcode number", "EAN number",
    ),
    CATEGORY: (
        "Category", "CPV", "CPV code", "Category code", "CPV category", "Classification",
        "Classification code", "CPV number", "Main CPV", "CPV 2008", "Categori", "Cod CPV",
    ),
    UNIT: (
        "Unit", "Unit of measure", "UOM", "U/M", "UoM code", "Unit code", "Units",
        "Unit of issue", "UOI", "Unit of sale", "Unit of purchase", "Selling unit", "Sold by",
        "Sold as", "Order unit", "Per", "Measure", "Unit type", "Sales unit", "Unit of measurement",
        "Price per", "UoM (unit of measure)", "Sold in", "Qty unit", "Quantity unit", "Pack type",
        "Uned",
    ),
    PACK_SIZE: (
        "Pack size", "Pack", "Pack qty", "Pack quantity", "Quantity per pack", "Qty per pack",
        "Contents", "Units per pack", "Items per pack", "Number in pack", "Case size", "Box qty",
        "Quantity per unit", "Qty per unit", "Pack of", "Items per unit", "Unit quantity",
    ),
    UNIT_PRICE: (
        "Unit price", "Price", "Net price", "Price ex VAT", "Price excluding VAT", "Price exc VAT",
        "Price excl VAT", "Ex VAT price", "Unit price ex VAT", "Unit price excluding VAT",
        "Unit net price", "Net unit price", "Price per unit", "Price GBP", "Unit price GBP",
        "Price in pounds", "Selling price", "Sell price", "Sales price", "Your price",
        "Contract price", "Unit cost", "Cost", "Cost price", "Price (£)", "Unit price (£)",
        "Price each", "Catalogue price", "List price", "Price (ex VAT) £", "Price (GBP ex VAT)",
        "Price net", "Price net of VAT", "Net cost", "Nett price", "Nett unit price",
        "Unit nett price", "Nett cost", "Price nett", "Trade price", "Price (ex. VAT)",
        "Unit price (GBP, ex VAT)", "Pris", "Pris uned", "Pris heb TAW",
    ),
    CURRENCY: ("Currency", "Currency code", "Curr", "Ccy", "Price currency"),
    VAT: (
        "VAT", "VAT rate", "VAT category", "VAT code", "VAT %", "Tax", "Tax rate", "Tax code",
        "VAT band", "VAT percent", "VAT percentage", "Tax category", "VAT type", "Tax band",
        "VAT treatment", "VAT rate (%)", "VAT status", "TAW", "Cyfradd TAW",
    ),
    MINIMUM_QUANTITY: (
        "Minimum quantity", "Minimum order quantity", "Minimum order", "Min order", "Min qty",
        "Min order qty", "MOQ", "Min quantity", "Minimum qty", "Minimum order qty",
        "Min order quantity", "Minimum",
    ),
    LEAD_TIME_DAYS: (
        "Lead time days", "Lead time", "Lead time (days)", "Delivery days", "Delivery time",
        "Delivery lead time", "Days to deliver", "Leadtime", "Delivery (days)", "Delivery",
        "Lead time in days", "Delivery time (days)", "Lead days", "Lead time working days",
    ),
    KEYWORDS: (
        "Keywords", "Keyword", "Search terms", "Search words", "Tags", "Synonyms", "Key words",
        "Search keywords", "Also known as",
    ),
}  # fmt: skip

# Headings that mean their column only where no other heading does: many files have both a brand and
# a manufacturer, or a description and notes, and that is no mistake.
SECOND_CHOICE = frozenset(
    {
        "manufacturer", "manufacturername", "make", "maker", "mfr", "model", "modelnumber",
        "modelno", "notes", "details", "detail", "specification", "spec", "furtherdetails",
        "productdetails", "marketingdescription", "article", "product", "item", "ref",
        "reference", "upc", "delivery", "tags", "minimum", "cost", "costprice",
    }
)  # fmt: skip

# What may be said once for a whole file that has no such column: it is often the same for all.
FOR_ALL = (CATEGORY, UNIT, VAT)

# Where a file has no name, the column of this heading is one, and a longer text stays what it is.
SHORT_WORDS = frozenset({"description", "desc", "disgrifiad"})

# Where a file has no name at all, the column of this heading is one beside a part number.
ITEM_WORDS = frozenset({"item"})

# Headings that look like a price and are not the one we need.
WITH_VAT = frozenset(
    {
        "priceincvat", "prisgydathaw", "prisyncynnwystaw", "priceinclvat", "priceincludingvat",
        "priceincludingtax", "grossprice",
        "pricewithvat", "unitpriceincvat", "unitpriceinclvat", "incvatprice", "grossunitprice",
        "unitpriceincludingvat", "priceinctax",
    }
)  # fmt: skip


_BY_HEADING = {
    plain(heading): column
    for column, headings in HEADINGS.items()
    for heading in (*headings, column)
}
_BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]")


def column_of(heading: str) -> str | None:
    """Return the column that a heading means, or None.

    Why: what stands in brackets is often only a remark ("Pack size (if known)"), so a heading
    that is not known with its brackets is tried without.

    >>> column_of("Product Code"), column_of("Pack size (if known)"), column_of("Colour")
    ('part_number', 'pack_size', None)
    """
    known = _BY_HEADING.get(plain(heading))
    if known or plain(heading) in WITH_VAT or "inc" in heading.casefold():
        return known
    return _BY_HEADING.get(plain(_BRACKETS.sub("", heading)))


@dataclass(frozen=True, slots=True)
class Header:
    """What the heading row of a file means.

    Shapes: `places` maps a column to its place in a row, from 0; `twice` maps a column to the
    headings that all mean it; `unknown` are the headings that mean nothing to us.
    """

    headings: tuple[str, ...]
    places: dict[str, int]
    missing: tuple[str, ...]
    twice: dict[str, tuple[str, ...]]
    unknown: tuple[str, ...]

    @property
    def with_vat(self) -> tuple[str, ...]:
        """The headings that give a price with VAT in it, which we cannot use."""
        return tuple(heading for heading in self.unknown if plain(heading) in WITH_VAT)


def read_header(headings: Sequence[str], *, said: Collection[str] = ()) -> Header:
    """Return what a heading row means, with all that is wrong with it.

    Shapes: `said` are columns that need not be there, since they were said for the whole file.

    Why: a supplier should learn of every fault of the heading at once, not of one a try.
    """
    found: dict[str, list[int]] = {}
    unknown: list[str] = []
    for place, heading in enumerate(headings):
        column = column_of(heading)
        if column:
            found.setdefault(column, []).append(place)
        elif heading.strip():
            unknown.append(heading.strip())
    if NAME not in found:
        _find_name(found, headings)
    found = {column: places for column, places in found.items() if places}
    for column, places in found.items():
        first = [place for place in places if plain(headings[place]) not in SECOND_CHOICE]
        if first and len(first) < len(places):
            unknown.extend(headings[place].strip() for place in places if place not in first)
            found[column] = first
    return Header(
        headings=tuple(headings),
        places={column: places[0] for column, places in found.items()},
        missing=tuple(column for column in REQUIRED if column not in found and column not in said),
        twice={
            column: tuple(headings[place].strip() for place in places)
            for column, places in found.items()
            if len(places) > 1
        },
        unknown=tuple(unknown),
    )


def _find_name(found: dict[str, list[int]], headings: Sequence[str]) -> None:
    """Take as the name what a file without one calls its products by."""
    if DESCRIPTION in found:
        # "Code, Description, Price": the only words about a product are what it is called.
        words = found.pop(DESCRIPTION)
        found[NAME] = [place for place in words if plain(headings[place]) in SHORT_WORDS] or words
        found[DESCRIPTION] = [place for place in words if place not in found[NAME]]
        return
    # "Ref, Item, Price": what has a number of its own is called by its other words.
    parts = found.get(PART_NUMBER, [])
    items = [place for place in parts if plain(headings[place]) in ITEM_WORDS]
    if items and len(items) < len(parts):
        found[NAME] = items
        found[PART_NUMBER] = [place for place in parts if place not in items]
