"""The suppliers' price lists, taken in as they would send them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO, TextIOWrapper
from tempfile import TemporaryFile
from typing import BinaryIO

from catalogue.imports.services.price_lists import import_catalogue
from catalogue.models import Listing
from catalogue.states import ImportVerdict
from fixtures.catalogues import COLUMNS, catalogue_rows, large_rows
from fixtures.suppliers import SUPPLIERS, supplier
from marketplace.core.tenancy import tenant
from marketplace.demonstration.founding import Consortium

# This one sent a price list before, so that there are past prices to look at.
SENDS_TWICE = "papyrel"
LAST_YEARS_PRICE = Decimal("0.96")
BETWEEN_PRICE_LISTS = timedelta(days=300)

OnSupplier = Callable[[str], None]


class ListRefused(RuntimeError):
    """A price list of our own making was not taken: a mistake in the demo's data."""


def sell(consortium: Consortium, at: datetime, on_supplier: OnSupplier) -> int:
    """Take in the price list of every supplier; return how many goods there are."""
    goods = 0
    for seller in SUPPLIERS:
        rows = list(catalogue_rows(seller.slug))
        when = at
        if seller.slug == SENDS_TWICE:
            goods += _send(consortium, seller.slug, _cheaper(rows), at)
            when = at + BETWEEN_PRICE_LISTS
        goods += _send(consortium, seller.slug, rows, when)
        on_supplier(seller.name)
    return goods


def sell_many(consortium: Consortium, count: int, at: datetime, on_supplier: OnSupplier) -> int:
    """Take in so many made-up goods besides, spread over the suppliers; return how many.

    A list of each supplier's is written aside first, so that memory does not grow with the count.
    """
    with ExitStack() as stack:
        files = {seller.slug: stack.enter_context(TemporaryFile()) for seller in SUPPLIERS}
        texts = {slug: TextIOWrapper(file, "utf-8", newline="") for slug, file in files.items()}
        writers = {
            slug: csv.DictWriter(text, COLUMNS, extrasaction="ignore")
            for slug, text in texts.items()
        }
        for writer in writers.values():
            writer.writeheader()
        for row in large_rows(count):
            writers[row["supplier"]].writerow(row)
        goods = 0
        for slug, text in texts.items():
            text.flush()
            goods += _take_in(consortium, slug, files[slug], at)
            on_supplier(supplier(slug).name)
        return goods


def _cheaper(rows: Iterable[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    for row in rows:
        price = (Decimal(row["price"]) * LAST_YEARS_PRICE).quantize(Decimal("0.01"))
        yield {**row, "price": str(max(price, Decimal("0.01")))}


def _send(
    consortium: Consortium, slug: str, rows: Iterable[Mapping[str, str]], at: datetime
) -> int:
    content = BytesIO()
    text = TextIOWrapper(content, "utf-8", newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    text.flush()
    return _take_in(consortium, slug, content, at)


def _take_in(consortium: Consortium, slug: str, content: BinaryIO, at: datetime) -> int:
    """Take in a price list; return how many goods are new by it."""
    actor = consortium.actor(slug, supplier(slug).contact.email)
    content.seek(0)
    with tenant(actor.organisation_id):
        report = import_catalogue(
            supplier=actor, content=content, name=f"{slug}-price-list.csv", at=at, dry_run=False
        )
    if report.verdict != ImportVerdict.DONE:
        raise ListRefused(f"{slug}: {report.problems[:3]}")
    return report.new_count


def is_selling(consortium: Consortium) -> bool:
    """Tell whether the price lists were taken in before."""
    supplier_id = consortium.id_of(SUPPLIERS[0].slug)
    with tenant(supplier_id):
        return Listing.objects.of(supplier_id).exists()
