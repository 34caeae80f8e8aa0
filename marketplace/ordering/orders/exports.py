"""Orders as rows of a file, a row a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

from marketplace.ordering.bought.exports import BOUGHT_COLUMNS, bought_cells, with_vat
from marketplace.ordering.bought.rules import still_due
from marketplace.ordering.models import OrderLine
from marketplace.ordering.models.orders import ANSWER_LABELS, ORDER_STATUS_LABELS
from marketplace.ordering.states import Answer, OrderStatus

ORDER_COLUMNS = (
    "order_number", "line_number", "status", "status_words", "requisition_number", "ordered_by",
    "financial_year", "raised_at", "sent_at", "answered_at", "cancelled_at", "needed_by_on",
    *BOUGHT_COLUMNS, "due_net_amount", "answer", "answer_words", "promised_on", "refusal_reason",
    "received_quantity", "cancelled_quantity", "billed_quantity", "order_id", "line_id",
)  # fmt: skip


def order_rows(lines: Iterable[OrderLine]) -> Iterator[dict[str, Any]]:
    """Yield a row for each line of orders; the lines of an order come one after another."""
    for _order, together in groupby(lines, key=lambda line: line.order_id):
        for line, vat_amount in with_vat(list(together)):
            yield _order_row(line, vat_amount)


def _order_row(line: OrderLine, vat_amount: Decimal) -> dict[str, Any]:
    order = line.order
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
        **bought_cells(line, order.supplier.name, vat_amount),
        "due_net_amount": still_due(line).net_amount,
        "answer": str(line.answer),
        "answer_words": str(ANSWER_LABELS[Answer(line.answer)]),
        "promised_on": line.promised_on,
        "refusal_reason": line.refusal_reason,
        "received_quantity": line.received_quantity,
        "cancelled_quantity": line.cancelled_quantity,
        "billed_quantity": line.billed_quantity,
        "order_id": order.pk,
        "line_id": line.pk,
    }
