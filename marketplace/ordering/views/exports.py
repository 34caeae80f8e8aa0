"""Taking orders and requisitions to another system: what a file will hold, and the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from marketplace.ordering.exports import (
    ORDER_COLUMNS,
    REQUISITION_COLUMNS,
    order_rows,
    requisition_rows,
)
from marketplace.ordering.forms import OrderExport, RequisitionExport
from marketplace.ordering.selectors.exports import (
    export_lines_of_orders,
    export_lines_of_requisitions,
    export_totals,
    orders_between,
    requisitions_between,
)
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.downloads import CHUNK, CSV, JSON_LINES, download

EXPORTERS = ("buyer", "finance", "auditor")


@dataclass(frozen=True, slots=True)
class _Export:
    """What differs between the files."""

    name: str
    title: Any
    form: type[OrderExport] | type[RequisitionExport]
    found: Callable[..., Any]
    lines: Callable[..., Any]
    columns: Sequence[str]
    rows: Callable[[Iterable[Any]], Iterator[dict[str, Any]]]


ORDERS = _Export(
    "orders", _("Take orders with you"), OrderExport, orders_between, export_lines_of_orders,
    ORDER_COLUMNS, order_rows,
)  # fmt: skip
REQUISITIONS = _Export(
    "requisitions", _("Take requisitions with you"), RequisitionExport, requisitions_between,
    export_lines_of_requisitions, REQUISITION_COLUMNS, requisition_rows,
)  # fmt: skip


@access(*EXPORTERS)
@require_safe
def orders_export(request: HttpRequest) -> HttpResponseBase:
    """Say what a file of orders will hold, or hand it out."""
    return _answer(request, ORDERS)


@access(*EXPORTERS)
@require_safe
def requisitions_export(request: HttpRequest) -> HttpResponseBase:
    """Say what a file of requisitions will hold, or hand it out."""
    return _answer(request, REQUISITIONS)


def _answer(request: HttpRequest, export: _Export) -> HttpResponseBase:
    reader = actor(request)
    form = export.form(request.GET)
    totals = None
    if form.is_valid():
        documents = export.found(reader, **form.cleaned_data)
        lines = export.lines(reader, documents)
        kind = request.GET.get("format", "")
        if kind in {CSV, JSON_LINES}:
            rows = export.rows(lines.iterator(chunk_size=CHUNK))
            return download(kind, export.name, export.columns, rows)
        totals = export_totals(documents, lines)
    page = {"form": form, "title": export.title, "totals": totals, "list": export.name}
    return render(request, "ordering/export.html", page, status=200 if totals else 422)
