"""What each row of a price list means, or everything that is wrong with it.

Rows are checked one by one; what only the file as a whole can tell (a part number that stands
twice) is found where all rows are together, in the database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogue.imports.columns import Header
from catalogue.listings.cells import Bad
from catalogue.listings.rules import (
    BRAND,
    CATEGORY,
    CURRENCY,
    LEAD_TIME_DAYS,
    MINIMUM_QUANTITY,
    PACK_SIZE,
    PART_NUMBER,
    REQUIRED,
    UNIT,
    VAT,
    Offer,
    check_smallest,
    value_of,
)
from marketplace.core.tables.separated import as_shown

SHOWN = 100  # characters of a bad value that are repeated back
# Columns with few different values: each is worked out once and remembered.
_FEW = frozenset(
    {BRAND, CATEGORY, UNIT, PACK_SIZE, CURRENCY, VAT, MINIMUM_QUANTITY, LEAD_TIME_DAYS}
)
# An offer's columns as a file calls them, with the currency, which a listing does not repeat.
_ORDER = (*Offer._fields[:10], CURRENCY, VAT, *Offer._fields[11:])
_UNIT, _CURRENCY, _SMALLEST = map(_ORDER.index, (UNIT, CURRENCY, MINIMUM_QUANTITY))
MOST_REMEMBERED = 20_000
FEWEST_EMPTY = 3  # required cells that a row which is no product leaves empty
TOTAL = re.compile(r"\b(sub-?)?totals?\b|\bsum\b|\bcyfanswm\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one cell of a file.

    Shapes: `row` as a spreadsheet numbers it; `column` one of columns.COLUMNS, or "" for the row
    as a whole; `value` what stood there, cut short.
    """

    row: int
    column: str
    value: str
    code: str
    facts: dict[str, Any] = field(default_factory=dict)


class Checker:
    """Checks the rows of one file, remembering what it has already worked out."""

    def __init__(self, header: Header, for_all: Mapping[str, str] | None = None) -> None:
        """Remember what the headings mean, and what was said of columns that are not there."""
        self._width = len(header.headings)
        self._said = for_all or {}
        self._plan: list[tuple[str, int | None, dict[str, Any] | None]] = [
            (column, header.places.get(column), {} if column in _FEW else None) for column in _ORDER
        ]

    def check(self, row: int, cells: list[str]) -> tuple[Offer | None, list[Problem]]:
        """Return the row's values, or None and everything that is wrong with it."""
        problems = self._width_problem(row, cells)
        if problems:
            return None, problems
        found: list[Any] = []
        for column, place, memory in self._plan:
            if place is None:
                text = self._said.get(column, "")
            else:
                text = cells[place] if place < len(cells) else ""
            try:
                found.append(_remembered(column, text, memory))
            except Bad as bad:
                shown = as_shown(text.strip())[:SHOWN]
                problems.append(Problem(row, column, shown, bad.code, bad.facts))
                found.append(None)
        smallest = found[_SMALLEST]
        try:
            if smallest is not None:
                check_smallest(found[_UNIT], smallest)
        except Bad as bad:
            value = format(smallest.normalize(), "f")
            problems.append(Problem(row, MINIMUM_QUANTITY, value, bad.code))
        if problems:
            return None, _without_echoes(row, cells, problems)
        del found[_CURRENCY]  # it is the same for all
        return Offer(*found), problems

    def part_number(self, text: str) -> str:
        """Return what a row that is wrong would be called, or "" when that too is wrong.

        Why: a part number that stands twice is said at once, not after the rest is mended.
        """
        try:
            return str(value_of(PART_NUMBER, text))
        except Bad:
            return ""

    def _width_problem(self, row: int, cells: list[str]) -> list[Problem]:
        extra = cells[self._width :]
        if len(cells) >= self._width and not any(extra):
            return []
        if len(cells) < self._width or any(map(str.strip, extra)):
            facts = {"found": len(cells), "expected": self._width}
            return [Problem(row, self._first_beyond(len(cells)), "", "field-count", facts)]
        return []

    def _first_beyond(self, count: int) -> str:
        """Return the first column that every row needs and that this row is too short for."""
        beyond = [
            (place, column)
            for column, place, _memory in self._plan
            if place is not None and place >= count and column in REQUIRED
        ]
        return min(beyond)[1] if beyond else ""


def _without_echoes(row: int, cells: list[str], problems: list[Problem]) -> list[Problem]:
    """Return one problem for a row that is no product at all, such as a sum under the prices."""
    empty = {problem.column for problem in problems if problem.code == "empty"}
    if len(empty) >= FEWEST_EMPTY:
        total = next(filter(TOTAL.search, cells), None)
        if total is not None:
            return [Problem(row, "", total.strip()[:SHOWN], "total")]
    if len(empty) == len(REQUIRED) - 1 and len(written := list(filter(str.strip, cells))) == 1:
        return [Problem(row, "", written[0].strip()[:SHOWN], "note")]
    if PART_NUMBER in empty and len(empty) >= FEWEST_EMPTY:
        return [Problem(row, PART_NUMBER, "", "no-product")]
    return problems


def _remembered(column: str, text: str, memory: dict[str, Any] | None) -> Any:  # noqa: ANN401
    if memory is None:
        return value_of(column, text)
    if text in memory:
        return memory[text]
    value = value_of(column, text)
    if len(memory) < MOST_REMEMBERED:
        memory[text] = value
    return value
