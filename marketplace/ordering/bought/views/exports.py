"""Taking what is bought to another system: what a file will hold, and the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from marketplace.ordering.bought.selectors.exports import export_totals
from marketplace.web.actors import actor
from marketplace.web.downloads import CSV, JSON_LINES, Period, download, in_lots

EXPORTERS = ("buyer", "finance", "auditor")


@dataclass(frozen=True, slots=True)
class Export:
    """What differs between the files. Shapes: `keys` is the order of the lines, by document."""

    name: str
    title: Any
    form: type[Period]
    found: Callable[..., Any]
    lines: Callable[..., Any]
    keys: Sequence[str]
    columns: Sequence[str]
    rows: Callable[[Iterable[Any]], Iterator[dict[str, Any]]]


def answer_export(request: HttpRequest, export: Export) -> HttpResponseBase:
    """Say what a file will hold, or hand it out."""
    reader = actor(request)
    form = export.form(request.GET)
    totals = None
    if form.is_valid():
        documents = export.found(reader, **form.cleaned_data)
        lines = export.lines(reader, documents)
        kind = request.GET.get("format", "")
        if kind in {CSV, JSON_LINES}:
            rows = export.rows(in_lots(lines, keys=export.keys))
            return download(kind, export.name, export.columns, rows)
        totals = export_totals(documents, lines)
    page = {"form": form, "title": export.title, "totals": totals, "list": export.name}
    return render(request, "ordering/export.html", page, status=200 if totals else 422)
