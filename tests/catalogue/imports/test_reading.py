"""From bytes to rows, or one clear reason why not."""

import csv
import doctest
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.imports import columns
from catalogue.imports.columns import COLUMNS, HEADINGS, REQUIRED, column_of, read_header
from catalogue.imports.reading import open_rows
from catalogue.imports.wording import why_unreadable
from marketplace.core.tables import separated
from marketplace.core.tables.separated import Unreadable, survey

HEADER = "part_number,name,category,unit,unit_price,vat"
ROW = "A1,Chair,39112000,EA,9.50,S"


def rows_of(data, *, encoding=None):
    stream = io.BytesIO(data if isinstance(data, bytes) else data.encode())
    rows = open_rows(stream, encoding=survey(stream, encoding=encoding).encoding)
    return rows, list(rows)


def why(data, *, encoding=None):
    with pytest.raises(Unreadable) as caught:
        rows_of(data, encoding=encoding)
    words = why_unreadable(caught.value)
    assert "%(" not in words
    assert words.endswith(".")
    return caught.value.code, caught.value.facts, words


def test_examples_are_true():
    assert doctest.testmod(columns).failed == 0


class TestHeadings:
    def test_no_heading_means_two_columns(self):
        meant = {}
        for column, headings in HEADINGS.items():
            for heading in headings:
                assert meant.setdefault(columns.plain(heading), column) == column

    @pytest.mark.parametrize("column", COLUMNS)
    def test_every_column_is_known_by_its_own_name(self, column):
        assert column_of(column) == column

    @pytest.mark.parametrize(
        ("heading", "column"),
        [
            ("Product Code", "part_number"), ("SKU", "part_number"), ("Item No.", "part_number"),
            ("Unit of Measure", "unit"), ("UOM", "unit"), ("Net Price", "unit_price"),
            ("Price ex VAT", "unit_price"), ("UNIT PRICE (£)", "unit_price"), ("EAN", "gtin"),
            ("MOQ", "minimum_quantity"), ("Lead time (days)", "lead_time_days"),
            ("VAT rate %", "vat"), ("CPV-Code", "category"), ("Price inc VAT", None),
            ("Price (inc VAT)", None), ("Colour", None), ("", None),
        ],
    )  # fmt: skip
    def test_knows_what_suppliers_call_them(self, heading, column):
        assert column_of(heading) == column

    def test_a_second_choice_gives_way(self):
        header = read_header(["Brand", "Manufacturer", "Name", "Description", "Notes"])
        assert (header.places, header.twice) == ({"brand": 0, "name": 2, "description": 3}, {})
        assert header.unknown == ("Manufacturer", "Notes")

    def test_a_second_choice_will_do_alone(self):
        assert read_header(["Manufacturer"]).places == {"brand": 0}

    @pytest.mark.parametrize(
        ("headings", "places"),
        [
            (["Code", "Description"], {"part_number": 0, "name": 1}),
            (["Description", "Long description"], {"name": 0, "description": 1}),
            (["Description", "Notes"], {"name": 0, "description": 1}),
            (["Long description"], {"name": 0}),
            (["Name", "Description"], {"name": 0, "description": 1}),
        ],
    )
    def test_a_description_is_the_name_where_there_is_no_other(self, headings, places):
        header = read_header(headings)
        assert (header.places, header.twice) == (places, {})

    @pytest.mark.parametrize(
        ("headings", "places", "passed_over"),
        [
            (["Ref", "Item"], {"part_number": 0, "name": 1}, ()),
            (["Item", "Code"], {"part_number": 1, "name": 0}, ()),
            (["Item", "Name"], {"part_number": 0, "name": 1}, ()),
            (["Code", "Item", "Name"], {"part_number": 0, "name": 2}, ("Item",)),
            (["Item", "Description"], {"part_number": 0, "name": 1}, ()),
            (["Cost", "Price"], {"unit_price": 1}, ("Cost",)),
            (["Cost"], {"unit_price": 0}, ()),
        ],
    )
    def test_an_item_is_the_name_beside_a_number_and_a_cost_gives_way(
        self, headings, places, passed_over
    ):
        header = read_header(headings)
        assert (header.places, header.twice) == (places, {})
        assert header.unknown == passed_over

    def test_knows_welsh_headings(self):
        header = read_header(["Cod", "Enw", "Categori", "Uned", "Pris heb TAW", "TAW"])
        assert header.missing == ()


