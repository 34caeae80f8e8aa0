"""Lines of what is bought, as rows of a file.

The VAT of a document is rounded once for each rate. Here it is shared out among the lines, so that
the lines of a file come to the penny to what the documents say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar

from marketplace.core.money import Money
from marketplace.core.vat import VatCategory, vat_breakdown
from marketplace.ordering.models import OrderLine, RequisitionLine
from marketplace.ordering.models.bought import BoughtLine

L = TypeVar("L", bound=BoughtLine)

BOUGHT_COLUMNS = (
    "supplier", "part_number", "name", "category", "unit", "quantity", "unit_price",
    "vat_category", "vat_rate_percent", "net_amount", "vat_amount", "gross_amount", "cost_centre",
    "cost_centre_name", "account", "account_name",
)  # fmt: skip


def with_vat(lines: Sequence[L]) -> list[tuple[L, Decimal]]:
    """Return the lines of one document, each with its share of the document's VAT, in order.

    Units: GBP; the shares of a rate sum to its VAT, which is rounded once.
    """
    by_rate: dict[tuple[str, Decimal], list[L]] = defaultdict(list)
    for line in lines:
        by_rate[str(line.vat_category), line.vat_rate_percent].append(line)
    shares: dict[Any, Decimal] = {}
    for (category, rate), alike in by_rate.items():
        nets = [Money(line.net_amount) for line in alike]
        [taxed] = vat_breakdown((net, VatCategory(category), rate) for net in nets)
        weights = [net.amount for net in nets]
        parts = taxed.vat.split(weights) if sum(weights) else [Money(Decimal("0.00"))] * len(nets)
        shares |= {line.pk: part.amount for line, part in zip(alike, parts, strict=True)}
    return [(line, shares[line.pk]) for line in lines]


def bought_cells(
    line: OrderLine | RequisitionLine, supplier: str, vat_amount: Decimal
) -> dict[str, Any]:
    """Return what a row says of a line, of whichever document it is."""
    return {
        "supplier": supplier,
        "part_number": line.part_number,
        "name": line.name,
        "category": line.category,
        "unit": line.unit,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "vat_category": str(line.vat_category),
        "vat_rate_percent": line.vat_rate_percent,
        "net_amount": line.net_amount,
        "vat_amount": vat_amount,
        "gross_amount": line.net_amount + vat_amount,
        "cost_centre": line.cost_centre.code if line.cost_centre else None,
        "cost_centre_name": line.cost_centre.name if line.cost_centre else None,
        "account": line.account.code if line.account else None,
        "account_name": line.account.name if line.account else None,
    }
