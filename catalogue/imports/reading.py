"""A price list as rows under headings that we understand, or one clear reason why not.

Bytes become rows in marketplace.core.tables.separated, those of a workbook by way of
marketplace.core.tables.workbooks. Nothing is guessed that could change a price: text that is not
UTF-8 is refused, not mended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from catalogue.imports.columns import HEADINGS, Header, read_header
from marketplace.core.tables import separated
from marketplace.core.tables.separated import Survey, Table, Unreadable, open_table
from marketplace.core.tables.workbooks import OnRows, is_workbook, sheet_as_table


@dataclass(slots=True)
class Rows:
    """A price list that can be read: what its heading means, and its rows.

    Shapes: iterating gives (row, cells), as a Table does.
    """

    header: Header
    _table: Table

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return iter(self._table)

    @property
    def count(self) -> int:
        """The number of rows given so far."""
        return self._table.count

    @property
    def delimiter(self) -> str:
        """What separates the cells."""
        return self._table.delimiter

    @property
    def header_row(self) -> int:
        """In which row the headings stand."""
        return self._table.header_row


@dataclass(frozen=True, slots=True)
class PriceListFile:
    """A price list as separated values, whatever it was sent as.

    Shapes: `survey` is of what was sent, and its encoding that of `text`; `sheet` names the sheet
    of a workbook, and is "" for any other file; `unpacked` counts the rows of that sheet, and
    `other_sheets` name those that would have made as good a list.
    Units: `text_bytes` is the length of `text`.
    """

    text: BinaryIO
    survey: Survey
    text_bytes: int
    sheet: str = ""
    unpacked: int = 0
    other_sheets: tuple[str, ...] = ()


def open_file(
    stream: BinaryIO, *, encoding: str | None = None, on_rows: OnRows | None = None
) -> PriceListFile:
    """Return a price list as text, out of the first fitting sheet when it is a workbook.

    Raises: Unreadable.
    """
    if not is_workbook(stream):
        survey = separated.survey(stream, encoding=encoding)
        return PriceListFile(stream, survey, survey.size)
    sent = separated.fingerprint(stream)
    sheet = sheet_as_table(stream, sense=_fit, on_rows=on_rows)
    survey = separated.survey(sheet.content)
    whole = replace(survey, size=sent.size, sha256=sent.sha256)
    return PriceListFile(sheet.content, whole, survey.size, sheet.name, sheet.rows, sheet.others)


def _fit(headings: Sequence[str]) -> int:
    """Return how much of some headings we understand, and most where none is missing."""
    header = read_header(headings)
    understood = len(header.places)
    return understood if header.missing else understood + len(HEADINGS)


def open_rows(stream: BinaryIO, *, encoding: str, said: Collection[str] = ()) -> Rows:
    """Return the rows of a price list that has been surveyed.

    Shapes: `said` are columns that need not be there, since they were said for the whole file.

    Raises: Unreadable when the heading row does not make sense, and while iterating when the file
    breaks off.
    """
    table = open_table(stream, encoding=encoding, sense=_sense)
    return Rows(_checked_header(table.headings, said), table)


def _sense(headings: Sequence[str]) -> int:
    return len(read_header(headings).places)


def _checked_header(headings: Sequence[str], said: Collection[str]) -> Header:
    header = read_header(headings, said=said)
    if not header.places:
        raise Unreadable("no-header", found=tuple(h.strip() for h in headings if h.strip())[:12])
    if header.missing or header.twice:
        raise Unreadable(
            "header", missing=header.missing, twice=header.twice, unknown=header.unknown,
            with_vat=header.with_vat,
        )  # fmt: skip
    return header
