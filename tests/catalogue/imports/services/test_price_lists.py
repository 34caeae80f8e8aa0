"""Taking in a price list: every row or none."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalogue.imports.leaving_out import MOST_PROBLEMS
from catalogue.imports.selectors import import_run, import_runs, report_of
from catalogue.imports.services.price_lists import (
    NotASupplier,
    NotConfirmable,
    UnreadablePriceList,
    confirm_import,
    import_catalogue,
)
from catalogue.models import CategoryCount, ImportRun, Lexeme, Listing, PastPrice
from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import tenant
from marketplace.jobs.services import run_due_jobs
from tests.factories import catalogue as make
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return organisations.actor(organisations.supplier(), "supplier")


@pytest.fixture
def mine(seller):
    """Act for the seller for the length of the test."""
    with tenant(seller.organisation_id):
        yield


def two_rows():
    return [
        make.row(part_number="A1", name="Oak desk", unit_price="100.00"),
        make.row(part_number="A2", name="Beech desk", category="39121100", unit_price="90"),
    ]


def counts(report):
    return (
        report.new_count, report.changed_count, report.unchanged_count, report.withdrawn_count,
    )  # fmt: skip


class TestImportCatalogue:
    def test_makes_every_row_a_listing(self, seller, mine, at):
        report = make.load(seller, two_rows(), at=at)
        assert (report.verdict, counts(report), report.rows_count) == ("DONE", (2, 0, 0, 0), 2)
        desk = Listing.objects.get(part_number="A1")
        assert (desk.name, desk.unit, desk.unit_price) == ("Oak desk", "EA", Decimal(100))
        assert (desk.version, desk.status, desk.created_at, desk.price_since) == (1, "LIVE", at, at)

    def test_keeps_the_words_and_the_counts(self, seller, mine, at):
        make.load(seller, two_rows(), at=at)
        assert Lexeme.objects.get(word="desk").frequency == 2
        assert dict(CategoryCount.objects.values_list("category_id", "live_count")) == {
            "39112000": 1, "39121100": 1,
        }  # fmt: skip

    def test_the_same_file_again_changes_nothing_and_says_so(self, seller, mine, at):
        make.load(seller, two_rows(), at=at)
        before = list(Listing.objects.values())
        report = make.load(seller, two_rows(), at=at + timedelta(days=1))
        assert report.changes_nothing
        assert counts(report) == (0, 0, 2, 0)
        assert list(Listing.objects.values()) == before
        assert Lexeme.objects.get(word="desk").frequency == 2

    def test_changes_what_differs_and_keeps_the_old_price(self, seller, mine, at):
        make.load(seller, two_rows(), at=at)
        rows = two_rows()
        rows[0]["unit_price"] = "110.00"
        later = at + timedelta(days=30)
        report = make.load(seller, rows, at=later)
        assert counts(report) == (0, 1, 1, 0)
        (move,) = report.price_moves
        assert (move.part_number, move.before, move.after, move.percent) == (
            "A1", 100, 110, Decimal("10.0"),
        )  # fmt: skip
        desk = Listing.objects.get(part_number="A1")
        assert (desk.version, desk.unit_price, desk.price_since, desk.changed_at) == (
            2, 110, later, later,
        )  # fmt: skip
        past = PastPrice.objects.get()
        assert (past.listing_id, past.unit_price, past.valid_from, past.valid_until) == (
            desk.pk, 100, at, later,
        )  # fmt: skip

    def test_gives_the_first_of_what_is_new_changed_and_withdrawn(self, seller, mine, at):
        old = [make.row(part_number=f"O{n:02d}", unit_price="10") for n in range(25)]
        make.load(seller, old, at=at)
        changed = [{**row, "unit_price": "11"} for row in old[:12]]
        changed[1].update(unit_price="10", name="Stool", vat="zero", lead_time_days="")
        new = [make.row(part_number=f"N{n:02d}", name="Lamp", unit_price="3") for n in range(11)]
        report = make.load(
            seller, [*new, *changed], at=at + timedelta(days=1), dry_run=True, withdraw_missing=True
        )
        assert counts(report) == (11, 12, 0, 13)
        shown = report.examples
        assert [each.part_number for each in shown.new] == [f"N{n:02d}" for n in range(10)]
        assert (shown.new[0].name, shown.new[0].before, shown.new[0].after) == ("Lamp", None, 3)
        assert [each.part_number for each in shown.changed] == [f"O{n:02d}" for n in range(10)]
        first, second = shown.changed[:2]
        assert (first.before, first.after, first.differs) == (10, 11, ("unit_price",))
        assert (second.name, set(second.differs)) == ("Stool", {"name", "vat"})
        assert [each.part_number for each in shown.withdrawn] == [f"O{n}" for n in range(12, 22)]
        assert (shown.withdrawn[0].before, shown.withdrawn[0].after) == (10, None)
        assert report_of(import_run(seller.organisation_id, report.run_id)).examples == shown

    def test_says_of_a_listing_that_comes_back_that_it_does(self, seller, mine, at):
        make.load(seller, two_rows(), at=at)
        make.load(seller, two_rows()[:1], at=at + timedelta(days=1), withdraw_missing=True)
        report = make.load(seller, two_rows(), at=at + timedelta(days=2), dry_run=True)
        (back,) = report.examples.changed
        assert (back.part_number, back.differs, back.differs_labels) == (
            "A2", ("",), ["On offer again"],
        )  # fmt: skip

    def test_another_name_is_no_other_price(self, seller, mine, at):
        make.load(seller, two_rows(), at=at)
        rows = two_rows()
        rows[0]["name"] = "Walnut desk"
        report = make.load(seller, rows, at=at + timedelta(days=1))
        assert (counts(report), report.price_moves_count) == ((0, 1, 1, 0), 0)
        desk = Listing.objects.get(part_number="A1")
        assert (desk.name, desk.price_since) == ("Walnut desk", at)
        assert PastPrice.objects.count() == 0
        assert Lexeme.objects.filter(word="walnut").exists()

    def test_leaves_what_the_file_does_not_name(self, seller, mine, at):
        make.load(seller, two_rows(), at=at)
        report = make.load(seller, two_rows()[:1], at=at)
        assert counts(report) == (0, 0, 1, 0)
        assert Listing.objects.filter(status="LIVE").count() == 2

    def test_withdraws_what_the_file_does_not_name_when_asked(self, seller, mine, at):
        make.load(seller, two_rows(), at=at)
        report = make.load(seller, two_rows()[:1], at=at, withdraw_missing=True)
        assert counts(report) == (0, 0, 1, 1)
        gone = Listing.objects.get(part_number="A2")
        assert (gone.status, gone.version) == ("WITHDRAWN", 2)
        assert list(CategoryCount.objects.values_list("category_id", flat=True)) == ["39112000"]

    def test_brings_back_what_was_withdrawn(self, seller, mine, at):
        make.load(seller, two_rows(), at=at)
        make.load(seller, two_rows()[:1], at=at, withdraw_missing=True)
        report = make.load(seller, two_rows(), at=at)
        assert counts(report) == (0, 1, 1, 0)
        assert Listing.objects.get(part_number="A2").status == "LIVE"

    def test_a_dry_run_says_the_same_and_writes_no_listing(self, seller, mine, at):
        make.load(seller, two_rows(), at=at)
        rows = [*two_rows()[:1], make.row(part_number="A3")]
        rows[0]["unit_price"] = "120"
        tried = make.load(seller, rows, at=at, dry_run=True, withdraw_missing=True)
        assert (tried.verdict, counts(tried)) == ("CHECKED", (1, 1, 0, 1))
        assert Listing.objects.filter(part_number="A3").exists() is False
        assert Listing.objects.get(part_number="A1").unit_price == 100
        done = make.load(seller, rows, at=at, withdraw_missing=True)
        assert counts(done) == counts(tried)

    def test_takes_nothing_when_one_cell_is_wrong(self, seller, mine, at):
        rows = [*two_rows(), make.row(part_number="A3", unit_price="POA", unit="fathom")]
        report = make.load(seller, rows, at=at)
        assert (report.verdict, report.problem_count, report.refused) == ("REFUSED", 2, True)
        assert [(p.row, p.column, p.code) for p in report.problems] == [
            (4, "unit", "unknown-unit"), (4, "unit_price", "not-a-number"),
        ]  # fmt: skip
        assert Listing.objects.count() == 0
        assert report.changes_nothing is False

    def test_a_part_number_stands_once_in_a_file(self, seller, mine, at):
        rows = [*two_rows(), make.row(part_number="A1"), make.row(part_number="A1", unit="?")]
        report = make.load(seller, rows, at=at)
        found = {(p.row, p.column, p.code, p.facts.get("first")) for p in report.problems}
        assert found == {
            (2, "part_number", "twice", 4),
            (4, "part_number", "twice", 2),
            (5, "part_number", "twice", 2),
            (5, "unit", "unknown-unit", None),
        }
        assert "also on row 4" in report.worded_problems[0].reason
        assert report.wrong_rows_count == 3

    def test_counts_every_problem_and_shows_the_first(self, seller, mine, at):
        rows = (make.row(part_number=f"B{i}", unit_price="-1") for i in range(MOST_PROBLEMS + 5))
        report = make.load(seller, rows, at=at)
        assert report.problem_count == MOST_PROBLEMS + 5
        assert len(report.problems) == MOST_PROBLEMS
        assert report.problems[0].row == 2

    def test_a_formula_is_text_where_text_is_wanted(self, seller, mine, at):
        make.load(seller, [make.row(part_number="F1", name="=HYPERLINK(1)")], at=at)
        assert Listing.objects.get().name == "=HYPERLINK(1)"

    def test_another_suppliers_same_part_number_is_another_thing(self, seller, at):
        other = organisations.actor(organisations.supplier(), "supplier")
        make.load(other, two_rows(), at=at)
        report = make.load(seller, two_rows(), at=at, withdraw_missing=True)
        assert counts(report) == (2, 0, 0, 0)
        with tenant(other.organisation_id):
            assert Listing.objects.filter(status="LIVE").count() == 2

    def test_refuses_somebody_who_is_no_supplier(self, at):
        buyer = organisations.actor(organisations.council(), "buyer")
        with pytest.raises(NotASupplier):
            make.load(buyer, two_rows(), at=at)

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"part_number,name\n"])
    def test_refuses_what_it_cannot_read_and_keeps_nothing(self, seller, mine, at, content):
        with pytest.raises(UnreadablePriceList) as caught:
            import_catalogue(
                supplier=seller, content=io.BytesIO(content), name="x", at=at, dry_run=False
            )
        assert caught.value.field == "file"
        assert (ImportRun.objects.count(), Event.objects.count()) == (0, 0)

    def test_reports_how_far_it_has_come(self, seller, at):
        steps = []
        rows = (make.row(part_number=f"C{i}") for i in range(2500))
        make.load(seller, rows, at=at, on_progress=steps.append)
        assert [step.rows for step in steps] == [1000, 2000, 2500]
        assert steps[-1].read_bytes == steps[-1].size_bytes
        assert all(0 < step.read_bytes <= step.size_bytes for step in steps)

    @pytest.mark.parametrize(
        ("rows", "dry_run", "verb"),
        [
            (two_rows(), False, "price-list.done"),
            (two_rows(), True, "price-list.checked"),
            ([make.row(unit="?")], False, "price-list.refused"),
        ],
    )
    def test_leaves_one_trace(self, seller, mine, at, rows, dry_run, verb):
        report = make.load(seller, rows, at=at, dry_run=dry_run)
        event = Event.objects.get()
        assert (event.verb, event.subject_id, event.actor_name) == (
            verb,
            report.run_id,
            seller.name,
        )
        assert event.after["rows"] == len(rows)

    def test_owes_the_tidying_of_the_words_once_a_file_that_changes_something(self, seller, at):
        make.load(seller, two_rows(), at=at)
        make.load(seller, two_rows(), at=at)
        assert run_due_jobs(at=timezone.now() + timedelta(minutes=1)) == 1

    def test_costs_the_same_number_of_statements_however_long_the_file_is(self, seller, mine, at):
        spent = []
        for size in (2, 200):
            rows = [make.row(part_number=f"{size}-{i}") for i in range(size)]
            with CaptureQueriesContext(
                connection,
            ) as queries:
                make.load(seller, rows, at=at)
            spent.append(len(queries))
        assert spent[0] == spent[1] <= 30


class TestConfirmImport:
    def test_takes_in_what_was_tried(self, seller, mine, at):
        make.load(seller, two_rows(), at=at)
        tried = make.load(seller, two_rows()[:1], at=at, dry_run=True, withdraw_missing=True)
        done = confirm_import(supplier=seller, run_id=tried.run_id, at=at)
        assert (done.verdict, counts(done)) == ("DONE", (0, 0, 1, 1))
        first, second = ImportRun.objects.filter(pk__in=[tried.run_id, done.run_id])
        assert first.document_id == second.document_id

    def test_refuses_what_was_refused_or_done(self, seller, mine, at):
        for rows, dry_run in (([make.row(unit="?")], True), (two_rows(), False)):
            report = make.load(seller, rows, at=at, dry_run=dry_run)
            with pytest.raises(NotConfirmable):
                confirm_import(supplier=seller, run_id=report.run_id, at=at)

    def test_anothers_run_is_missing(self, seller, at):
        other = organisations.actor(organisations.supplier(), "supplier")
        tried = make.load(other, two_rows(), at=at, dry_run=True)
        with tenant(seller.organisation_id), pytest.raises(Missing):
            confirm_import(supplier=seller, run_id=tried.run_id, at=at)


class TestSelectors:
    def test_a_run_gives_its_report_back(self, seller, mine, at):
        make.load(seller, two_rows(), at=at)
        rows = two_rows()
        rows[0] |= {"unit_price": "110"}
        rows[1] |= {"gtin": "12", "unit_price": "0.0000001", "vat": "17.5"}
        for each in (rows, rows[:1]):
            report = make.load(seller, each, at=at + timedelta(days=1))
            kept = report_of(import_run(seller.organisation_id, report.run_id))
            assert kept.worded_problems == report.worded_problems
            assert kept.price_moves == report.price_moves
            assert (kept.verdict, kept.problem_count) == (report.verdict, report.problem_count)

    def test_lists_the_latest_first_and_only_ones_own(self, seller, mine, at):
        other = organisations.actor(organisations.supplier(), "supplier")
        make.load(other, two_rows(), at=at)
        runs = [make.load(seller, two_rows(), at=at).run_id for _turn in range(2)]
        assert [run.pk for run in import_runs(seller.organisation_id)] == runs[::-1]
        assert import_runs(other.organisation_id).count() == 0
