"""Receipts as rows of a file, a row a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from marketplace.ordering.models import ReceiptLine
from marketplace.ordering.models.receipts import RECEIPT_KIND_LABELS
from marketplace.ordering.states import ReceiptKind

RECEIPT_COLUMNS = (
    "receipt_number", "kind", "kind_words", "received_on", "delivery_note", "note", "is_replaced",
    "corrects", "by", "at", "order_number", "line_number", "supplier", "part_number", "name",
    "unit", "quantity", "net_amount", "cost_centre", "account", "receipt_id", "order_id", "line_id",
)  # fmt: skip


def receipt_rows(lines: Iterable[ReceiptLine]) -> Iterator[dict[str, Any]]:
    """Yield a row for each line of receipts."""
    for line in lines:
        receipt, ordered = line.receipt, line.order_line
        yield {
            "receipt_number": receipt.number,
            "kind": str(receipt.kind),
            "kind_words": str(RECEIPT_KIND_LABELS[ReceiptKind(receipt.kind)]),
            "received_on": receipt.received_on,
            "delivery_note": receipt.delivery_note,
            "note": receipt.note,
            "is_replaced": receipt.is_replaced,
            "corrects": receipt.corrects.number if receipt.corrects else None,
            "by": receipt.by_name,
            "at": receipt.at,
            "order_number": receipt.order.number,
            "line_number": ordered.line_number,
            "supplier": receipt.supplier.name,
            "part_number": ordered.part_number,
            "name": ordered.name,
            "unit": ordered.unit,
            "quantity": line.quantity,
            "net_amount": line.amount,
            "cost_centre": ordered.cost_centre.code,
            "account": ordered.account.code,
            "receipt_id": receipt.pk,
            "order_id": receipt.order_id,
            "line_id": ordered.pk,
        }
