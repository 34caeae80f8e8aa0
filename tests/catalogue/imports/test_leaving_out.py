"""Taking the good rows of a price list and leaving the wrong ones out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from catalogue.imports.leaving_out import Hindrance, Tally, why_none_withdrawn
from catalogue.imports.rules import Problem
from catalogue.imports.selectors import import_run, report_of
from catalogue.imports.services.price_lists import NotConfirmable, confirm_import
from catalogue.imports.services.uploads import confirm_price_list, take_in_upload
from catalogue.models import ImportRun, Listing, PastPrice
from marketplace.audit.models import Event
from marketplace.core.tenancy import tenant
from tests.factories import catalogue as make
from tests.factories import organisations


@pytest.fixture
def seller(db):
    return organisations.actor(organisations.supplier(), "supplier")


@pytest.fixture
def mine(seller):
    """Act for the seller for the length of the test."""
    with tenant(seller.organisation_id):
        yield


def goods(count=6, **facts):
    return [make.row(part_number=f"P{n}", **{"unit_price": "10", **facts}) for n in range(count)]


def standing(*, but=()):
    """What stands in the catalogue, all of it, by part number."""
    rows = Listing.objects.defer("search").exclude(part_number__in=but).order_by("part_number")
    return list(rows.values("part_number", "unit_price", "status", "version", "changed_at"))


class TestTally:
    def problem(self, code="unknown-unit", column="unit"):
        return Problem(2, column, "x", code)

    @pytest.mark.parametrize(("wrong", "hindrance"), [(5, None), (6, Hindrance.MOSTLY_WRONG)])
    def test_half_may_be_wrong_and_no_more(self, wrong, hindrance):
        tally = Tally()
        tally.add([self.problem()])
        assert tally.hindrance(rows=10, wrong_rows=wrong) is hindrance

    def test_one_price_in_another_currency_is_too_many(self):
        tally = Tally()
        tally.add([self.problem("other-currency", "unit_price")])
        assert tally.hindrance(rows=100, wrong_rows=1) is Hindrance.OTHER_CURRENCY

    def test_counts_the_rows_that_may_mean_any_product(self):
        tally = Tally()
        tally.add_row("A1", [self.problem()])
        tally.add_row("", [self.problem("empty", "part_number")])
        tally.add_row("A2", [self.problem("field-count")])
        assert tally.nameless == 2
        assert "2 of the wrong rows" in why_none_withdrawn(tally.nameless)


@pytest.mark.usefixtures("mine")
class TestGoodRows:
    def test_are_taken_and_the_wrong_ones_left_out(self, seller, at):
        rows = goods()
        rows[2]["unit_price"], rows[4]["unit"] = "POA", "boxs"
        report = make.load(seller, rows, at=at, good_rows=True)
        assert (report.verdict, report.problem_count) == ("DONE", 2)
        assert (report.new_count, report.good_rows_count, report.left_out_count) == (4, 4, 2)
        assert [each["part_number"] for each in standing()] == ["P0", "P1", "P3", "P5"]
        assert [each.row for each in report.problems] == [4, 6]

    def test_are_not_taken_unless_somebody_asks(self, seller, at):
        rows = [*goods(), make.row(unit="boxs")]
        report = make.load(seller, rows, at=at)
        assert (report.verdict, report.can_leave_out, report.left_out_count) == ("REFUSED", True, 0)
        assert (report.new_count, report.wrong_rows_count) == (6, 1)  # what they would do
        assert standing() == []

    @pytest.mark.parametrize("withdraw_missing", [False, True])
    def test_leave_the_products_of_the_others_exactly_as_they_stand(
        self, seller, at, withdraw_missing
    ):
        make.load(seller, goods(8), at=at)
        make.load(seller, goods(7), at=at + timedelta(days=1), withdraw_missing=True)  # P7 goes
        before = standing(but=["P0", "P5"])
        rows = goods(8, unit_price="11")
        for n in (1, 2, 3, 4, 6, 7):
            rows[n]["unit_price"] = "10"
        rows[1]["unit_price"] = "POA"
        rows[2]["vat"] = "17.5%"
        rows[7]["unit"] = "boxs"  # withdrawn before, and not brought back
        del rows[5]  # not in the file at all
        report = make.load(
            seller, rows, at=at + timedelta(days=2), good_rows=True,
            withdraw_missing=withdraw_missing,
        )  # fmt: skip
        assert (report.verdict, report.left_out_count) == ("DONE", 3)
        assert standing(but=["P0", "P5"]) == before
        assert Listing.objects.get(part_number="P0").unit_price == 11
        gone = Listing.objects.get(part_number="P5").status
        assert (gone, report.withdrawn_count) == (
            ("WITHDRAWN", 1) if withdraw_missing else ("LIVE", 0)
        )
        assert PastPrice.objects.count() == 1

    def test_withdraw_nothing_while_a_wrong_row_may_mean_any_product(self, seller, at):
        make.load(seller, goods(), at=at)
        rows = goods()
        rows[3]["part_number"] = "1.23E+11"  # what P3 has become in a spreadsheet
        report = make.load(
            seller, rows[:5], at=at + timedelta(days=1), good_rows=True, withdraw_missing=True
        )
        assert (report.withdrawn_count, report.nameless_count) == (0, 1)
        assert "Nothing is withdrawn" in report.why_none_withdrawn
        assert {each["status"] for each in standing()} == {"LIVE"}
        mended = make.load(seller, goods()[:5], at=at + timedelta(days=2), withdraw_missing=True)
        assert (mended.withdrawn_count, mended.why_none_withdrawn) == (1, "")

    def test_leave_out_every_row_of_a_part_number_that_several_have(self, seller, at):
        make.load(seller, goods(), at=at)
        before = standing()
        rows = [*goods(), make.row(part_number="P2", unit_price="12")]
        rows[2]["unit_price"] = "11"
        report = make.load(
            seller, rows, at=at + timedelta(days=1), good_rows=True, withdraw_missing=True
        )
        assert [(each.row, each.facts["first"]) for each in report.problems] == [(4, 8), (8, 4)]
        assert (report.left_out_count, report.changes_nothing) == (2, True)
        assert standing() == before

    def test_of_the_same_file_again_change_nothing(self, seller, at):
        rows = [*goods(), make.row(part_number="P9", unit="boxs")]
        make.load(seller, rows, at=at, good_rows=True)
        before = standing()
        report = make.load(seller, rows, at=at + timedelta(days=1), good_rows=True)
        assert (report.verdict, report.changes_nothing, report.unchanged_count) == ("DONE", True, 6)
        assert standing() == before

    @pytest.mark.parametrize(
        ("rows", "hindrance", "words"),
        [
            (goods(2, unit_price="POA") + goods(1), "mostly-wrong", "More than half"),
            ([*goods(), make.row(currency="EUR")], "other-currency", "another currency"),
            ([*goods(), make.row(unit_price="€12")], "other-currency", "another currency"),
        ],
    )
    def test_are_not_taken_of_a_file_that_is_wrong_as_a_whole(
        self, seller, at, rows, hindrance, words
    ):
        report = make.load(seller, rows, at=at, good_rows=True)
        assert (report.verdict, report.hindrance) == ("REFUSED", hindrance)
        assert words in report.why_whole
        assert (report.can_leave_out, report.new_count, standing()) == (False, 0, [])
        with pytest.raises(NotConfirmable, match=words):
            confirm_import(supplier=seller, run_id=report.run_id, at=at, good_rows=True)

    def test_are_told_in_the_trail_with_how_many_were_left_out(self, seller, at):
        rows = [*goods(), make.row(unit="boxs")]
        make.load(seller, rows, at=at)
        make.load(seller, rows, at=at, good_rows=True)
        refused, done = Event.objects.order_by("sequence")
        assert (refused.verb, done.verb) == ("price-list.refused", "price-list.done")
        told = {name: done.after[name] for name in ("rows", "taken", "left_out", "new", "problems")}
        assert told == {"rows": 7, "taken": 6, "left_out": 1, "new": 6, "problems": 1}
        assert "taken" not in refused.after

    def test_are_reported_the_same_later(self, seller, at):
        rows = [*goods(), make.row(unit="boxs"), make.row(part_number="")]
        given = make.load(seller, rows, at=at, good_rows=True, withdraw_missing=True)
        kept = report_of(import_run(seller.organisation_id, given.run_id))
        assert kept == given

    def test_of_a_wholesalers_five_thousand(self, seller, at):
        rows = [
            make.row(part_number=f"W{n:04d}", unit_price="POA" if n % 33 == 0 else "1.25")
            for n in range(5000)
        ]
        report = make.load(seller, rows, at=at, good_rows=True)
        assert (report.new_count, report.left_out_count, report.problem_count) == (4848, 152, 152)
        assert {each.column for each in report.problems} == {"unit_price"}
        assert Listing.objects.count() == 4848


@pytest.mark.usefixtures("mine")
class TestConfirming:
    def refused(self, seller, at, **facts):
        rows = [*goods(), make.row(part_number="P9", unit="boxs")]
        return make.load(seller, rows, at=at, dry_run=True, **facts)

    def test_takes_the_good_rows_of_a_list_that_was_refused(self, seller, at):
        tried = self.refused(seller, at)
        assert (tried.verdict, tried.new_count) == ("REFUSED", 6)
        done = confirm_import(supplier=seller, run_id=tried.run_id, at=at, good_rows=True)
        assert (done.verdict, done.new_count, done.left_out_count) == ("DONE", 6, 1)
        assert ImportRun.objects.get(pk=done.run_id).confirms_id == tried.run_id
        with pytest.raises(NotConfirmable, match="taken in before"):
            confirm_import(supplier=seller, run_id=tried.run_id, at=at, good_rows=True)

    def test_refuses_one_with_mistakes_when_nobody_asked_for_its_good_rows(self, seller, at):
        tried = self.refused(seller, at)
        for confirm in (confirm_import, confirm_price_list):
            with pytest.raises(NotConfirmable, match="no problems"):
                confirm(supplier=seller, run_id=tried.run_id, at=at)
        assert standing() == []

    def test_keeps_to_what_was_tried_with_its_wrong_rows_left_out(self, seller, at):
        tried = self.refused(seller, at, good_rows=True)
        assert (tried.verdict, tried.left_out_count) == ("CHECKED", 1)
        done = confirm_import(supplier=seller, run_id=tried.run_id, at=at)
        assert (done.verdict, done.left_out_count) == ("DONE", 1)

    def test_is_owed_to_the_worker_likewise(self, seller, at):
        tried = self.refused(seller, at)
        sent = confirm_price_list(supplier=seller, run_id=tried.run_id, at=at, good_rows=True)
        assert sent.good_rows is True
        run = take_in_upload(upload_id=sent.pk, at=at).run
        assert (run.verdict, run.good_rows, run.wrong_rows_count) == ("DONE", True, 1)
        assert len(standing()) == 6

    def test_a_listing_that_changed_since_the_check_is_left_out_as_it_is(self, seller, at):
        make.load(seller, goods(10), at=at)
        rows = goods(9, unit_price="11")
        rows[8]["unit"] = "boxs"
        tried = make.load(seller, rows, at=at, dry_run=True, withdraw_missing=True)
        other = [make.row(part_number="P8", unit_price="99")]
        make.load(seller, other, at=at + timedelta(hours=1))
        confirm_import(
            supplier=seller, run_id=tried.run_id, at=at + timedelta(hours=2), good_rows=True
        )
        left = Listing.objects.get(part_number="P8")
        assert (left.unit_price, left.status) == (Decimal(99), "LIVE")
        assert Listing.objects.get(part_number="P9").status == "WITHDRAWN"
