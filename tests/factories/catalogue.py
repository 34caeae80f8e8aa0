"""Listings and price lists for tests."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from catalogue.imports.columns import COLUMNS
from catalogue.imports.report import ImportReport
from catalogue.imports.services.price_lists import import_catalogue
from catalogue.listings.rules import Offer, content_hash
from catalogue.models import Listing
from marketplace.core.actors import Actor
from marketplace.core.tenancy import stewardship, tenant
from marketplace.organisations.models import Organisation

_numbers = count(1)
LONG_AGO = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def offer(**facts: Any) -> Offer:
    """Return an offer of an office chair."""
    chosen = {
        "part_number": f"P-{next(_numbers):05d}",
        "name": "Office chair",
        "description": "",
        "brand": "",
        "manufacturer_part_number": "",
        "gtin": "",
        "category": "39112000",
        "unit": "EA",
        "pack_size": 1,
        "unit_price": Decimal("79.500000"),
        "vat_category": "standard",
        "minimum_quantity": Decimal("1.000"),
        "lead_time_days": 5,
        "keywords": "",
        **facts,
    }
    chosen["unit_price"] = Decimal(chosen["unit_price"])
    return Offer(**chosen)


def listing(supplier: Organisation, **facts: Any) -> Listing:
    """Keep a listing; `category` is a CPV code."""
    rest = {name: facts.pop(name) for name in list(facts) if name not in Offer._fields}
    made = offer(**facts)
    columns = made._asdict()
    columns["category_id"] = columns.pop("category")
    instants = {"price_since": LONG_AGO, "created_at": LONG_AGO, "changed_at": LONG_AGO}
    with stewardship():
        return Listing.objects.create(
            supplier=supplier, content_hash=content_hash(made), **columns, **instants | rest
        )


def row(**facts: Any) -> dict[str, str]:
    """Return one row of a price list, as text."""
    chosen = {
        "part_number": f"P-{next(_numbers):05d}",
        "name": "Office chair",
        "category": "39112000",
        "unit": "each",
        "unit_price": "79.50",
        "vat": "standard",
        **facts,
    }
    return {name: str(value) for name, value in chosen.items()}


def price_list(
    rows: Iterable[dict[str, str]], *, delimiter: str = ",", encoding: str = "utf-8"
) -> io.BytesIO:
    """Return a price list with every column, as a file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode(encoding))


def load(supplier: Actor, rows: Iterable[dict[str, str]], **options: Any) -> ImportReport:
    """Import a price list as its supplier would."""
    chosen = {"name": "prices.csv", "at": LONG_AGO, "dry_run": False, **options}
    with tenant(supplier.organisation_id):
        return import_catalogue(supplier=supplier, content=price_list(rows), **chosen)
