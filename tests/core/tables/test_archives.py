"""An archive is refused for what it would unpack to, before it is."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest
from openpyxl import Workbook

from marketplace.core.tables import archives
from marketplace.core.tables.archives import Reader, check_archive
from marketplace.core.tables.separated import Unreadable
from marketplace.core.tables.workbooks import sheet_as_table

MILLION = 1_000_000


def workbook() -> io.BytesIO:
    target = io.BytesIO()
    Workbook().save(target)
    return target


def changed(parts: dict[str, bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    """A workbook with some parts put in the place of its own, or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(workbook()) as old, zipfile.ZipFile(target, "w", packing) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    target.seek(0)
    return target


def outcome(stream: io.BytesIO) -> str:
    try:
        check_archive(stream)
    except Unreadable as problem:
        return problem.code
    return "let in"


def mixed(size: int) -> bytes:
    """Text that packs about as well as a list does."""
    return b"".join(b"<c r='A%d'><v>%d</v></c>" % (n, n * n) for n in range(size // 28))[:size]


class TestCheckArchive:
    def test_lets_in_what_a_spreadsheet_wrote(self):
        assert outcome(workbook()) == "let in"

    @pytest.mark.parametrize("name", [
        "xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml",
        "docProps/core.xml", "xl/theme/theme1.xml", "xl/worksheets/_rels/sheet1.xml.rels",
    ])  # fmt: skip
    def test_refuses_a_part_that_is_held_whole_and_long(self, name):
        assert outcome(changed({name: mixed(5 * MILLION)})) == "too-large"
        assert outcome(changed({name: mixed(3 * MILLION)})) == "let in"

    def test_a_sheet_may_be_longer_and_the_texts_too(self):
        long = mixed(5 * MILLION)
        parts = {"xl/worksheets/sheet1.xml": long, "xl/sharedStrings.xml": long}
        assert outcome(changed(parts)) == "let in"

    def test_refuses_what_is_packed_more_than_any_list_is(self):
        same = b"<row/>" * (MILLION // 3)
        assert outcome(changed({"xl/worksheets/sheet1.xml": same})) == "too-large"

    def test_refuses_many_parts_and_many_bytes(self, monkeypatch):
        monkeypatch.setattr(archives, "MOST_PARTS", 3)
        assert outcome(workbook()) == "too-large"
        monkeypatch.undo()
        monkeypatch.setattr(archives, "MOST_UNPACKED_BYTES", 1000)
        assert outcome(workbook()) == "too-large"

    @pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_refuses_packing_that_no_spreadsheet_uses(self, packing):
        assert outcome(changed({}, packing=packing)) == "broken-workbook"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_refuses_a_document_type_wherever_a_piece_ends(self, encoding, monkeypatch):
        monkeypatch.setattr(archives, "CHUNK", 16)
        for before in range(20):
            text = f"{' ' * before}<!DOCTYPE x>".encode(encoding)
            assert outcome(changed({"docProps/core.xml": text})) == "broken-workbook"

    def test_costs_no_memory_to_speak_of(self):
        bomb = changed({"xl/styles.xml": b"<xf/>" * (20 * MILLION)})
        tracemalloc.start()
        try:
            with pytest.raises(Unreadable):
                sheet_as_table(bomb, sense=len)
            assert tracemalloc.get_traced_memory()[1] < 5 * MILLION
        finally:
            tracemalloc.stop()


class TestReader:
    @pytest.mark.parametrize("name", ["/xl/worksheets/sheet1.xml", "/xl/sharedStrings.xml"])
    def test_refuses_a_long_part_that_calls_itself_something_else(self, name):
        kind = archives._SPREADSHEET + "sheet.main+xml"
        with zipfile.ZipFile(workbook()) as whole:
            listed = whole.read("[Content_Types].xml")
        put = f'<Override PartName="{name}" ContentType="{kind}"/></Types>'.encode()
        stream = changed({"[Content_Types].xml": listed.replace(b"</Types>", put)})
        with pytest.raises(Unreadable, match="broken-workbook"):
            Reader(stream, read_only=True).read()
