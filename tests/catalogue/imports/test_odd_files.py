"""Files as suppliers make them, each small: what is taken, and what is said of the rest."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import Workbook

from catalogue.imports.selectors import import_run, report_of
from catalogue.imports.services.price_lists import UnreadablePriceList, import_catalogue
from marketplace.core.tenancy import tenant
from tests.factories import organisations

pytestmark = pytest.mark.django_db

HEADINGS = "Item code,Item description,CPV,Unit of sale,Net price (£),VAT\n"
ROW = "A1,Desk,39121100,each,10.50,20%\n"


@pytest.fixture
def seller():
    return organisations.actor(organisations.supplier(), "supplier")


@pytest.fixture
def tried(seller, at):
    def attempt(content: bytes):
        with tenant(seller.organisation_id):
            report = import_catalogue(
                supplier=seller, content=BytesIO(content), name="a", at=at, dry_run=True
            )
            return report_of(import_run(seller.organisation_id, report.run_id))

    return attempt


@pytest.mark.parametrize(
    "headings",
    [
        "Our ref,Description of goods,CPV,UoM,Price per unit (excl. VAT),VAT Rate",
        "Product Ref.,Product Title,CPV Code,Sold in,Nett price,VAT",
        "Stock Ref,Item Description,Category,Unit,Cost Price £,VAT Code",
        "Item #,Product Description,CPV,Unit,Price (GBP),VAT",
        "Catalogue Number,Short Description,CPV,Pack type,Unit price (£ exc. VAT),Tax",
    ],
)
def test_headings_in_other_words_are_understood(tried, headings):
    report = tried(f"{headings}\n{ROW}".encode())
    (desk,) = report.examples.new
    assert (desk.part_number, desk.name, desk.after) == ("A1", "Desk", 10.5)


@pytest.mark.parametrize(
    ("content", "price"),
    [
        ((HEADINGS + ROW).replace(",", ";"), "10.5"),
        ((HEADINGS + ROW).replace(",", "\t"), "10.5"),
        ((HEADINGS + ROW).replace("\n", "\r"), "10.5"),
        (HEADINGS + ROW.replace("10.50", '"£1,210.50"'), "1210.5"),
        (HEADINGS + ROW.replace("Desk", '"De\nsk"'), "10.5"),
        (f"\n\n{HEADINGS}\n{ROW},,,,,\n", "10.5"),
    ],
)
def test_the_same_list_in_other_shapes_is_taken(tried, content, price):
    report = tried(content.encode())
    assert [str(each.after.normalize()) for each in report.examples.new] == [price]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",,,Total,10.50,", "total"),
        ("Total,,,,10.50,", "total"),
        ("Prices valid until March,,,,,", "note"),
        ("CHAIRS,,,,,", "note"),
        (ROW.replace("10.50", '"10,50"').strip(), "decimal-comma"),
        (ROW.replace("A1", "1.23E+12").strip(), "scientific"),
    ],
)
def test_a_row_that_is_wrong_has_one_problem(tried, row, code):
    report = tried(f"{HEADINGS}{ROW.replace('A1', 'B1')}{row}\n".encode())
    assert [(each.row, each.code) for each in report.problems] == [(3, code)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (HEADINGS.encode(), "headings and no rows"),
        (b"A1\nA2\n", "We do not understand any heading"),
        (b"Item code\nA1\n", "These columns are missing"),
        ((HEADINGS + ROW).encode("utf-16"), "UTF-16"),
        ((HEADINGS + ROW).encode("cp1252"), "Windows-1252"),
    ],
)
def test_what_is_no_list_is_told_why(tried, content, said):
    with pytest.raises(UnreadablePriceList, match=said):
        tried(content)


def test_ten_thousand_bad_rows_are_counted_and_the_first_are_kept(tried):
    report = tried((HEADINGS + "A,,39121100,each,x,20%\n" * 10_001).encode())
    assert (report.problem_count, len(report.problems)) == (30_003, 1000)


def test_a_second_sheet_of_products_is_not_passed_over_in_silence(tried):
    book = Workbook()
    book.active.title = "Desks"
    chairs = book.create_sheet("Chairs")
    for sheet, part in ((book.active, "000123"), (chairs, "B1")):
        sheet.append(HEADINGS.strip().split(","))
        sheet.append([part, "Thing", 39121100, "each", 10.5, 0.2])
    target = BytesIO()
    book.save(target)
    report = tried(target.getvalue())
    assert (report.sheet, report.other_sheets) == ("Desks", ("Chairs",))
    assert report.examples.new[0].part_number == "000123"


def test_a_formula_whose_value_is_not_in_the_file_is_said_to_be_one(tried):
    book = Workbook()
    book.active.append([*HEADINGS.strip().split(","), "Brand"])
    for part in ("A1", "A2", "A3"):
        book.active.append([part, "Desk", 39121100, "each", 10.5, 0.2, "Oak"])
    book.active["E3"], book.active["G4"] = "=E2*2", "=G2"
    target = BytesIO()
    book.save(target)
    report = tried(target.getvalue())
    found = [(each.row, each.column, each.value) for each in report.worded_problems]
    assert found == [(3, "unit_price", "=E2*2"), (4, "brand", "=G2")]
    assert "does not hold what it comes to" in report.worded_problems[0].reason
