"""Files that a council exports from its finance system: named columns, every cell checked.

Small files, read whole. What is wrong is gathered, each with its row, its column and what stands
there, so that somebody mends a file once. Nothing is guessed that could change a code or a figure.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.errors import Invalid
from marketplace.core.tables.separated import (
    UNVALUED,
    Table,
    Unreadable,
    as_shown,
    open_table,
    plain,
    survey,
)
from marketplace.core.tables.words import why_not_a_table
from marketplace.core.tables.workbooks import is_workbook, sheet_as_table
from marketplace.core.tables.written import FORMULA
from marketplace.core.texts import unseen

MOST_BYTES = 5_000_000
MOST_ROWS = 20_000
_FORMULA = re.compile(r'="([^"]*)"')
# What a spreadsheet was kept from running, or from reading as a number, by a stroke before it.
_HELD = re.compile(rf"'(?={FORMULA.pattern}|[0-9])")
_MANGLED = re.compile(r"[0-9]+(\.[0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]{1,2})?")
_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,2})?")
YES = frozenset({"yes", "y", "true", "1", "active", "live", "open", "ie", "oes"})
NO = frozenset({"no", "n", "false", "0", "inactive", "closed", "retired", "na", "nac oes"})


class FileUnreadable(Invalid):
    """The file as a whole is not one that we can read."""

    code = "file.unreadable"
    title = gettext_lazy("We cannot read this file.")
    advice = gettext_lazy(
        "Save it from your spreadsheet as an Excel workbook (.xlsx) or as “CSV UTF-8”, and send it"
        " again."
    )


class BadValue(Exception):
    """A cell says what it cannot; `reason` is a sentence for whoever wrote it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what we call it, what others do, and how its cells are read.

    Shapes: `label` is lazily translated and heads the column in files of ours; `read` raises
    BadValue.
    """

    name: str
    label: Any
    headings: tuple[str, ...] = ()
    read: Callable[[str], Any] = str
    is_needed: bool = False

    def is_called(self, heading: str) -> bool:
        """Tell whether a heading means this column."""
        return plain(heading) in {
            plain(each) for each in (self.name, str(self.label), *self.headings)
        }


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that is wrong: its row as a spreadsheet counts, its column, what it says, and why."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row whose cells could be read; a column that the file does not have is not in it."""

    number: int
    values: dict[str, Any]
    texts: dict[str, str]


@dataclass(slots=True)
class Sheet:
    """A file as rows, with what is wrong in it.

    Shapes: `columns` are the names of those that it has; `passed_over` the headings that mean
    nothing to us; `broken` are the rows with a bad cell, with the values of their good ones.
    """

    encoding: str
    columns: tuple[str, ...]
    passed_over: tuple[str, ...]
    rows: list[SheetRow] = field(default_factory=list)
    bad: list[BadCell] = field(default_factory=list)
    broken: list[SheetRow] = field(default_factory=list)


