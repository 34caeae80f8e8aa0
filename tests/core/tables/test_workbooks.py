"""A sheet of a workbook as text: what its person sees, and no more than a list may be."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from marketplace.core.tables import separated, sheets, workbooks
from marketplace.core.tables.separated import UNVALUED, Unreadable, as_shown
from marketplace.core.tables.workbooks import is_workbook, seen, sheet_as_table

HEADINGS = ["Part", "Name", "Price"]
SHEET = "xl/worksheets/sheet1.xml"
SST = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</sst>'


def made(*sheets, **facts) -> io.BytesIO:
    """A workbook of sheets, each (name, rows)."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    for place, state in facts.get("states", {}).items():
        book.worksheets[place].sheet_state = state
    target = io.BytesIO()
    book.save(target)
    target.seek(0)
    return target


def rebuilt(stream: io.BytesIO, name: str, change) -> io.BytesIO:
    """The same archive with one part changed, or without it."""
    target = io.BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            after = change(content) if part == name else content
            if after is not None:
                new.writestr(part, after)
    target.seek(0)
    return target


def sense(headings) -> int:
    return sum(each in HEADINGS for each in headings)


def read(stream, **facts):
    sheet = sheet_as_table(stream, sense=sense, **facts)
    text = io.TextIOWrapper(sheet.content, encoding="utf-8", newline="")
    return sheet.name, list(csv.reader(text))


class TestSeen:
    @pytest.mark.parametrize(
        ("value", "form", "text"),
        [
            (0.1 + 0.2, "General", "0.3"),
            (79.5, "General", "79.5"),
            (3, "General", "3"),
            (1e15, "General", "1000000000000000"),
            (5012345678900.0, "0", "5012345678900"),
            (42, "000000", "000042"),
            (12.345678912, "0.00", "12.35"),
            (2.675, "0.00", "2.68"),
            (1234.5, '_-"£"* #,##0.00_-;-"£"* #,##0.00_-', "1234.50"),
            (-3.5, '"£"#,##0.00', "-3.50"),
            (0.0125, "0.00##", "0.0125"),
            (1.5, "0.00##", "1.50"),
            (0.2, "0%", "20%"),
            (0.175, "0.0%", "17.5%"),
            (100000, "0.00E+00", "1.00E+05"),
            (0.00015, "0.0E+00", "1.5E-04"),
            (0.5, "# ?/?", "0.5"),
            (7, "@", "7"),
            ("1E5", "General", "1E5"),
            ("007", "@", "007"),
            (True, "General", "TRUE"),
            (date(2026, 4, 1), "dd/mm/yyyy", "2026-04-01"),
            (datetime(2026, 4, 1), "dd/mm/yyyy", "2026-04-01"),  # noqa: DTZ001  # cells have none
            (None, "General", ""),
        ],
    )
    def test_is_what_the_person_sees(self, value, form, text):
        assert seen(value, form) == text


