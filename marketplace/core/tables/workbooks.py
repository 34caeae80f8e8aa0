"""A sheet of an Excel workbook as a file of separated values: what the person sees, as text.

A workbook is a ZIP archive of XML that somebody else made. So its size is counted before anything
is unpacked, no entity and no link in it is followed, and of a formula only the value is taken that
the spreadsheet last wrote beside it.

Source: ECMA-376-1 (Office Open XML), 18.3.1.4 (cells) and 18.8.30 (number formats).
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, BinaryIO

import structlog
from openpyxl.cell.read_only import ReadOnlyCell

from marketplace.core.tables.archives import MOST_UNPACKED_BYTES, Reader, check_archive
from marketplace.core.tables.separated import MOST_CELL, MOST_COLUMNS, MOST_ROWS, Unreadable
from marketplace.core.tables.sheets import RowParser
from marketplace.core.texts import without_unseen

MOST_SHEETS = 50
MOST_TITLE_ROWS = 20
ROWS_A_STEP = 1000

_SAID = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_SIMPLE = re.compile(r"[#,]*(0*)(?:\.(0*)(#*))?")

log = structlog.get_logger(__name__)

Sense = Callable[[Sequence[str]], int]
OnRows = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, and its rows as separated values in UTF-8, at their places.

    Shapes: `rows` counts those below the headings; `others` name the sheets that make as much
    sense and were not read.
    """

    name: str
    content: BinaryIO
    rows: int
    others: tuple[str, ...] = ()


def is_workbook(stream: BinaryIO) -> bool:
    """Tell whether a file is an Excel workbook, by the list of its parts."""
    stream.seek(0)
    if stream.read(4) != b"PK\x03\x04":
        return False
    try:
        with zipfile.ZipFile(stream) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except Exception:  # noqa: BLE001  # a stranger's bytes: whatever they bring about, it is none
        return False
    finally:
        stream.seek(0)


def sheet_as_table(stream: BinaryIO, *, sense: Sense, on_rows: OnRows | None = None) -> Sheet:
    """Return the first sheet with headings that make sense, or the one whose make the most.

    Shapes: `sense` tells how much of some headings means something, 0 for none; what stands above
    the headings becomes empty rows, so that rows keep their numbers. `on_rows` is told how many of
    how many rows are read, of 0 where the file does not say.
    Raises: Unreadable.
    """
    try:
        check_archive(stream)
        return _sheet(stream, sense, on_rows)
    except Unreadable:
        raise
    except Exception as error:  # everything below is a stranger's bytes, which may bring about any
        log.warning("workbook.damaged", exc_info=True)
        raise Unreadable("broken-workbook") from error


def _sheet(stream: BinaryIO, sense: Sense, on_rows: OnRows | None) -> Sheet:
    with warnings.catch_warnings():  # of styles and rules that a list does without
        warnings.simplefilter("ignore")
        reader = Reader(stream, read_only=True, data_only=True, keep_links=False)
        reader.read()
    worksheets = reader.wb.worksheets
    sheets = [each for each in worksheets if each.sheet_state == "visible"][:MOST_SHEETS]
    if not sheets:
        raise Unreadable("hidden-sheets" if worksheets else "no-sheets")
    extents = [min(int(sheet.max_row or 0), MOST_ROWS) for sheet in sheets]
    found = [(place, *_headings(sheet, sense)) for place, sheet in enumerate(sheets)]
    place, made, row = max(found, key=lambda each: (each[1], -each[0]))
    content, last = _written(sheets[place], row, extents[place], on_rows)
    others = tuple(
        without_unseen(sheets[other].title)
        for other, as_much, _row in found
        if other != place and as_much == made > 0
    )
    return Sheet(without_unseen(sheets[place].title), content, max(0, last - row), others)


def _headings(sheet: Any, sense: Sense) -> tuple[int, int]:  # noqa: ANN401  # openpyxl's own
    """Return how much of a sheet's headings makes sense, and in which row they stand."""
    best = (0, 1)
    for number, cells in _rows(sheet, most=MOST_TITLE_ROWS + 1):
        made = sense(cells)
        if made > best[0]:
            best = (made, number)
    return best


