"""Pages by key: the next page begins after the last row that was shown, whatever came between.

A page by number slides when a row is added above it, and costs more the further one goes. Here the
address carries the sort key of the last row. It is not signed: nothing is hidden in it that the
person has not seen, the query is the tenant's own, and it is checked before it is used.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.errors import Invalid

M = TypeVar("M", bound=models.Model)

LONGEST_CURSOR = 1000


class BadCursor(Invalid):
    """The address of a page of a list is not one that we made."""

    code = "page.bad-cursor"
    title = gettext_lazy("This page of the list cannot be found.")
    advice = gettext_lazy("Go back to the start of the list.")


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """A page of rows, and where the pages beside it begin; None where there is none."""

    rows: list[M]
    next_cursor: str | None
    previous_cursor: str | None

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to show."""
        return not self.rows


@dataclass(frozen=True, slots=True)
class _Key:
    """One column of the order: its name, its direction and how to read its values back."""

    name: str
    descending: bool
    field: models.Field[Any, Any]


def page_by_key(
    queryset: QuerySet[M] | Sequence[QuerySet[M]],
    after: str | None,
    *,
    keys: Sequence[str],
    size: int = 20,
) -> Page[M]:
    """Return one page of a query.

    Shapes: `keys` is the order, "-" for descending, ending with a column that is unique; none of
    them may be null, and each is a plain column or reaches one through "__". `after` is a cursor
    from an earlier Page (next or previous), or None for the first page. Several querysets with no
    row in common are one list: each is walked by an index of its own, where one with "or" between
    them would have to sort them all. Their keys are then plain columns.
    Raises: BadCursor.
    """
    parts = [queryset] if isinstance(queryset, QuerySet) else list(queryset)
    order = [_key(parts[0].model, key) for key in keys]
    backward, values = _read(after, order) if after else (False, None)
    names = [_sort(key, backward) for key in order]
    if values is not None:
        parts = [part.filter(_beyond(order, values, backward)) for part in parts]
    first, *others = [part.order_by(*names)[: size + 1] for part in parts]
    query = first.union(*others, all=True).order_by(*names)[: size + 1] if others else first
    rows = list(query)
    more = len(rows) > size
    rows = rows[:size]
    if backward:
        rows.reverse()
    has_next, has_previous = (True, more) if backward else (more, values is not None)
    if not rows:
        # Everything on that side is gone: offer the way back to where the reader came from.
        return Page([], None, None)
    return Page(
        rows,
        _write("next", rows[-1], order) if has_next else None,
        _write("previous", rows[0], order) if has_previous else None,
    )


def _key(model: type[models.Model], key: str) -> _Key:
    name = key.removeprefix("-")
    owner: type[models.Model] = model
    *path, last = name.split("__")
    for step in path:
        owner = owner._meta.get_field(step).related_model  # type: ignore[assignment]
    if last == "pk":
        return _Key(name, key.startswith("-"), owner._meta.pk)
    found = owner._meta.get_field(last)
    if not isinstance(found, models.Field):
        raise FieldDoesNotExist(name)
    return _Key(name, key.startswith("-"), found)


def _sort(key: _Key, backward: bool) -> str:
    return f"-{key.name}" if key.descending != backward else key.name


def _beyond(order: list[_Key], values: list[Any], backward: bool) -> Q:
    """Return the condition for rows after (or before) the one with these values.

    The first comparison stands alone as well, since a database can walk an index by it, which it
    cannot by the alternatives that follow.
    """
    reached = Q()
    found = Q()
    for key, value in zip(order, values, strict=True):
        side = "lt" if key.descending != backward else "gt"
        found |= reached & Q(**{f"{key.name}__{side}": value})
        reached &= Q(**{key.name: value})
    first = order[0]
    side = "lte" if first.descending != backward else "gte"
    return Q(**{f"{first.name}__{side}": values[0]}) & found


def _write(direction: str, row: models.Model, order: list[_Key]) -> str:
    values = []
    for key in order:
        value: Any = row
        for step in key.name.split("__"):
            value = getattr(value, step)
        values.append(key.field.get_prep_value(value))
    text = json.dumps([direction[0], *(None if v is None else str(v) for v in values)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, order: list[_Key]) -> tuple[bool, list[Any]]:
    """Return direction and values of a cursor, each value as its column has it.

    Raises: BadCursor.
    """
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError(cursor)
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        direction, *texts = parts
        if direction not in ("n", "p") or len(texts) != len(order):
            raise ValueError(cursor)
        values = [_value(key, text) for key, text in zip(order, texts, strict=True)]
    except (ArithmeticError, RecursionError, TypeError, ValidationError, ValueError) as error:
        raise BadCursor(_("The address of this page of the list is damaged.")) from error
    return direction == "p", values


def _value(key: _Key, text: object) -> Any:  # noqa: ANN401  # whatever the column holds
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError(text)
    text.encode()  # half of a surrogate pair cannot be sent to the database
    value = key.field.to_python(text)
    if value is None:
        raise ValueError(text)
    if isinstance(value, datetime):
        if is_naive(value):
            raise ValueError(text)
        value = value.astimezone(UTC)  # which fails beyond the first and the last year
    # Ranges too: a number that the column cannot hold would be the database's error, not ours.
    key.field.run_validators(value)
    return value