class TestSheetAsTable:
    def test_takes_the_first_sheet_that_fits_and_says_which(self):
        book = made(
            ("Notes", [["Read me"]]), ("Prices", [HEADINGS, ["A1", "Desk", 9]]),
            ("Prices 2025", [HEADINGS, ["B1", "Desk", 8]]),
        )  # fmt: skip
        assert read(book) == ("Prices", [HEADINGS, ["A1", "Desk", "9"]])

    def test_names_the_sheets_that_would_have_done_as_well(self):
        stream = made(("A", [["Notes"]]), ("B", [HEADINGS]), ("C", [HEADINGS]), ("D", [["Part"]]))
        assert sheet_as_table(stream, sense=sense).others == ("C",)
        assert sheet_as_table(made(("A", [["x"]]), ("B", [["x"]])), sense=sense).others == ()

    def test_passes_over_hidden_sheets(self):
        book = made(("Old", [HEADINGS, ["A0"]]), ("New", [HEADINGS, ["A1"]]), states={0: "hidden"})
        assert read(book)[0] == "New"

    def test_keeps_rows_at_their_numbers_below_titles_and_blanks(self):
        _name, rows = read(made(("P", [["Our prices"], [], HEADINGS, [], ["A1", None, 2]])))
        assert rows == [[], [], HEADINGS, [], ["A1", "", "2"]]

    def test_a_row_whose_last_cells_are_empty_is_as_wide_as_the_headings(self):
        _name, rows = read(made(("P", [HEADINGS, ["A1", "Desk"], [], ["A2"], [1, 2, 3, 4]])))
        assert rows[1:] == [["A1", "Desk", ""], [], ["A2", "", ""], ["1", "2", "3", "4"]]

    def test_marks_a_formula_whose_value_was_not_written(self):
        _name, (_heading, row) = read(made(("A", [HEADINGS, ["A1", "=B2", "=1+1"]])))
        assert row == ["A1", f"{UNVALUED}=B2", f"{UNVALUED}=1+1"]
        assert [as_shown(each) for each in row] == ["A1", "=B2", "=1+1"]
        book = made(("A", [HEADINGS, ["A1", "=B9", "2"]]))  # which comes to no text
        empty = rebuilt(book, SHEET, lambda xml: xml.replace(b'<c r="B2">', b'<c r="B2" t="str">'))
        assert read(empty)[1][1] == ["A1", "", "2"]

    def test_takes_of_a_formula_the_value_that_was_written(self):
        book = made(("P", [HEADINGS, ["A1", "Desk", "=1+1"]]))
        cached = rebuilt(book, SHEET, lambda xml: xml.replace(b"<v></v>", b"<v>2</v>"))
        assert read(cached)[1][1] == ["A1", "Desk", "2"]

    def test_a_merged_cell_stands_in_its_first_place_only(self):
        book = Workbook()
        for row in (HEADINGS, ["A1", "Desk", 1], ["A2", None, 2]):
            book.active.append(row)
        book.active.merge_cells("B2:B3")
        target = io.BytesIO()
        book.save(target)
        assert read(target)[1][2] == ["A2", "", "2"]

    def test_tells_how_many_rows_are_read(self, monkeypatch):
        monkeypatch.setattr(workbooks, "ROWS_A_STEP", 2)
        told = []
        read(made(("P", [HEADINGS, ["A"], ["B"], ["C"]])), on_rows=lambda *each: told.append(each))
        assert told == [(1, 4), (3, 4)]  # of four rows, the first names the columns

    def test_does_not_believe_what_a_sheet_says_of_its_extent(self):
        far = rebuilt(
            made(("P", [HEADINGS, ["A1"]])), "xl/worksheets/sheet1.xml",
            lambda text: text.replace(b'ref="A1:C2"', b'ref="A1:XFD1048576"'),
        )  # fmt: skip
        assert len(read(far)[1]) == 2


