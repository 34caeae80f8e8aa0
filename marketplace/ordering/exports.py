"""Orders and requisitions as rows of a file, a row a line.

The VAT of a document is rounded once for each rate. Here it is shared out among the lines, so that
the lines of a file come to the penny to what the documents say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeVar

from marketplace.core.money import Money
from marketplace.core.vat import VatCategory, vat_breakdown
from marketplace.ordering.models import OrderLine, RequisitionLine
from marketplace.ordering.models.bought import BoughtLine
from marketplace.ordering.models.orders import ANSWER_LABELS, ORDER_STATUS_LABELS
from marketplace.ordering.models.requisitions import REQUISITION_STATUS_LABELS
from marketplace.ordering.rules import still_due
from marketplace.ordering.states import Answer, OrderStatus, RequisitionStatus

L = TypeVar("L", bound=BoughtLine)

_BOUGHT = (
    "supplier", "part_number", "name", "category", "unit", "quantity", "unit_price",
    "vat_category", "vat_rate_percent", "net_amount", "vat_amount", "gross_amount", "cost_centre",
    "cost_centre_name", "account", "account_name",
)  # fmt: skip
ORDER_COLUMNS = (
    "order_number", "line_number", "status", "status_words", "requisition_number", "ordered_by",
    "financial_year", "raised_at", "sent_at", "answered_at", "cancelled_at", "needed_by_on",
    *_BOUGHT, "due_net_amount", "answer", "answer_words", "promised_on", "refusal_reason",
    "received_quantity", "billed_quantity", "order_id", "line_id",
)  # fmt: skip
REQUISITION_COLUMNS = (
    "requisition_number", "title", "line_number", "status", "status_words", "raised_by",
    "submitted_at", "approved_by", "approved_at", "rejected_by", "rejected_at",
    "rejection_reason", "withdrawn_at", "needed_by_on", *_BOUGHT, "note", "order_number",
    "requisition_id", "line_id",
)  # fmt: skip


def order_rows(lines: Iterable[OrderLine]) -> Iterator[dict[str, Any]]:
    """Yield a row for each line of orders; the lines of an order come one after another."""
    for _order, together in groupby(lines, key=lambda line: line.order_id):
        for line, vat_amount in with_vat(list(together)):
            yield _order_row(line, vat_amount)


def requisition_rows(lines: Iterable[RequisitionLine]) -> Iterator[dict[str, Any]]:
    """Yield a row for each line of requisitions; the lines of one come one after another."""
    for _requisition, together in groupby(lines, key=lambda line: line.requisition_id):
        for line, vat_amount in with_vat(list(together)):
            yield _requisition_row(line, vat_amount)


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


def _order_row(line: OrderLine, vat_amount: Decimal) -> dict[str, Any]:
    order = line.order
    due = still_due(line, is_cancelled=order.status == OrderStatus.CANCELLED)
    return {
        "order_number": order.number,
        "line_number": line.line_number,
        "status": str(order.status),
        "status_words": str(ORDER_STATUS_LABELS[OrderStatus(order.status)]),
        "requisition_number": order.requisition.number,
        "ordered_by": order.contact_name,
        "financial_year": order.financial_year,
        "raised_at": order.raised_at,
        "sent_at": order.sent_at,
        "answered_at": order.answered_at,
        "cancelled_at": order.cancelled_at,
        "needed_by_on": order.needed_by_on,
        **_bought(line, order.supplier.name, vat_amount),
        "due_net_amount": due.net_amount,
        "answer": str(line.answer),
        "answer_words": str(ANSWER_LABELS[Answer(line.answer)]),
        "promised_on": line.promised_on,
        "refusal_reason": line.refusal_reason,
        "received_quantity": line.received_quantity,
        "billed_quantity": line.billed_quantity,
        "order_id": order.pk,
        "line_id": line.pk,
    }


def _requisition_row(line: RequisitionLine, vat_amount: Decimal) -> dict[str, Any]:
    asked = line.requisition
    ordered = getattr(line, "order_line", None)  # none until it is ordered
    return {
        "requisition_number": asked.number,
        "title": asked.title,
        "line_number": line.line_number,
        "status": str(asked.status),
        "status_words": str(REQUISITION_STATUS_LABELS[RequisitionStatus(asked.status)]),
        "raised_by": asked.raised_by_name,
        "submitted_at": asked.submitted_at,
        "approved_by": asked.approved_by_name,
        "approved_at": asked.approved_at,
        "rejected_by": asked.rejected_by_name,
        "rejected_at": asked.rejected_at,
        "rejection_reason": asked.rejection_reason,
        "withdrawn_at": asked.withdrawn_at,
        "needed_by_on": asked.needed_by_on,
        **_bought(line, line.supplier.name, vat_amount),
        "note": line.note,
        "order_number": ordered.order.number if ordered else None,
        "requisition_id": asked.pk,
        "line_id": line.pk,
    }


def _bought(
    line: OrderLine | RequisitionLine, supplier: str, vat_amount: Decimal
) -> dict[str, Any]:
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
