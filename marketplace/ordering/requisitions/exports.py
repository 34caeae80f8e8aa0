"""Requisitions as rows of a file, a row a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

from marketplace.ordering.bought.exports import BOUGHT_COLUMNS, bought_cells, with_vat
from marketplace.ordering.models import RequisitionLine
from marketplace.ordering.models.requisitions import REQUISITION_STATUS_LABELS
from marketplace.ordering.states import RequisitionStatus

REQUISITION_COLUMNS = (
    "requisition_number", "title", "line_number", "status", "status_words", "raised_by",
    "submitted_at", "approved_by", "approved_at", "rejected_by", "rejected_at",
    "rejection_reason", "withdrawn_at", "needed_by_on", *BOUGHT_COLUMNS, "note", "order_number",
    "requisition_id", "line_id",
)  # fmt: skip


def requisition_rows(lines: Iterable[RequisitionLine]) -> Iterator[dict[str, Any]]:
    """Yield a row for each line of requisitions; the lines of one come one after another."""
    for _requisition, together in groupby(lines, key=lambda line: line.requisition_id):
        for line, vat_amount in with_vat(list(together)):
            yield _requisition_row(line, vat_amount)


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
        **bought_cells(line, line.supplier.name, vat_amount),
        "note": line.note,
        "order_number": ordered.order.number if ordered else None,
        "requisition_id": asked.pk,
        "line_id": line.pk,
    }