def read_sheet(content: bytes, columns: Sequence[Column]) -> Sheet:
    """Return the rows of a file, and every cell that cannot be read.

    Shapes: of a workbook the sheet is read whose headings fit best; text that is not UTF-8 is
    read as Windows-1252, which `encoding` says.
    Raises: FileUnreadable.
    """
    if len(content) > MOST_BYTES:
        raise FileUnreadable(
            _("The file is larger than %(most)d MB.") % {"most": MOST_BYTES // 1_000_000},
            field="file",
        )
    try:
        stream: BinaryIO = io.BytesIO(content)

        def sense(found: Sequence[str]) -> int:
            return sum(any(c.is_called(h) for h in found) for c in columns)

        if is_workbook(stream):
            stream = sheet_as_table(stream, sense=sense, on_rows=_stop_at_most).content
        encoding = _encoding(stream)
        table = open_table(stream, encoding=encoding, sense=sense)
        places, sheet = _headed(table, columns, encoding)
        _take_rows(table, places, sheet)
    except Unreadable as problem:
        raise FileUnreadable(why_not_a_table(problem), field="file") from problem
    return sheet


def _stop_at_most(rows: int, _of: int) -> None:
    """Raise Unreadable as soon as a sheet has more rows than a file may have."""
    if rows > MOST_ROWS:
        raise Unreadable("too-many-rows", most=f"{MOST_ROWS:,}")


def _encoding(stream: BinaryIO) -> str:
    try:
        return survey(stream).encoding
    except Unreadable as problem:
        if problem.code != "not-utf-8":
            raise
        return survey(stream, encoding="cp1252").encoding


def _headed(
    table: Table, columns: Sequence[Column], encoding: str
) -> tuple[dict[int, Column], Sheet]:
    places: dict[int, Column] = {}
    passed_over: list[str] = []
    twice: list[str] = []
    for place, heading in enumerate(table.headings):
        column = next((each for each in columns if each.is_called(heading)), None)
        if column is None:
            passed_over += [heading.strip()] if heading.strip() else []
        elif column in places.values():
            twice.append(str(column.label))
        else:
            places[place] = column
    missing = [str(c.label) for c in columns if c.is_needed and c not in places.values()]
    if missing:
        raise FileUnreadable(
            _("The first row must name the columns. We did not find: %(names)s.")
            % {"names": ", ".join(missing)},
            field="file",
        )
    if twice:
        raise FileUnreadable(
            _("Two columns mean the same: %(names)s. Keep one of them.")
            % {"names": ", ".join(twice)},
            field="file",
        )
    names = tuple(column.name for column in places.values())
    return places, Sheet(encoding, names, tuple(passed_over))


def _take_rows(table: Table, places: dict[int, Column], sheet: Sheet) -> None:
    for number, cells in table:
        if table.count > MOST_ROWS:
            raise Unreadable("too-many-rows", most=f"{MOST_ROWS:,}")
        values: dict[str, Any] = {}
        texts: dict[str, str] = {}
        is_good = True
        for place, column in places.items():
            text = cleaned(cells[place]) if place < len(cells) else ""
            texts[column.name] = text
            try:
                values[column.name] = _read(column, text)
            except BadValue as bad:
                is_good = False
                shown = as_shown(text)
                sheet.bad.append(BadCell(number, str(column.label), shown, bad.reason))
        (sheet.rows if is_good else sheet.broken).append(SheetRow(number, values, texts))
    if not table.count:
        raise Unreadable("no-rows")


def _read(column: Column, text: str) -> object:
    if text.startswith(UNVALUED):
        raise BadValue(
            _(
                "This is a formula, and the file does not hold what it comes to. Open the file in"
                " Excel and save it, or paste the column as values."
            )
        )
    if found := unseen(text):
        raise BadValue(
            _("It contains a character that nobody can see (U+%(code)s). Type it again.")
            % {"code": f"{ord(found):04X}"}
        )
    if column.is_needed and not text:
        raise BadValue(_("The cell is empty."))
    return column.read(text)


def cleaned(cell: str) -> str:
    """Return a cell without the blanks around it and without what spreadsheets put before codes.

    >>> cleaned('="00120"'), cleaned(" 00120 "), cleaned("'00120")
    ('00120', '00120', '00120')
    """
    text = cell.strip().replace("\r\n", "\n").replace("\r", "\n")
    whole = _FORMULA.fullmatch(text)
    return whole[1].strip() if whole else _HELD.sub("", text, count=1).strip()


def a_code(text: str) -> str:
    """Return a code as it is written, its leading noughts too.

    Raises: BadValue for one that a spreadsheet has turned into a number.
    """
    if _MANGLED.fullmatch(text):
        raise BadValue(
            _(
                "A spreadsheet has turned this code into a number. Make the column text, write"
                " the code again, and save the file."
            )
        )
    return text


def an_amount(text: str) -> Decimal:
    """Return pounds and pence as people write them: "£12,500.00", "12 500".

    Raises: BadValue for what is none, or could be read in two ways.
    """
    digits = re.sub(r"[£\s]", "", text)
    if _MANGLED.fullmatch(digits):
        raise BadValue(_("A spreadsheet has rounded this amount. Write it in full, like 12,500."))
    if re.fullmatch(r"-.*|\(.*\)", digits):
        raise BadValue(_("An amount cannot be less than nought."))
    if _THOUSANDS.fullmatch(digits):
        digits = digits.replace(",", "")
    if not _AMOUNT.fullmatch(digits) or len(digits.split(".")[0]) > 12:
        raise BadValue(_("Write an amount in pounds and pence, like 12,500.00."))
    return Decimal(digits).quantize(Decimal("0.01"))


def yes_or_no(text: str) -> bool | None:
    """Return what a cell answers, None for an empty one.

    Raises: BadValue.
    """
    word = text.casefold()
    if word in YES or word in NO:
        return word in YES
    if not word:
        return None
    raise BadValue(_("Write yes or no."))


def one_of(choices: dict[str, tuple[str, ...]]) -> Callable[[str], str | None]:
    """Return the reader of a cell that says one of a few things, each in some words."""
    meant = {plain(word): value for value, words in choices.items() for word in (value, *words)}

    def read(text: str) -> str | None:
        if text and plain(text) not in meant:
            said = ", ".join(words[0] if words else value for value, words in choices.items())
            raise BadValue(_("Write one of these: %(choices)s.") % {"choices": said})
        return meant.get(plain(text))

    return read