class TestHostileFiles:
    def refused(self, stream) -> str:
        with pytest.raises(Unreadable) as caught:
            read(stream)
        return caught.value.code

    def outcome(self, stream) -> str:
        """How reading ends: with the code of a reason, or well."""
        try:
            read(stream)
        except Unreadable as problem:
            return problem.code
        return "read"

    @pytest.mark.parametrize("cut", [10, 200, 1000, 3000])
    def test_a_file_that_breaks_off(self, cut):
        whole = made(("P", [HEADINGS, ["A1"]])).getvalue()
        assert self.refused(io.BytesIO(whole[:cut])) == "broken-workbook"

    @pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml",
                                      "[Content_Types].xml", "xl/styles.xml"])  # fmt: skip
    @pytest.mark.parametrize("content", [b"", b"<", b"\x00\xff", b"<x/>"])
    def test_a_part_that_is_damaged_is_refused_or_passed_over(self, part, content):
        stream = rebuilt(made(("P", [HEADINGS])), part, lambda _old: content)
        assert self.outcome(stream) in {"broken-workbook", "no-sheets", "read"}

    @pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
    def test_entities_are_not_followed(self, part):
        bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
        evil = rebuilt(
            made(("P", [HEADINGS, ["A1"]])), part,
            lambda text: bomb + text.replace(b"A1", b"&b;", 1).replace(b'"P"', b'"&b;"', 1),
        )  # fmt: skip
        assert self.outcome(evil) == "broken-workbook"

    @pytest.mark.parametrize(
        ("row", "code"),
        [
            (b"1000000000", "too-many-rows"),
            (b"0", "broken-workbook"),
            (b"-3", "broken-workbook"),
            (b"1", "broken-workbook"),
        ],
    )
    def test_a_row_where_none_can_stand_is_refused_and_none_is_made_up(
        self, row, code, monkeypatch
    ):
        read_cells = []
        monkeypatch.setattr(
            workbooks, "_texts", lambda _sheet, cells: read_cells.append(cells) or HEADINGS
        )
        evil = rebuilt(
            made(("P", [HEADINGS, ["A1"], ["A2"]])), SHEET,
            lambda text: text.replace(b'<row r="3"', b'<row r="' + row + b'"').replace(
                b'r="A3"', b'r="A' + row + b'"'
            ),
        )  # fmt: skip
        assert self.refused(evil) == code
        assert len(read_cells) <= 5

    @pytest.mark.parametrize(
        "cell",
        [
            '<c r="A2" t="s"><v>-1</v></c>',
            '<c r="A2" t="s"><v>1_0</v></c>',
            '<c r="A2" t="s"><v>99</v></c>',
            '<c r="A2" s="-1"><v>10</v></c>',
            '<c r="A2"><v>1_0</v></c>',
            '<c r="A2"><v>١٠</v></c>',
            '<c r="A2"><v>NaN</v></c>',
            '<c r="A2"><v>INF</v></c>',
            '<c r="A2"><v>0x1F</v></c>',
            '<c r="A2" t="b"><v>1_0</v></c>',
            '<c r="E7"><v>10</v></c>',
            '<c r="A٢"><v>10</v></c>',
            '<c r="A2"><v>10</v></c><c r="A2"><v>20</v></c>',
            '<c r="B2"><v>10</v></c><c><v>20</v></c><c r="C2"><v>30</v></c>',
        ],
    )
    def test_a_cell_that_no_spreadsheet_writes_is_not_read_as_something_else(self, cell):
        def put(old: bytes) -> bytes:
            start, end = old.index(b'<row r="2"'), old.index(b"</sheetData>")
            return old[:start] + f'<row r="2">{cell}</row>'.encode() + old[end:]

        assert self.refused(rebuilt(made(("P", [HEADINGS, ["A1"]])), SHEET, put)) == (
            "broken-workbook"
        )

    @pytest.mark.parametrize("place", ["-1", "-2", "١", "1_0", "2"])
    def test_a_text_is_not_counted_from_the_end(self, place):
        sheet = (
            '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            '<sheetData><row r="1"><c r="A1" t="s"><v>%s</v></c></row></sheetData></worksheet>'
        )

        def values(place):
            source = io.BytesIO((sheet % place).encode())
            parser = sheets.RowParser(source, ["one", "last"], data_only=True)
            return [cell["value"] for _row, cells in parser.parse() for cell in cells]

        assert values("1") == ["last"]
        with pytest.raises((Unreadable, IndexError)):
            values(place)

    @pytest.mark.parametrize("row", ["٢", "2_0", "+2"])
    def test_a_row_with_a_number_that_no_spreadsheet_writes(self, row):
        def put(old: bytes) -> bytes:
            return old.replace(b'<row r="2"', f'<row r="{row}"'.encode())

        evil = rebuilt(made(("P", [HEADINGS, ["A1"]])), SHEET, put)
        assert self.refused(evil) == "broken-workbook"

    @pytest.mark.parametrize(
        ("written", "seen_as"),
        [
            ("10", "10"),
            ("1.5E-2", "0.015"),
            ("-.5", "-0.5"),
            ("5.", "5"),
            (" 7\n", "7"),
            ("1e3", "1000"),
        ],
    )
    def test_every_way_to_write_a_number_is_read(self, written, seen_as):
        def put(old: bytes) -> bytes:
            start, end = old.index(b'<row r="2"'), old.index(b"</sheetData>")
            cell = f'<row><c r="a2"><v>{written}</v></c></row>'
            return old[:start] + cell.encode() + old[end:]

        _name, rows = read(rebuilt(made(("P", [HEADINGS, ["A1"]])), SHEET, put))
        assert rows[1][0] == seen_as

    @pytest.mark.parametrize("part", [SHEET, "xl/styles.xml"])
    def test_a_part_whose_packing_is_damaged(self, part):
        whole = made(("P", [HEADINGS, ["A1"]]))
        place = zipfile.ZipFile(whole).getinfo(part).header_offset + 30 + len(part)
        content = bytearray(whole.getvalue())
        content[place : place + 20] = b"\xff" * 20
        assert self.refused(io.BytesIO(bytes(content))) == "broken-workbook"

    def test_a_number_longer_than_any_is(self):
        evil = rebuilt(
            made(("P", [HEADINGS, ["A1", "Desk", 7]])), SHEET,
            lambda text: text.replace(b"<v>7</v>", b"<v>" + b"9" * 400 + b"</v>"),
        )  # fmt: skip
        assert self.refused(evil) == "broken-workbook"

    def test_whatever_else_a_file_brings_about_is_a_damaged_file(self, monkeypatch):
        def struck(*_given, **_named):
            raise MemoryError

        monkeypatch.setattr(workbooks, "_headings", struck)
        assert self.refused(made(("P", [HEADINGS]))) == "broken-workbook"

    @pytest.mark.parametrize(
        ("part", "change", "code"),
        [
            (
                "xl/workbook.xml",
                lambda text: text.replace(b'state="visible"', b'state="hidden"'),
                "hidden-sheets",
            ),
            (SHEET, lambda _old: None, "no-sheets"),
        ],
    )
    def test_a_workbook_without_a_sheet_to_see_is_told_so(self, part, change, code):
        assert self.refused(rebuilt(made(("P", [HEADINGS])), part, change)) == code


