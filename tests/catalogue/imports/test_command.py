"""A price list from the command line."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalogue.models import ImportRun, Listing
from marketplace.audit.models import Event
from marketplace.core.tenancy import stewardship
from marketplace.documents.models import Document
from tests.factories import catalogue as make
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return organisations.supplier(slug="fenwick")


@pytest.fixture
def run(tmp_path):
    def go(*rows, supplier="fenwick", encoding="utf-8", **options):
        path = tmp_path / "prices.csv"
        path.write_bytes(make.price_list(rows, encoding=encoding).getvalue())
        out = StringIO()
        options.setdefault("stderr", StringIO())
        try:
            call_command("import_catalogue", str(path), supplier=supplier, stdout=out, **options)
        except CommandError as error:
            return error.returncode, out.getvalue(), str(error)
        return 0, out.getvalue(), ""

    return go


def listings():
    with stewardship():
        return Listing.objects.count()


def test_takes_a_file_in_and_says_what_it_did(shop, run):
    code, said, _error = run(make.row(), make.row())
    assert code == 0
    assert "2 rows: 2 new, 0 changed, 0 unchanged, 0 withdrawn." in said
    assert listings() == 2
    with stewardship():
        assert Event.objects.get().actor_name == "Operator, by command"


def test_leaves_the_planner_knowing_how_much_there_is(shop, run):
    def known():
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'catalogue_listing'")
            return cursor.fetchone()[0]

    rows = [make.row() for _n in range(3)]
    run(*rows, dry_run=True)
    assert known() != 3
    run(*rows)
    assert known() == 3


def test_takes_what_is_the_same_in_every_row(shop, tmp_path):
    path = tmp_path / "paint.csv"
    path.write_text("Code,Description,Price\nA1,White paint,9.50\n")
    out = StringIO()
    said = {"category": "44810000", "unit": "each", "vat": "standard"}
    call_command("import_catalogue", str(path), supplier="fenwick", stdout=out, **said)
    assert "1 row: 1 new, 0 changed" in out.getvalue()


def test_a_suppliers_key_will_do(shop, run):
    assert run(make.row(), supplier=str(shop.pk))[0] == 0


def test_a_dry_run_changes_nothing(shop, run):
    code, said, _error = run(make.row(), dry_run=True)
    assert (code, listings()) == (0, 0)
    assert "dry run: nothing was changed" in said


def test_a_look_leaves_nothing_in_the_list_of_files_that_were_sent(shop, run):
    _code, said, _error = run(make.row(), dry_run=True, json=True)
    assert json.loads(said)["run"] is None
    assert run(make.row(unit="fathom"), dry_run=True)[0] == 1
    with stewardship():
        assert not ImportRun.objects.exists()
        assert not Document.objects.exists()
        assert not Event.objects.filter(verb__startswith="price-list.").exists()


def test_the_same_again_says_so(shop, run):
    row = make.row()
    run(row)
    assert "The catalogue says the same already." in run(row)[1]


def test_shows_prices_that_move_and_columns_passed_over(shop, run):
    run(make.row(part_number="A1", unit_price="10"))
    assert "A1: 10 to 12 (+20.0%)" in run(make.row(part_number="A1", unit_price="12"))[1]


def test_prints_every_bad_cell_and_ends_with_1(shop, run):
    code, said, error = run(make.row(unit_price="12,50"))
    assert code == 1
    assert "12,50" in said
    assert error.startswith("1 cell is wrong. Nothing was changed. More than half")
    assert listings() == 0


def test_takes_the_good_rows_when_asked_and_tells_the_others(shop, run, tmp_path):
    rows = [make.row(), make.row(), make.row(unit_price="POA")]
    code, _said, error = run(*rows)
    assert (code, listings()) == (1, 0)
    assert error.endswith("With --good-rows 2 rows are taken and 1 row is left out.")
    target = tmp_path / "wrong.csv"
    code, said, error = run(*rows, good_rows=True, wrong_rows=target)
    assert (code, error, listings()) == (0, "", 2)
    assert "POA" in said
    assert "1 row is left out, and what it names stays as it is." in said
    assert "2 rows: 2 new, 0 changed, 0 unchanged, 0 withdrawn." in said
    heading, wrong = target.read_text("utf-8-sig").splitlines()
    assert heading.startswith("Row in your file,")
    assert wrong.startswith("4,")
    answer = json.loads(run(*rows, good_rows=True, json=True)[1])
    assert (answer["verdict"], answer["left_out"], answer["unchanged"]) == ("DONE", 1, 2)


def test_says_that_the_wrong_rows_cannot_be_written_and_changes_nothing(shop, run, tmp_path):
    code, _said, error = run(make.row(), wrong_rows=tmp_path)
    assert (code, listings()) == (2, 0)
    assert "cannot be written" in error


def test_prints_why_a_file_cannot_be_read_and_ends_with_1(shop, run):
    code, _said, error = run(make.row(name="Café"), encoding="cp1252")
    assert code == 1
    assert "not UTF-8" in error
    assert error.endswith("For Windows-1252, use --encoding cp1252.")
    assert run(make.row(name="Café"), encoding="cp1252", json=True)[0] == 1


def test_names_the_options_for_what_has_no_column(shop, tmp_path):
    path = tmp_path / "paint.csv"
    path.write_text("Code,Description,Price\nA1,White paint,9.50\n")
    with pytest.raises(CommandError, match=r"said by --category or --unit or --vat\.$"):
        call_command("import_catalogue", str(path), supplier="fenwick", stderr=StringIO())


def test_names_only_the_options_that_help(shop, tmp_path):
    files = Path(__file__).parents[3] / "fixtures" / "supplier_files"
    path = tmp_path / "paint.csv"
    path.write_text("Code,Description,Price,Unit,CPV\nA1,White paint,9.50,each,44810000\n")
    for file, said in ((files / "12-no-price-column.csv", None), (path, "--vat")):
        with pytest.raises(CommandError) as caught:
            call_command("import_catalogue", str(file), supplier="fenwick", stderr=StringIO())
        told = str(caught.value)
        assert "missing" in told
        assert ("can be said by" in told) == bool(said)
        assert told.endswith(f"can be said by {said}." if said else ".")


def test_windows_text_when_it_is_named(shop, tmp_path):
    path = tmp_path / "w.csv"
    path.write_bytes(make.price_list([make.row(name="Café")], encoding="cp1252").getvalue())
    call_command(
        "import_catalogue", str(path), "--supplier=fenwick", "--encoding=cp1252", stdout=StringIO()
    )
    with stewardship():
        assert Listing.objects.get().name == "Café"


@pytest.mark.parametrize("bad", [False, True])
def test_answers_in_json(shop, run, bad):
    code, said, _error = run(make.row(unit="fathom" if bad else "each"), json=True)
    document = json.loads(said)
    assert code == int(bad)
    assert document["verdict"] == ("REFUSED" if bad else "DONE")
    assert [each["row"] for each in document["problems"]] == ([2] if bad else [])
    with stewardship():
        assert document["run"] == str(ImportRun.objects.get().pk)


def test_ends_with_2_when_asked_wrongly(shop, run, tmp_path):
    assert run(make.row(), supplier="nobody")[0] == 2
    with pytest.raises(CommandError) as caught:
        call_command("import_catalogue", str(tmp_path / "none.csv"), "--supplier=fenwick")
    assert caught.value.returncode == 2
