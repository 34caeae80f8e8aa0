"""Files of separated values that we hand out: opened well by spreadsheets, and run by none."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Final

# What a spreadsheet takes for the beginning of a formula, also behind blanks and in wide letters.
# Source: OWASP, CSV Injection.
FORMULA: Final = re.compile(r"[\t\r\n]|\s*[=+\-@|%＝＋－＠]")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class _Line:
    """A file that hands back what was written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(headings: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield rows as CSV, a header first, in UTF-8 that Excel recognises by its first character."""
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow([guarded(each) for each in headings])
    for row in rows:
        yield writer.writerow([guarded(each) for each in row])


def guarded(cell: object) -> str:
    """Return a cell that no spreadsheet runs: with a stroke before it if it begins like a formula.

    Reading a file of ours takes the stroke away again.

    >>> guarded("=1+1"), guarded("-12.50"), guarded("Library")
    ("'=1+1", '-12.50', 'Library')
    """
    text = str(cell)
    return f"'{text}" if FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
