"""A supplier's own file again, with what to mend."""

import csv
import io

import pytest

from catalogue.imports.annotating import annotated_copy
from catalogue.imports.columns import read_header
from catalogue.imports.selectors import annotated_run
from catalogue.listings.rules import value_of
from marketplace.core.tenancy import tenant
from tests.factories import catalogue as make
from tests.factories import organisations


def annotated(rows, **options):
    data = b"".join(annotated_copy(make.price_list(rows, **options)))
    delimiter = options.get("delimiter", ",")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=delimiter))


class TestAnnotatedCopy:
    def test_says_in_each_row_what_to_mend(self):
        rows = [
            make.row(part_number="A1"),
            make.row(part_number="A2", unit_price="12,50", unit="boxs"),
            make.row(part_number="A1"),
        ]
        heading, first, bad, twice, good = annotated([*rows, make.row(part_number="A3")])
        assert heading[-1] == "What to mend"
        assert good[-1] == ""
        assert "also on row 4" in first[-1]
        assert "Unit: We do not know this unit. Did you mean box (XBX)?" in bad[-1]
        assert "Did you mean 12.50?" in bad[-1]
        assert "also on row 2" in twice[-1]

    def test_gives_the_wrong_rows_alone_each_with_its_number(self):
        rows = [
            make.row(part_number="A1"),
            make.row(part_number="A2", unit_price="POA"),
            make.row(part_number="A3", unit="each"),
            make.row(part_number="A3", unit="boxs"),
        ]
        data = b"".join(annotated_copy(make.price_list(rows), wrong_only=True))
        heading, *wrong = csv.reader(io.StringIO(data.decode("utf-8-sig")))
        assert (heading[0], heading[-1]) == ("Row in your file", "What to mend")
        assert [each[0] for each in wrong] == ["3", "4", "5"]
        assert "This is not a number." in wrong[0][-1]
        assert "also on row 5" in wrong[1][-1]
        assert "also on row 4" in wrong[2][-1]
        assert read_header(heading).unknown == ("Row in your file", "What to mend")

    def test_gives_cells_back_as_they_were(self):
        sent = make.row(part_number="A1", name="Café, “oak”", description="two\nlines")
        heading, row = annotated([sent], delimiter=";")
        given = dict(zip(heading, row, strict=True))
        assert {name: given[name] for name in sent} == sent

    def test_a_spreadsheet_runs_nothing_of_it_and_we_take_it_back(self):
        heading, row = annotated([make.row(part_number="A1", name="=cmd|'/c calc'!A0")])
        name = row[heading.index("name")]
        assert name.startswith("'=")
        assert value_of("name", name) == "=cmd|'/c calc'!A0"

    def test_the_last_column_does_no_harm_when_the_file_comes_back(self):
        heading, _row = annotated([make.row()])
        assert read_header(heading).unknown == ("What to mend",)


@pytest.mark.django_db
def test_a_kept_file_is_annotated_later(at):
    seller = organisations.actor(organisations.supplier(), "supplier")
    report = make.load(seller, [make.row(unit="fathom")], at=at)
    with tenant(seller.organisation_id):
        data = b"".join(annotated_run(seller.organisation_id, report.run_id))
    assert b"We do not know this unit." in data
