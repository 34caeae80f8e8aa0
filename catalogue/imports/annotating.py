"""A supplier's own file again, with a last column that says what to mend in each row.

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


def annotated_copy(
    content: BinaryIO,
    *,
    encoding: str | None = None,
    for_all: Mapping[str, str] | None = None,
) -> Iterator[bytes]:
    """Return a file with a column of what to mend, row by row.

    Shapes: UTF-8 with a byte order mark, which spreadsheets need; same delimiter as was sent, a
    comma for a workbook. `for_all` is what was said once for every row.
    Raises: Unreadable, when the file as a whole cannot be read.
    """
    file = reading.open_file(content, encoding=encoding)
    said = for_all or {}
    rows = reading.open_rows(file.text, encoding=file.survey.encoding, said=said)
    return _written(rows, Checker(rows.header, said))


def _written(rows: reading.Rows, checker: Checker) -> Iterator[bytes]:
    seen = dict[str, int]()
    place = rows.header.places[PART_NUMBER]
    width = len(rows.header.headings)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=rows.delimiter)
    writer.writerow([*rows.header.headings, _("What to mend")])
    yield b"\xef\xbb\xbf" + _taken(text)
    for number, cells in rows:
        offer, problems = checker.check(number, cells)
        typed = cells[place] if place < len(cells) else ""
        part_number = offer.part_number if offer else checker.part_number(typed)
        first = seen.setdefault(part_number, number) if part_number else number
        if first != number:
            twice = Problem(number, PART_NUMBER, part_number, "twice", {"first": first})
            problems = [*problems, twice]
        padding = [""] * (width - len(cells))
        writer.writerow([*cells, *padding, " ".join(map(_sentence, problems))])
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