def heavy(one: str, times: int, before: str = "", after: str = "") -> io.BytesIO:
    """A workbook whose sheet has one thing very often; `one` takes a number."""
    many = "".join(one.format(n * 7919 % 1_000_003) for n in range(times))
    return rebuilt(
        made(("P", [HEADINGS])), SHEET,
        lambda text: text.replace(
            b"</sheetData>", f"{before}{many}{after}</sheetData>".encode()
        ),
    )  # fmt: skip


class TestHeavyFiles:
    """What would cost far more memory than the file is long."""

    @pytest.mark.parametrize(
        ("one", "before", "after", "code"),
        [
            ("<c><v>{}</v></c>", '<row r="2">', "</row>", "broken-workbook"),
            ("<c r='{}'>", '<row r="2">', "", "broken-workbook"),
            ("<x{}/>", "", "", "broken-workbook"),
            ('<x y="{}"/>', "", "", "read"),
            ('<row ht="{}"/>', "", "", "read"),
        ],
    )
    def test_no_more_is_held_than_a_row(self, one, before, after, code, monkeypatch):
        monkeypatch.setattr(sheets, "MOST_ROW_BYTES", 100_000)
        stream = heavy(one, 60_000, before, after)
        tracemalloc.start()
        try:
            assert TestHostileFiles().outcome(stream) == code
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 12_000_000

    def test_cells_that_all_name_one_long_text_do_not_fill_the_memory(self, monkeypatch):
        monkeypatch.setattr(workbooks, "MOST_UNPACKED_BYTES", 1_000_000)
        cells = "".join(f'<c t="inlineStr"><is><t>{"x" * 9000}</t></is></c>' for _ in range(3))
        written = []
        stream = heavy(f"<row>{cells}</row>", 200)
        with pytest.raises(Unreadable) as caught:
            read(stream, on_rows=lambda rows, _extent: written.append(rows))
        assert caught.value.code == "too-large"

    def test_a_cell_longer_than_any_is_cut_and_refused_later(self):
        sheet = sheet_as_table(made(("P", [HEADINGS, ["A1", "x" * 30_000]])), sense=sense)
        assert sheet.content.read().count(b"x") == separated.MOST_CELL + 1

    def test_more_texts_than_a_list_has_are_refused(self, monkeypatch):
        monkeypatch.setattr(sheets, "MOST_TEXTS", 2)
        with pytest.raises(Unreadable, match="too-large"):
            sheets.shared_texts(io.BytesIO(SST % (b"<si/>" * 3)))

    def test_texts_are_put_together_of_their_pieces(self):
        texts = SST % (
            b"<si><t>One</t></si><si><r><t>T</t></r><r><rPr/><t>wo</t></r></si><si/>"
            b"<si><t>Three</t><rPh><t>no</t></rPh></si><si><t>a_x005F_x000D_</t></si>"
        )
        assert sheets.shared_texts(io.BytesIO(texts)) == ["One", "Two", "", "Three", "a_x000D_"]


def test_the_name_of_a_sheet_is_shown_without_what_nobody_sees():
    book = rebuilt(
        made(("Prices", [HEADINGS, ["A1"]])), "xl/workbook.xml",
        lambda text: text.replace(b'name="Prices"', b'name="Pri&#x202E;&#x200B;ces"'),
    )  # fmt: skip
    assert read(book)[0] == "Prices"


def test_knows_a_workbook_from_other_archives():
    assert is_workbook(made(("P", [HEADINGS])))
    word = io.BytesIO()
    with zipfile.ZipFile(word, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert not any(map(is_workbook, (word, io.BytesIO(b"a,b\n"), io.BytesIO(b"PK\x03\x04 cut"))))
