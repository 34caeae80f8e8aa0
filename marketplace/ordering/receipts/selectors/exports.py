"""Receipts line by line, for those who take them to another system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from marketplace.core.actors import Actor
from marketplace.ordering.models import Receipt, ReceiptLine
from marketplace.ordering.receipts.selectors.receipts import receipts_found, receipts_of


@dataclass(frozen=True, slots=True)
class ReceiptTotals:
    """What a file will hold, to compare it with afterwards. Units: GBP, without VAT."""

    receipts: int
    lines: int
    net_amount: Decimal


def receipts_between(
    reader: Actor, *, words: str = "", kind: str, since: date | None, until: date | None
) -> QuerySet[Receipt]:
    """Return the receipts of goods that came or went on some days, as their list finds them."""
    found = receipts_found(receipts_of(reader), words=words, kind=kind, since=since, until=until)
    return found.order_by()


def export_lines_of_receipts(reader: Actor, receipts: QuerySet[Receipt]) -> QuerySet[ReceiptLine]:
    """Return the lines of receipts with all that is joined to them, receipt by receipt."""
    rows = ReceiptLine.objects.of(reader.organisation_id).filter(receipt__in=receipts.values("pk"))
    joined = rows.select_related(
        "receipt__order", "receipt__corrects", "receipt__supplier", "order_line__cost_centre",
        "order_line__account",
    )  # fmt: skip
    return joined.order_by("receipt_id", "id")


def receipt_totals(receipts: QuerySet[Receipt], lines: QuerySet[ReceiptLine]) -> ReceiptTotals:
    """Return how much there is, and what it comes to: two statements."""
    sums = receipts.aggregate(
        receipts=Count("pk"), net_amount=Coalesce(Sum("net_amount"), Decimal("0.00"))
    )
    return ReceiptTotals(lines=lines.count(), **sums)
