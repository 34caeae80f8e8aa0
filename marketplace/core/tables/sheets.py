"""The rows of a workbook's sheet and its texts, one at a time, however many there are.

openpyxl says what a cell means; what it would keep of a whole part of the archive is not given to
it, so that nothing is held of a sheet but one row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any
from xml.etree.ElementTree import Element

from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import (
    DATA_TAG,
    DIMENSION_TAG,
    FORMULA_TAG,
    ROW_TAG,
    VALUE_TAG,
    WorkSheetParser,
)
from openpyxl.worksheet.dimensions import SheetDimension
from openpyxl.xml.constants import SHEET_MAIN_NS

from marketplace.core.tables.separated import UNVALUED, Unreadable
from marketplace.core.xml import stream_elements

# A row of 200 cells has some 20,000; a text in a cell at most 32,767 characters (ECMA-376-1).
MOST_ROW_BYTES = 1_000_000
# More than a million rows of four columns have that no other row repeats.
MOST_TEXTS = 4_000_000

_TEXT = f"{{{SHEET_MAIN_NS}}}si"
_PIECES = (f"{{{SHEET_MAIN_NS}}}t", f"{{{SHEET_MAIN_NS}}}r/{{{SHEET_MAIN_NS}}}t")
# As ECMA-376-1, 18.18.7 and 18.18.11, has them; some programs write 2.0 for a row.
_ROW = re.compile(r"-?[0-9]+(\.0+)?")
_PLACE = re.compile(r"[A-Za-z]{1,3}[0-9]+")
_COUNT = re.compile(r"[0-9]+")
_WRITTEN = {
    "n": re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"),
    "s": _COUNT,
    "b": re.compile(r"[01]"),
}
_ESCAPE = "x005F_"  # before what looks like an escaped character and is none


class RowParser(WorkSheetParser):  # type: ignore[misc]  # openpyxl has no types
    """openpyxl's reading of rows, out of a stream that forgets each when the next is asked for."""

    def parse(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Yield the number and the cells of each row; nothing else of the sheet is looked at."""
        for row in _stream(self.source, ROW_TAG):
            _check_row(row)
            number, cells = self.parse_row(row)
            if len({each["column"] for each in cells}) < len(cells):
                raise Unreadable("broken-workbook")
            self.row_dimensions.clear()  # heights and styles, which it would keep of every row
            yield number, cells

    def parse_cell(self, element: Element) -> dict[str, Any]:
        """Return what a cell means, in the row in which it stands.

        Why: Python takes more for a number than a spreadsheet writes (1_0, other digits than ours,
        places counted from the end), so what openpyxl would read is looked at before it does.
        """
        _check_cell(element)
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["row"] != self.row_counter:
            raise Unreadable("broken-workbook")
        if cell["value"] is None and element.get("t") != "str":  # of a text, "" is a value too
            formula = element.find(FORMULA_TAG)
            if formula is not None:
                cell["value"] = f"{UNVALUED}={formula.text or ''}"
        return cell


def _check_row(row: Element) -> None:
    """Refuse a row whose number no spreadsheet writes.

    Raises: Unreadable.
    """
    number = row.get("r")
    if number is not None and not _ROW.fullmatch(number):
        raise Unreadable("broken-workbook")


def _check_cell(cell: Element) -> None:
    """Refuse a cell whose place, style or value no spreadsheet writes.

    Raises: Unreadable.
    """
    place, style = cell.get("r"), cell.get("s")
    written = _WRITTEN.get(cell.get("t", "n"))
    value = (cell.findtext(VALUE_TAG) or "").strip(" \t\r\n") if written else ""
    if (
        (place and not _PLACE.fullmatch(place))
        or (style and not _COUNT.fullmatch(style))
        or (written and value and not written.fullmatch(value))
    ):
        raise Unreadable("broken-workbook")


class Worksheet(ReadOnlyWorksheet):  # type: ignore[misc]
    """openpyxl's sheet, which asks how large it is without going through all of it."""

    def _get_size(self) -> None:
        with self._get_source() as source:
            first = next(_stream(source, DIMENSION_TAG, ROW_TAG), None)
            if first is not None and first.tag == DIMENSION_TAG:
                extent = SheetDimension.from_tree(first).boundaries
                self._min_column, self._min_row, self._max_column, self._max_row = extent


def _stream(source: IO[bytes], *tags: str) -> Iterator[Element]:
    return stream_elements(source, tags, most_bytes=MOST_ROW_BYTES, until=DATA_TAG)


def shared_texts(source: IO[bytes]) -> list[str]:
    """Return the texts that the cells of a workbook name by their place.

    Raises: Unreadable when there are more than any list has.
    """
    texts: list[str] = []
    for element in stream_elements(source, {_TEXT}, most_bytes=MOST_ROW_BYTES):
        pieces = (piece.text or "" for path in _PIECES for piece in element.iterfind(path))
        texts.append("".join(pieces).replace(_ESCAPE, ""))
        if len(texts) > MOST_TEXTS:
            raise Unreadable("too-large", most=MOST_TEXTS)
    return texts
