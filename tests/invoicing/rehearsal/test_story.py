"""The story with whatever price list and e-invoices it is given."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from invoicing.formats.ubl import write_ubl
from invoicing.models import Arrival, Invoice
from marketplace.core.tenancy import stewardship
from marketplace.documents.models import Document
from marketplace.organisations.models import Organisation
from tests.factories import einvoices

pytestmark = pytest.mark.django_db

FILES = Path(__file__).resolve().parents[3] / "fixtures/supplier_files"


def story(*arguments: object) -> tuple[str, int]:
    """Run the command; return what it printed, and with what it ended."""
    printed, code = StringIO(), 0
    try:
        call_command("story", *map(str, arguments), stdout=printed)
    except CommandError as error:
        code = error.returncode
        printed.write(f"\n{error}")
    return printed.getvalue(), code


def told(*arguments: object) -> dict:
    """Run it for programs; return its answer."""
    said, _code = story("--json", *arguments)
    return json.JSONDecoder().raw_decode(said)[0]


def figures_of(answer: dict, beginning: str) -> dict:
    """The figures of the step whose title begins so."""
    return next(s["figures"] for s in answer["steps"] if s["title"].startswith(beginning))


@pytest.mark.parametrize(
    "name",
    [
        "02-other-headings.csv",
        "05-tabs.tsv",
        "21-names-in-many-letters.csv",
        "30-fine-prices.csv",
        "31-excel-workbook.xlsx",
    ],
)
def test_agrees_whatever_the_file_looks_like(name):
    said, code = story("--catalogue", FILES / name)
    assert code == 0, said
    assert "✗" not in said
    assert said.rstrip().endswith("Everything agrees.")


def test_goes_on_with_the_good_rows_and_tells_of_each_wrong_cell(tmp_path):
    prices = ["4.10", "POA", "-1", "12,50", "1e3", "£", "x", "?", "n/a", "TBC", "0", "call"]
    rows = [f'A{n},Bucket,"{price}"\n' for n, price in enumerate(prices)]
    rows += [f"B{n},Mop,{n + 1}.25\n" for n in range(12)]
    file = tmp_path / "short.csv"
    file.write_text("part_number,name,price\n" + "".join(rows))
    for_all = ("--category", "39224000", "--unit", "each", "--vat", "standard")
    said, code = story("--catalogue", file, *for_all, "--out", tmp_path / "papers")
    assert code == 0, said
    assert "24 rows, 13 taken, 11 cells wrong." in said
    for row in range(3, 14):
        assert f"Row {row}, Unit price, “{prices[row - 2]}”:" in said
    (kept,) = (tmp_path / "papers").glob("*-rows-left-out.csv")
    assert len(kept.read_text("utf-8-sig").splitlines()) == 12
    answer = told("--catalogue", file, *for_all, "--lines", 1)
    figures = figures_of(answer, "The supplier’s file")
    assert (figures["left_out"], len(figures["wrong_cells"])) == (11, 11)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("15-price-on-request.csv", "More than half of the rows are wrong"),
        ("25-empty.csv", "empty"),
        ("26-heading-only.csv", "row"),
        ("12-no-price-column.csv", "price"),
        ("there-is-none.csv", "cannot be opened"),
    ],
)
def test_says_why_a_file_cannot_be_used(name, why):
    said, code = story("--catalogue", FILES / name)
    assert code == 1
    assert why in said


@pytest.mark.parametrize("name", ["25-empty.csv", "there-is-none.csv", ""])
def test_a_file_that_cannot_be_read_ends_it_before_anything_is_done(name):
    answer = told("--catalogue", FILES / name)
    assert (answer["agrees"], answer["steps"]) == (False, [])
    assert answer["failure"]
    with stewardship():
        assert not Organisation.objects.exists()


def test_takes_options_of_the_import(tmp_path):
    file = tmp_path / "short.csv"
    file.write_text("part_number,name,price\nA-1,Bucket,0.0125\n")
    said, code = story(
        "--catalogue", file, "--category", "39224000", "--unit", "each", "--vat", "standard"
    )
    assert code == 0, said


def test_a_second_one_founds_another_council():
    first, second = told("--lines", 1), told("--lines", 1)
    title = "A council and a supplier"
    names = [figures_of(each, title)["council"] for each in (first, second)]
    assert names == ["Storybrook Council (invented)", "Storybrook Council (invented) 2"]
    assert first["agrees"] is second["agrees"] is True


def test_leaves_every_document(tmp_path):
    answer = told("--lines", 2, "--out", tmp_path / "papers")
    kept = sorted(path.name for path in (tmp_path / "papers").iterdir())
    assert kept == figures_of(answer, "The journals go")["documents"]
    with stewardship():
        assert len(kept) == Document.objects.count() + 2
    for part in (".pdf", "SB-1001.xml", "SB-C-1.xml", "PAY-", "LX-", "hledger", "trial-balance"):
        assert any(part in name for name in kept), part


def test_says_that_a_folder_cannot_be_written_to(tmp_path):
    (tmp_path / "papers").write_text("")
    said, code = story("--lines", 1, "--out", tmp_path / "papers")
    assert code == 1
    assert "cannot be written to" in said


def test_leaves_what_is_in_the_folder_already(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    for _turn in range(2):
        assert story("--lines", 1, "--out", tmp_path)[1] == 0
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert len(list(tmp_path.glob("*SB-1002*"))) == 2  # the dear one and the mended one


def test_says_that_it_keeps_nothing_where_no_folder_is_named():
    assert "name a folder with --out" in story("--lines", 1)[0]


def test_one_for_an_order_that_nobody_placed_is_kept_and_held_for_that(tmp_path):
    file = tmp_path / "honest.xml"
    file.write_bytes(write_ubl(honest()))
    answer = told("--lines", 1, "--invoice", file)
    (fate,) = figures_of(answer, "Other people")["invoices"]
    assert fate["fate"] == "HELD"
    codes = {each["code"] for each in fate["findings"]}
    assert codes == {"UNKNOWN_ORDER"}
    assert fate["accepted_supplier"] == honest().seller.legal_name
    assert answer["agrees"] is True
    with stewardship():
        assert Invoice.objects.get(number=honest().number).status == "HELD"


def test_tells_of_damaged_ones_and_keeps_them(tmp_path):
    names = {"empty.xml": b"", "torn.xml": write_ubl(honest())[:900], "text.xml": b"Hello"}
    for name, content in names.items():
        (tmp_path / name).write_bytes(content)
    files = [*(tmp_path / name for name in (*names, "nowhere.xml")), tmp_path]
    answer = told("--lines", 1, "--invoice", *files[:2], "--invoice", *files[2:])
    fates = figures_of(answer, "Other people")["invoices"]
    assert [each["fate"] for each in fates] == ["REFUSED"] * 5
    assert fates[-1]["said"] == "is not a file."
    assert all(each["said"] for each in fates)
    assert answer["agrees"] is True
    with stewardship():
        assert Arrival.objects.filter(status="REFUSED").count() == 3


def test_fails_when_something_does_not_agree(monkeypatch):
    monkeypatch.setattr("invoicing.rehearsal.books._paid", lambda _council: Decimal("0.01"))
    said, code = story("--lines", 1)
    assert code == 1
    assert "✗" in said
    assert "This does not agree:" in said


def test_refuses_no_lines():
    assert story("--lines", 0)[1] == 2


def honest():
    """An invoice that is right in itself, of a supplier and for an order that nobody here knows."""
    return einvoices.invoice(issued_on=date(2026, 11, 20), order="PO-77-000077")
