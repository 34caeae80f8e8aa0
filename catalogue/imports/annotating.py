"""A supplier's own file again, or its wrong rows, with a column that says what to mend in each.

Nobody finds row 4,711 by reading a list on a page; they find it in their own spreadsheet. Cells
are given back as they were sent, except that what a spreadsheet would run as a formula is made
plain text, since this file comes from us.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from defusedcsv import csv
from django.utils.translation import gettext as _

from catalogue.imports import reading
from catalogue.imports.report import worded
from catalogue.imports.rules import Checker, Problem
from catalogue.listings.rules import PART_NUMBER
from catalogue.listings.wording import column_label
from marketplace.core.tables.separated import as_shown


def annotated_copy(
    content: BinaryIO,
    *,
    encoding: str | None = None,
    for_all: Mapping[str, str] | None = None,
    wrong_only: bool = False,
) -> Iterator[bytes]:
    """Return a file with a column of what to mend, row by row.

    Shapes: UTF-8 with a byte order mark, which spreadsheets need; same delimiter as was sent, a
    comma for a workbook. `for_all` is what was said once for every row. With `wrong_only` there
    are the rows that are wrong and no others, each with its number in the file that was sent.
    Raises: Unreadable, when the file as a whole cannot be read.
    """
    file = reading.open_file(content, encoding=encoding)
    said = for_all or {}

    def again() -> reading.Rows:
        return reading.open_rows(file.text, encoding=file.survey.encoding, said=said)

    repeated = _repeated(again(), said)
    rows = again()
    return _written(rows, Checker(rows.header, said), repeated, wrong_only=wrong_only)


def _repeated(rows: reading.Rows, said: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """Return the first two rows of each part number that several have."""
    checker, place = Checker(rows.header, said), rows.header.places[PART_NUMBER]
    first = dict[str, int]()
    found = dict[str, tuple[int, int]]()
    for number, cells in rows:
        part_number = checker.part_number(cells[place] if place < len(cells) else "")
        before = first.setdefault(part_number, number)
        if part_number and before != number:
            found.setdefault(part_number, (before, number))
    return found


def _written(
    rows: reading.Rows,
    checker: Checker,
    repeated: Mapping[str, tuple[int, int]],
    *,
    wrong_only: bool,
) -> Iterator[bytes]:
    place = rows.header.places[PART_NUMBER]
    width = len(rows.header.headings)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=rows.delimiter)
    numbered = [_("Row in your file")] if wrong_only else []
    writer.writerow([*numbered, *rows.header.headings, _("What to mend")])
    yield b"\xef\xbb\xbf" + _taken(text)
    for number, cells in rows:
        _offer, problems = checker.check(number, cells)
        part_number = checker.part_number(cells[place] if place < len(cells) else "")
        if part_number in repeated:
            first, second = repeated[part_number]
            other = {"first": second if number == first else first}
            problems = [*problems, Problem(number, PART_NUMBER, part_number, "twice", other)]
        if wrong_only and not problems:
            continue
        padding = [""] * (width - len(cells))
        place_in_file = [number] if wrong_only else []
        shown = map(as_shown, cells)
        writer.writerow([*place_in_file, *shown, *padding, " ".join(map(_sentence, problems))])
        yield _taken(text)


def _sentence(problem: Problem) -> str:
    words = worded(problem)
    about = f"{column_label(problem.column)}: " if problem.column else ""
    return f"{about}{words.reason} {words.suggestion}"


def _taken(text: io.StringIO) -> bytes:
    data = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return data