class TestOpenRows:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    @pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
    def test_sees_how_the_file_is_written(self, delimiter, mark, ending):
        text = mark + ending.join([HEADER, ROW, ""]).replace(",", delimiter)
        rows, found = rows_of(text)
        assert rows.delimiter == delimiter
        assert found == [(2, ROW.split(","))]

    def test_a_comma_in_a_heading_does_not_mislead(self):
        text = "Code;Name;CPV;Unit;Price (ex VAT, GBP);VAT\nA;Pen, blue;30192121;EA;1;S\n"
        assert rows_of(text)[1] == [(2, ["A", "Pen, blue", "30192121", "EA", "1", "S"])]

    def test_excels_own_line_about_the_delimiter(self):
        rows, found = rows_of("sep=;\n" + f"{HEADER}\n{ROW}\n".replace(",", ";"))
        assert (rows.delimiter, found[0][0]) == (";", 3)

    def test_empty_lines_count_as_rows_of_the_sheet_and_for_nothing_else(self):
        rows, found = rows_of(f"{HEADER}\n\n{ROW}\n,,,,,\n  , \n{ROW}\n\n")
        assert ([number for number, _cells in found], rows.count) == ([3, 6], 2)

    def test_passes_over_titles_above_the_headings(self):
        titles = '"Acme Office Ltd, price list",,,,,\n\nPrices from 1 January 2026,,\n'
        rows, found = rows_of(f"{titles}{HEADER}\n{ROW}\n")
        assert (rows.header_row, found) == (4, [(5, ROW.split(","))])

    def test_a_title_may_be_written_with_another_delimiter(self):
        rows, found = rows_of(f"Acme, Office, Ltd\n{HEADER}\n{ROW}\n".replace(",", ";", 2))
        assert (rows.delimiter, found[0][0]) == (",", 3)

    def test_looks_no_further_than_a_title_goes(self):
        code, *_rest = why("Acme\n" * 21 + f"{HEADER}\n{ROW}\n")
        assert code == "no-header"

    def test_a_cell_of_several_lines_is_one_row(self):
        text = f'{HEADER}\nA1,"Chair\nwith ""arms""",39112000,EA,9.50,S\n{ROW}\n'
        found = rows_of(text)[1]
        assert found[0][1][1] == 'Chair\nwith "arms"'
        assert found[1][0] == 3

    def test_leaves_the_file_open_and_can_be_read_again(self):
        stream = io.BytesIO(f"{HEADER}\n{ROW}\n".encode())
        for _turn in range(2):
            known = survey(stream)
            assert len(list(open_rows(stream, encoding=known.encoding))) == 1
        assert not stream.closed

    def test_windows_text_is_read_when_it_is_named(self):
        text = f"{HEADER}\n{ROW.replace('Chair', 'Café £5')}\n".encode("cp1252")
        assert rows_of(text, encoding="cp1252")[1][0][1][1] == "Café £5"

    @given(
        st.lists(
            st.lists(
                st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
                min_size=6, max_size=6,
            ),
            max_size=8,
        ),
        st.sampled_from([",", ";", "\t", "|"]),
    )  # fmt: skip
    def test_gives_back_whatever_a_spreadsheet_writes(self, written, delimiter):
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerow(HEADER.split(","))
        writer.writerows(written)
        found = [cells for _number, cells in rows_of(text.getvalue())[1]]
        assert found == [cells for cells in written if any(map(str.strip, cells))]


class TestRefusals:
    def test_names_every_column_that_is_missing_and_what_it_did_not_understand(self):
        code, facts, words = why("SKU,Name,Colour,Price inc VAT\n")
        assert code == "header"
        assert facts["missing"] == tuple(c for c in REQUIRED if c not in {"part_number", "name"})
        assert "Unit price" in words
        assert "Net price" in words
        assert "Colour" in words
        assert "“Price inc VAT” has VAT in it" in words

    def test_names_headings_that_mean_the_same(self):
        _code, facts, words = why(HEADER + ",Net price,Price\n")
        assert facts["twice"] == {"unit_price": ("unit_price", "Net price", "Price")}
        assert "unit_price, Net price, Price all mean Unit price" in words
        _code, _facts, words = why(HEADER + ",Price\n")
        assert "unit_price and Price both mean Unit price" in words

    def test_says_that_the_first_row_is_no_heading(self):
        code, _facts, words = why("1001,Chair black,9.50\n")
        assert code == "no-header"
        assert "1001" in words

    @pytest.mark.parametrize("row", ['"A1"x,Chair', 'A1,"Chair', '"A1,Chair\n' + "x\n" * 9000])
    def test_says_where_a_quotation_mark_is_missing(self, row):
        code, facts, _words = why(f"{HEADER}\n{ROW}\n{row}")
        assert (code, facts["row"]) in {("broken-quotes", 3), ("endless-cell", 3)}

    def test_refuses_too_many_columns_and_rows(self, monkeypatch):
        assert why(",".join(["x"] * 201))[0] == "too-many-columns"
        monkeypatch.setattr(separated, "MOST_ROWS", 2)
        assert why(f"{HEADER}\n" + f"{ROW}\n" * 3)[0] == "too-many-rows"
        monkeypatch.setattr(separated, "MOST_BYTES", 50)
        assert why(f"{HEADER}\n" + f"{ROW}\n" * 3)[0] == "too-large"
