"""Files of a finance system: named columns, every cell checked."""

from __future__ import annotations

import doctest
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from marketplace.core.tables import checked
from marketplace.core.tables.checked import (
    BadValue,
    Column,
    FileUnreadable,
    a_code,
    an_amount,
    cleaned,
    one_of,
    read_sheet,
    yes_or_no,
)
from marketplace.core.tables.written import csv_lines

COLUMNS = (
    Column("code", "Code", ("Cost centre",), read=a_code, is_needed=True),
    Column("name", "Name", ("Description",), is_needed=True),
    Column("amount", "Amount", ("Budget (£)",), read=an_amount),
)


def read(text):
    return read_sheet(text if isinstance(text, bytes) else text.encode(), COLUMNS)


def workbook(*sheets):
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return book


def saved(book):
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_examples_are_true():
    assert doctest.testmod(checked).failed == 0


class TestReadSheet:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_takes_what_finance_systems_write(self, encoding, delimiter):
        rows = ["Cost centre,DESCRIPTION,Budget (£)", "0010,Café,12500.00", ",,", ""]
        sheet = read("\r\n".join(rows).replace(",", delimiter).encode(encoding))
        (row,) = sheet.rows
        assert row.values == {"code": "0010", "name": "Café", "amount": Decimal("12500.00")}
        assert sheet.encoding == ("cp1252" if encoding == "cp1252" else "utf-8")
        assert sheet.bad == []

    def test_names_every_bad_cell(self):
        sheet = read("Code,Name,Amount\n1.23E+05,Hall,1\n11,,x\n12,Hut,3\n13\n")
        assert [(each.row, each.column, each.value) for each in sheet.bad] == [
            (2, "Code", "1.23E+05"), (3, "Name", ""), (3, "Amount", "x"), (5, "Name", ""),
            (5, "Amount", ""),
        ]  # fmt: skip
        assert "spreadsheet" in sheet.bad[0].reason
        assert [row.values["code"] for row in sheet.rows] == ["12"]

    def test_names_headings_that_are_missing_twice_or_passed_over(self):
        with pytest.raises(FileUnreadable, match="We did not find: Name"):
            read("Code,Colour\n1,red\n")
        with pytest.raises(FileUnreadable, match="Two columns mean the same: Code"):
            read("Code,Cost centre,Name\n1,2,3\n")
        assert read("Code,Name,Colour\n1,Hall,red\n").passed_over == ("Colour",)

    @pytest.mark.parametrize(
        ("content", "said"),
        [(b"", "empty"), (b"PK\x03\x04 xl/", "Excel"), (b"Code,Name\n", "no rows"),
         (b"Code,Name\n" + b"1,x\n" * 20_001, "20,000"), (b"x" * 5_000_001, "5 MB")],
    )  # fmt: skip
    def test_says_why_a_file_is_none(self, content, said):
        with pytest.raises(FileUnreadable, match=said):
            read(content)

    def test_takes_the_sheet_of_a_workbook_that_fits(self):
        rows = [["Budgets"], [], ["Cost centre", "Description", "Budget (£)"], [10, "Café", 12500]]
        book = workbook(["Notes", [["Read me"]]], ["Codes", rows])
        book.worksheets[1]["A4"].number_format = "0000"
        book.worksheets[1]["C4"].number_format = '"£"#,##0.00'
        (row,) = read(saved(book)).rows
        assert row.values == {"code": "0010", "name": "Café", "amount": Decimal("12500.00")}
        assert row.number == 4

    def test_stops_reading_a_workbook_of_too_many_rows(self):
        rows = [["Code", "Name"], *([str(n), "x"] for n in range(21_001))]
        with pytest.raises(FileUnreadable, match="20,000"):
            read(saved(workbook(["Codes", rows])))

    def test_refuses_what_nobody_sees(self):
        (bad,) = read("Code,Name\n1,Ha\u202ell\n").bad
        assert "U+202E" in bad.reason

    @given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12))
    def test_reads_back_what_it_wrote(self, text):
        written = "".join(csv_lines(["Code", "Name"], [["1", text], ["2", "x"]]))
        sheet = read(written)
        found = {row.values["code"]: row.values["name"] for row in sheet.rows}
        if text.strip() and not sheet.bad:
            assert found["1"] == cleaned(text)


class TestCells:
    @pytest.mark.parametrize(
        ("text", "amount"),
        [("£12,500.00", "12500.00"), ("12 500", "12500.00"), ("0", "0.00"), ("1.5", "1.50"),
         ("1,234,567.89", "1234567.89"), ("£ 7", "7.00")],
    )  # fmt: skip
    def test_amounts(self, text, amount):
        assert an_amount(text) == Decimal(amount)

    @pytest.mark.parametrize(
        "text",
        ["", "-5", "(500)", "1.25E+04", "12,50", "1.234,56", "1.005", "x", "1e5", "9" * 13, "٣"],
    )
    def test_amounts_that_are_none_or_two(self, text):
        with pytest.raises(BadValue):
            an_amount(text)

    @pytest.mark.parametrize("text", ["1.23E+05", "12E4", "1e10"])
    def test_codes_that_a_spreadsheet_mangled(self, text):
        with pytest.raises(BadValue):
            a_code(text)

    def test_codes_keep_their_noughts(self):
        assert [a_code(cleaned(text)) for text in ("0010", '="0010"', "'0010")] == ["0010"] * 3

    def test_answers(self):
        assert [yes_or_no(text) for text in ("Yes", "N", "", "oes")] == [True, False, None, True]
        with pytest.raises(BadValue):
            yes_or_no("maybe")
        kind = one_of({"asset": ("asset", "capital")})
        assert [kind("Capital"), kind("")] == ["asset", None]
        with pytest.raises(BadValue, match="asset"):
            kind("x")
