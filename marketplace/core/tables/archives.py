"""Whether a workbook's archive may be unpacked at all: how much it is, how packed, what is in it.

An archive says of itself what it unpacks to, and unpacking stops there. A sheet is read as it is
unpacked; every other part is held whole, as a tree of many times its size, so it may be only small.

Source: ECMA-376-2 (Open Packaging Conventions).
"""

from __future__ import annotations

import zipfile
from typing import IO, BinaryIO

from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS

from marketplace.core.tables.separated import Unreadable
from marketplace.core.tables.sheets import Worksheet, shared_texts

# Of a list of a million short rows; an archive that says more is no list.
MOST_UNPACKED_BYTES = 200_000_000
MOST_TEXTS_BYTES = 60_000_000
MOST_WHOLE_BYTES = 4_000_000
MOST_PARTS = 2_000
# Lists pack ten or thirty times; what packs more, and is not small, is one thing over and over.
MOST_PACKED_TIMES = 200
SMALL_BYTES = 1_000_000

CHUNK = 1 << 16
_PACKED_AS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack more than they are asked
_SHEETS = "xl/worksheets/"
_TEXTS = "xl/sharedStrings.xml"
_READ_SAFELY = ("xl/worksheets/sheet", _TEXTS)
_XML = (".xml", ".rels", ".vml")
_DECLARED = (b"<!DOCTYPE", b"<!ENTITY")
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."


def check_archive(stream: BinaryIO) -> None:
    """Refuse an archive that no spreadsheet would have written.

    Raises: Unreadable; zipfile.BadZipFile and others of what is damaged.
    """
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise Unreadable("locked-workbook")
        unpacked = sum(part.file_size for part in parts)
        if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED_BYTES or any(map(_swells, parts)):
            raise Unreadable("too-large", most=MOST_UNPACKED_BYTES)
        if any(part.compress_type not in _PACKED_AS for part in parts):
            raise Unreadable("broken-workbook")
        for part in parts:
            if part.filename.endswith(_XML) and not part.filename.startswith(_READ_SAFELY):
                with archive.open(part) as content:
                    _check_entities(content)
    stream.seek(0)


def _swells(part: zipfile.ZipInfo) -> bool:
    """Tell whether a part would unpack to more than such a part ever is."""
    times = part.file_size / max(1, part.compress_size)
    too_packed = part.file_size > SMALL_BYTES and times > MOST_PACKED_TIMES
    return too_packed or part.file_size > _most_bytes(part.filename)


def _most_bytes(name: str) -> int:
    if name == _TEXTS:
        return MOST_TEXTS_BYTES
    is_sheet = name.startswith(_SHEETS) and name.endswith(".xml")
    return MOST_UNPACKED_BYTES if is_sheet else MOST_WHOLE_BYTES


def _check_entities(content: IO[bytes]) -> None:
    """Refuse a part with a document type in it, which no spreadsheet writes.

    Why: sheets and their texts are read by a parser that refuses one; other parts are not.
    """
    before = b""
    while chunk := content.read(CHUNK):
        text = before + chunk.replace(b"\x00", b"")
        if any(each in text for each in _DECLARED):
            raise Unreadable("broken-workbook")
        before = text[-len(_DECLARED[0]) :]


class Reader(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    """openpyxl's reader, which reads whole only what was counted as such."""

    def read_manifest(self) -> None:
        """Read the list of parts; refuse one that calls a long part something else than it is."""
        super().read_manifest()
        for part in self.package.Override:
            name = part.PartName.removeprefix("/")
            kind = part.ContentType.removeprefix(_SPREADSHEET)
            is_other = (name.startswith(_SHEETS) and kind != "worksheet+xml") or (
                name == _TEXTS and kind != "sharedStrings+xml"
            )
            if is_other:
                raise Unreadable("broken-workbook")

    def read_strings(self) -> None:
        """Read the texts that cells name by their place."""
        found = self.package.find(SHARED_STRINGS)
        if found is not None:
            with self.archive.open(found.PartName[1:]) as source:
                self.shared_strings = shared_texts(source)

    def read_worksheets(self) -> None:
        """List the sheets; nothing is read of them yet but how large they say they are."""
        for sheet, link in self.parser.find_sheets():
            if link.target in self.valid_files and "chartsheet" not in link.Type:
                listed = Worksheet(self.wb, sheet.name, link.target, self.shared_strings)
                listed.sheet_state = sheet.state
                self.wb._sheets.append(listed)
