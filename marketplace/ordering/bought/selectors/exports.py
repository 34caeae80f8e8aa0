"""What a file of lines will hold, to compare it with afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from marketplace.ordering.models import Order, OrderLine, Requisition, RequisitionLine

NOUGHT = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class ExportTotals:
    """What a file will hold, to compare it with afterwards. Units: GBP."""

    documents: int
    lines: int
    net_amount: Decimal
    vat_amount: Decimal
    gross_amount: Decimal


def export_totals(
    documents: QuerySet[Order] | QuerySet[Requisition],
    lines: QuerySet[OrderLine] | QuerySet[RequisitionLine],
) -> ExportTotals:
    """Return how much there is, and what it comes to: two statements."""
    amounts = {
        name: Coalesce(Sum(name), NOUGHT) for name in ("net_amount", "vat_amount", "gross_amount")
    }
    sums: dict[str, Any] = documents.aggregate(documents=Count("pk"), **amounts)
    return ExportTotals(lines=lines.count(), **sums)
