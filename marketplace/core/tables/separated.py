"""From bytes to rows of text, or one clear reason why not.

A file of separated values is read as a stream, twice: `survey` goes through the bytes once for
their hash and to see that they are text at all, `open_table` goes through the text row by row, so
that a file of a million rows needs no more memory than one of a hundred. Nothing is guessed that
could change a figure. What the headings mean is for whoever reads the table.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import BinaryIO

CHUNK = 1 << 18
MOST_BYTES = 1 << 30
MOST_ROWS = 1_000_000
MOST_COLUMNS = 200
MOST_CELL = 10_000
MOST_TITLES = 20
FEWEST_KNOWN = 3
DELIMITERS = (",", ";", "\t", "|")
# Before a formula of which a workbook does not hold what it comes to: no text of one has this sign.
UNVALUED = "\x0e"
ENCODINGS = {"utf-8": "utf-8-sig", "cp1252": "cp1252"}

# How the files begin that people send by mistake.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0", "old-excel"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"BM", "bitmap"),
    (b"{\\rtf", "word"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "zip"),
    (b"Rar!", "zip"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


class Unreadable(Exception):
    """The file as a whole cannot be read; `code` says why and `facts` where."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a file before its first row is read.

    Units: `size` in bytes; `sha256` in hexadecimal.
    """

    size: int
    sha256: str
    encoding: str


@dataclass(slots=True)
class Table:
    """A file that can be read: its headings, and its rows.

    Shapes: iterating gives (row, cells) with the row's number as a spreadsheet shows it; rows
    with nothing in them are passed over. `count` is the number of rows given so far.
    """

    headings: tuple[str, ...]
    delimiter: str
    header_row: int
    _reader: Iterator[list[str]]
    count: int = field(default=0)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        number = self.header_row
        try:
            for cells in self._reader:
                number += 1
                if not any(cells) or not any(map(str.strip, cells)):
                    continue
                self.count += 1
                if self.count > MOST_ROWS:
                    raise Unreadable("too-many-rows", most=MOST_ROWS)
                yield number, cells
        except csv.Error as error:
            raise _broken(error, number + 1) from error


def _broken(error: csv.Error, row: int) -> Unreadable:
    if "field larger" in str(error):
        return Unreadable("endless-cell", row=row, most=MOST_CELL)
    return Unreadable("broken-quotes", row=row)


def survey(stream: BinaryIO, *, encoding: str | None = None) -> Survey:
    """Go through a file once and return its size and hash, having seen that it is text.

    Shapes: `stream` can be read again from its beginning; `encoding` is "utf-8" (also if None) or
    "cp1252".
    Raises: Unreadable.
    """
    chosen = encoding or "utf-8"
    if chosen not in ENCODINGS:
        raise Unreadable("unknown-encoding", encoding=chosen, known=tuple(ENCODINGS))
    stream.seek(0)
    head = stream.read(CHUNK)
    _refuse_other_kinds(head)
    decoder = codecs.getincrementaldecoder(chosen)()
    digest, size, lines = hashlib.sha256(), 0, 1
    chunk = head
    while True:
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise _not_text(error, size - pending, lines, chosen) from error
        if not chunk:
            break
        digest.update(chunk)
        size += len(chunk)
        lines += chunk.count(b"\n")
        if size > MOST_BYTES:
            raise Unreadable("too-large", most=MOST_BYTES)
        chunk = stream.read(CHUNK)
    return Survey(size, digest.hexdigest(), chosen)


def fingerprint(stream: BinaryIO) -> Survey:
    """Go through a file that is no text and return its size and hash.

    Raises: Unreadable when it is too large.
    """
    stream.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            raise Unreadable("too-large", most=MOST_BYTES)
    return Survey(size, digest.hexdigest(), "utf-8")


def _refuse_other_kinds(head: bytes) -> None:
    if not head.strip(b"\xef\xbb\xbf \t\r\n\x00"):
        raise Unreadable("empty")
    kind = next((kind for start, kind in _SIGNATURES if head.startswith(start)), None)
    if kind == "zip":
        kind = _kind_of_zip(head)
    if kind == "bitmap" and b"\x00" not in head[:64]:
        kind = None
    if kind is None:
        kind = _kind_of_text(head)
    if kind == "excel":  # whole ones are read as what they are, and never come here
        raise Unreadable("cut-off-workbook")
    if kind:
        raise Unreadable("other-kind", kind=kind)
    nul = head.find(b"\x00")
    if nul >= 0:
        raise Unreadable("nul", position=nul)


def _kind_of_zip(head: bytes) -> str:
    if b"word/" in head and b"xl/" not in head:
        return "word"
    if b"xl/workbook.bin" in head:
        return "binary-excel"
    if b"xl/" in head or b"[Content_Types].xml" in head:
        return "excel"
    if b"opendocument" in head:
        return "opendocument"
    return "zip"


def _kind_of_text(head: bytes) -> str | None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if start.startswith(b"<"):
        return "xml"
    return "json" if start.startswith((b"{", b"[{")) else None


def _not_text(error: UnicodeDecodeError, base: int, lines: int, encoding: str) -> Unreadable:
    """Return where the text breaks off.

    Shapes: `base` is the position of the decoder's first byte in the file; `lines` counts the
    lines that begin before the chunk.
    """
    byte = error.object[error.start]
    before = error.object[: error.start]
    around = before.rsplit(b"\n", 1)[-1][-20:] + error.object[error.start : error.start + 20]
    try:
        meant = bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        meant = ""
    return Unreadable(
        "not-utf-8" if encoding == "utf-8" else "not-cp1252",
        position=base + error.start,
        line=lines + before.count(b"\n"),
        byte=f"0x{byte:02X}",
        meant=meant,
        around=" ".join(around.decode("cp1252", errors="replace").split()),
    )


def plain(heading: str) -> str:
    """Return a heading without case, spaces, punctuation and accents.

    Why: nobody renames columns to please us, and "Unit Price (£)" and "unit_price" are one.

    >>> plain("Unit  Price (£)"), plain("UNIT_PRICE")
    ('unitprice', 'unitprice')
    """
    text = unicodedata.normalize("NFKD", heading).casefold()
    return "".join(filter(str.isalnum, text))


def as_shown(text: str) -> str:
    """Return a cell as its person sees it, without the mark of a formula that has no value."""
    return text.removeprefix(UNVALUED)


def open_table(stream: BinaryIO, *, encoding: str, sense: Callable[[Sequence[str]], int]) -> Table:
    """Return the rows of a file that has been surveyed.

    Shapes: `sense` tells how many of some headings mean something, which finds the delimiter.
    Raises: Unreadable when there is no heading row that could be one, and while iterating when
    the file breaks off.
    """
    stream.seek(0)
    csv.field_size_limit(MOST_CELL)
    lines = _lines(stream, encoding)
    header_row, first = 1, next(lines, "")
    delimiter = ""
    if first.strip().lower().startswith("sep=") and len(first.strip("\r\n")) == len("sep=;"):
        delimiter, header_row, first = first[4], 2, next(lines, "")
    while first and not first.strip("\r\n,;|\t "):
        header_row, first = header_row + 1, next(lines, "")
    if not delimiter:
        above, first, delimiter, lines = _past_titles(first, lines, sense)
        header_row += above
    reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    try:
        headings = next(reader, [])
    except csv.Error as error:
        raise _broken(error, header_row) from error
    if len(headings) > MOST_COLUMNS:
        raise Unreadable("too-many-columns", most=MOST_COLUMNS, found=len(headings))
    return Table(tuple(headings), delimiter, header_row, reader)


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    text = io.TextIOWrapper(stream, encoding=ENCODINGS[encoding], newline="")
    try:
        yield from text
    finally:
        if not stream.closed:
            text.detach()  # so that the wrapper does not close the caller's file


def _past_titles(
    first: str, lines: Iterator[str], sense: Callable[[Sequence[str]], int]
) -> tuple[int, str, str, Iterator[str]]:
    """Return how many rows stand above the headings, the heading row, its delimiter and the rest.

    Why: many a list has the firm's name and a day above its headings. A row counts as headings
    only if several of them mean something, since one word of any row may.
    """
    known, delimiter = _sniff(first, sense)
    if known >= FEWEST_KNOWN:
        return 0, first, delimiter, lines
    ahead = list(islice(lines, MOST_TITLES))
    for place, line in enumerate(ahead):
        known, found = _sniff(line, sense)
        if known >= FEWEST_KNOWN:
            return place + 1, line, found, chain(ahead[place + 1 :], lines)
    return 0, first, delimiter, chain(ahead, lines)


def _sniff(line: str, sense: Callable[[Sequence[str]], int]) -> tuple[int, str]:
    """Return the delimiter that makes the most sense of a heading row, and how many it knows.

    Why: counting characters goes wrong on headings such as "Price (ex VAT, GBP)"; counting the
    headings that we then understand does not.
    """

    def made_of(delimiter: str) -> tuple[int, int]:
        try:
            headings = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            return (-1, -1)
        return (sense(headings), len(headings))

    delimiter = max(DELIMITERS, key=made_of)
    return made_of(delimiter)[0], delimiter