def _rows(sheet: Any, most: int | None = None) -> Iterator[tuple[int, list[str]]]:  # noqa: ANN401
    """Go through the rows of a sheet, up to the row `most`, with those that it leaves out.

    Why: what a sheet says of its own extent may be anything, so it is not asked; and a row that
    says that it stands far below, or above one before it, is refused before any is made up.
    """
    book, before = sheet.parent, 0
    with book._archive.open(sheet._worksheet_path) as source:
        parser = RowParser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, cells in parser.parse():
            if number <= before:
                raise Unreadable("broken-workbook")
            if most is not None and number > most:
                return
            if number > MOST_ROWS + MOST_TITLE_ROWS:
                raise Unreadable("too-many-rows", most=MOST_ROWS)
            for missing in range(before + 1, number):
                yield missing, []
            before = number
            yield number, _texts(sheet, cells)


def _texts(sheet: Any, cells: Sequence[dict[str, Any]]) -> list[str]:  # noqa: ANN401
    """Return the cells of a row at their places, without the empty ones at its end."""
    texts: list[str] = []
    for each in cells:
        place = each["column"] - 1
        text = "" if each["value"] is None else _text(ReadOnlyCell(sheet, **each))
        if text and place <= MOST_COLUMNS:
            texts.extend([""] * (place + 1 - len(texts)))
            texts[place] = text[: MOST_CELL + 1]  # enough to be refused as too long
    return texts


def _text(cell: Any) -> str:  # noqa: ANN401  # openpyxl's own
    return seen(cell.value, cell.number_format)


def _written(
    sheet: Any,  # noqa: ANN401  # openpyxl's own
    headings_row: int,
    extent: int,
    on_rows: OnRows | None,
) -> tuple[BinaryIO, int]:
    """Return a sheet's rows as separated values, and the number of its last row.

    Why: a sheet keeps no empty cells at the end of a row, so a row gets them back up to the
    width of the headings; in a file of separated values fewer would be a fault.
    """
    target = io.BytesIO()
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    number = width = 0
    for number, cells in _rows(sheet):
        if number == headings_row:
            width = len(cells)
        padding = [""] * (width - len(cells)) if cells else []
        writer.writerow([*cells, *padding] if number >= headings_row else [])
        if target.tell() > MOST_UNPACKED_BYTES:  # cells may all name one long text
            raise Unreadable("too-large", most=MOST_UNPACKED_BYTES)
        if on_rows and number % ROWS_A_STEP == 0:
            on_rows(max(0, number - headings_row), max(extent, number) if extent else 0)
    text.flush()
    text.detach()
    target.seek(0)
    return target, number


def seen(value: object, number_format: str = "General") -> str:
    """Return a cell's value as its person sees it, except that no digit is lost to a narrow column.

    >>> seen(0.1 + 0.2), seen(1234.5, "#,##0.00"), seen(42, "00000"), seen(0.2, "0%")
    ('0.3', '1234.50', '00042', '20%')
    >>> seen(5012345678900.0), seen("1E5"), seen(100000, "0.00E+00"), seen(None)
    ('5012345678900', '1E5', '1.00E+05', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value, number_format or "General")
    return str(value)


def _number(value: float, number_format: str) -> str:
    """Return a number by its format. Units: fifteen digits, as many as a spreadsheet keeps."""
    try:
        exact = Decimal(format(value, ".15g"))
        first = _SAID.sub("", number_format.partition(";")[0])
        first = "".join(c for c in first if c in "0#?.,%eE+-/").strip("-+/, ")
        if "E" in first.upper() and "0" in first:
            places = len(first.upper().partition("E")[0].partition(".")[2])
            return _scientific(exact, places)
        percent = "%" if "%" in first else ""
        if percent:
            exact *= 100
        simple = _SIMPLE.fullmatch(first.replace("%", ""))
        if simple is None or not first:
            return f"{_plain(exact)}{percent}"
        whole, least, more = (len(part or "") for part in simple.groups())
        rounded = exact.quantize(Decimal(1).scaleb(-(least + more)), ROUND_HALF_UP)
        digits, _dot, places_text = f"{abs(rounded):f}".partition(".")
        places_text = places_text[:least] + places_text[least:].rstrip("0")
        sign = "-" if rounded < 0 else ""
        return f"{sign}{digits.zfill(whole)}{'.' if places_text else ''}{places_text}{percent}"
    except InvalidOperation:
        return str(value)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(number: Decimal, places: int) -> str:
    mantissa, _e, exponent = f"{number:.{places}E}".partition("E")
    return f"{mantissa}E{int(exponent):+03d}"
