"""Lists that people take with them: streamed row by row, and safe to open in a spreadsheet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from django import forms
from django.db import models
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.core.tables import written
from marketplace.web.fields import DayField
from marketplace.web.paging import page_by_key

M = TypeVar("M", bound=models.Model)
Row = Mapping[str, Any]

CHUNK: Final = 500
CSV, JSON_LINES = "csv", "jsonl"
_MEDIA_TYPES: Final = {CSV: "text/csv; charset=utf-8", JSON_LINES: "application/jsonl"}


class Period(forms.Form):
    """From which day to which; everything left empty takes all."""

    since = DayField(label=_("From this day"), required=False)
    until = DayField(label=_("To this day"), required=False)

    def clean(self) -> dict[str, Any]:
        """Return what was asked.

        Raises: ValidationError when the days are the wrong way round.
        """
        asked: dict[str, Any] = super().clean() or {}
        since, until = asked.get("since"), asked.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day must not be before the first"))
        return asked


def in_lots(
    queryset: QuerySet[M] | Sequence[QuerySet[M]], *, keys: Sequence[str], size: int = CHUNK
) -> Iterator[M]:
    """Yield the rows of a query in the order of `keys`, asking for a lot of them at a time.

    Shapes: query and keys are as for pages by key. No row comes twice, and none is missed that is
    there all the while and keeps its keys.
    Why: outside a transaction the database computes all that one cursor holds before it gives out
    the first row. A long list would be stopped on the way there, and its file would stay empty.
    """
    after: str | None = None
    while True:
        page = page_by_key(queryset, after, keys=keys, size=size)
        yield from page.rows
        after = page.next_cursor
        if after is None:
            return


def csv_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """Yield rows as CSV, a header first, the same way for people and for programs."""
    return written.csv_lines(columns, ([_cell(row[name]) for name in columns] for row in rows))


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield rows as JSON, one a line; amounts are texts, so that no reader rounds them."""
    for row in rows:
        facts = {name: _json_value(value) for name, value in row.items()}
        yield json.dumps(facts, ensure_ascii=False, sort_keys=True) + "\n"


def download(
    kind: str, name: str, columns: Sequence[str], rows: Iterable[Row]
) -> StreamingHttpResponse:
    """Answer with rows as a file, sent while they are read.

    Shapes: `kind` is "csv" or "jsonl"; `name` of the file without its ending; each row has every
    column.
    """
    lines = csv_lines(columns, rows) if kind == CSV else json_lines(rows)
    return file_of(lines, kind, name)


def file_of(lines: Iterator[str], kind: str, name: str) -> StreamingHttpResponse:
    """Answer with lines as a file, sent while they are made."""
    answer = StreamingHttpResponse(lines, content_type=_MEDIA_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def attached(content: bytes, name: str) -> HttpResponse:
    """Answer with a plain text as a file of this name."""
    answer = HttpResponse(content, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _json_value(value)


def _json_value(value: object) -> object:
    """Return a value as JSON has it: instants in our own time, amounts as texts."""
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, UUID) else value
