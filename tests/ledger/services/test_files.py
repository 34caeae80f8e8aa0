"""Files of codes and budgets: looked at, refused cell by cell, and taken in whole."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.audit.models import Event
from marketplace.core.errors import Forbidden
from marketplace.core.tenancy import tenant
from marketplace.ledger.models import Account, Budget, CostCentre
from marketplace.ledger.services.budgets import BudgetNotAllowed
from marketplace.ledger.services.files import (
    ACCOUNT_FILE,
    COST_CENTRE_FILE,
    FileNotAsSeen,
    look_at_budgets_file,
    look_at_codes_file,
    take_budgets_file,
    take_codes_file,
)
from tests.factories import ledger, organisations

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acting")]


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def acting(council):
    with tenant(council.pk):
        yield


@pytest.fixture
def finance(council):
    return organisations.actor(council, "finance")


def take(finance, text, at, *, file=COST_CENTRE_FILE, **facts):
    return take_codes_file(file=file, keeper=finance, content=text.encode(), at=at, **facts)


def look(finance, text):
    return look_at_codes_file(file=COST_CENTRE_FILE, keeper=finance, content=text.encode())


def cells(report):
    return [(each.row, each.column, each.value) for each in report.bad]


class TestCodes:
    def test_takes_a_file_of_the_finance_system(self, council, finance, at):
        holder = organisations.person(council, "approver", email="holder@example.com")
        text = (
            "Cost Centre;Cost centre description;Department;Budget holder;Active\n"
            "0010;Library;Culture;Holder@Example.com;Y\n0020;Pool;Culture;;no\n"
        )
        report = take(finance, text, at)
        assert not report.is_refused
        library, pool = CostCentre.objects.order_by("code")
        assert (library.code, library.holder_id, library.is_active) == ("0010", holder.pk, True)
        assert (pool.name, pool.holder_id, pool.is_active) == ("Pool", None, False)

    def test_a_column_that_is_not_there_stays_as_it_is(self, council, finance, at):
        ledger.cost_centre(council, code="1", directorate="Culture", name_welsh="Llyfrgell")
        take(finance, "Code,Name,Welsh name\n1,Library,\n", at)
        centre = CostCentre.objects.get()
        assert (centre.directorate, centre.name_welsh) == ("Culture", "")

    def test_names_all_that_is_wrong_at_once(self, finance, at):
        text = (
            "Code,Name,Holder,In use\n1E5,A,,\n2,,,\n3,C,nobody@example.com,\n4,D,,maybe\n"
            "5 x,E,,\n6,F,,\n6,G,,\n"
        )
        report = take(finance, text, at)
        assert report.is_refused
        assert cells(report) == [
            (2, "Code", "1E5"), (3, "Name", ""),
            (4, "Holder’s email address", "nobody@example.com"), (5, "In use", "maybe"),
            (6, "Code", "5 x"), (7, "Code", "6"), (8, "Code", "6"),
        ]  # fmt: skip
        assert not CostCentre.objects.exists()

    def test_looks_at_the_other_cells_of_a_row_that_has_a_bad_one(self, finance, at):
        text = (
            "Code,Name,Holder,In use\n1,A,nobody@example.com,maybe\n1,B,,\n1E5,,,perhaps\n5 x,,,\n"
        )
        assert cells(take(finance, text, at)) == [
            (2, "In use", "maybe"), (2, "Holder’s email address", "nobody@example.com"),
            (2, "Code", "1"), (3, "Code", "1"), (4, "Code", "1E5"), (4, "Name", ""),
            (4, "In use", "perhaps"), (5, "Name", ""), (5, "Code", "5 x"),
        ]  # fmt: skip

    def test_confirms_only_what_was_seen(self, council, finance, at):
        text = "Code,Name\n1,Library\n"
        seen = look(finance, text).mark
        assert not CostCentre.objects.exists()
        ledger.cost_centre(council, code="1", name="Pool")
        with pytest.raises(FileNotAsSeen):
            take(finance, text, at, seen=seen)
        again = look(finance, text).mark
        assert not take(finance, text, at, seen=again).is_refused

    def test_accounts_with_kinds_and_categories(self, finance, at):
        text = (
            "Account,Description,Type,CPV\n14041,Stationery,Expenditure,30;2299\n5,Vans,capital,\n"
        )
        assert not take(finance, text, at, file=ACCOUNT_FILE).is_refused
        stationery, vans = Account.objects.order_by("code")
        assert (stationery.kind, stationery.categories) == ("expense", ["30", "2299"])
        assert vans.kind == "asset"
        report = take(finance, "Code,Name,CPV\n1,x,303,\n2,y,ab\n", at, file=ACCOUNT_FILE)
        assert cells(report) == [(3, "CPV categories", "ab")]

    def test_is_for_those_who_keep_the_list(self, council, at):
        with pytest.raises(Forbidden):
            take(organisations.actor(council, "buyer"), "Code,Name\n1,x\n", at)


class TestBudgets:
    @pytest.fixture
    def codes(self, council):
        return ledger.cost_centre(council, code="010"), ledger.account(council, code="14")

    def take(self, finance, text, at, **facts):
        return take_budgets_file(
            finance=finance, financial_year=2026, content=text.encode(), at=at, **facts
        )

    @pytest.mark.usefixtures("codes")
    def test_confirms_only_what_was_seen(self, council, finance, at):
        text = "CC,Account,Amount\n010,14,5\n"
        seen = look_at_budgets_file(finance=finance, financial_year=2026, content=text.encode())
        assert not Budget.objects.exists()
        with pytest.raises(FileNotAsSeen):
            self.take(finance, text.replace("5", "6"), at, seen=seen.mark)
        assert not Budget.objects.exists()
        assert not self.take(finance, text, at, seen=seen.mark).is_refused

    @pytest.mark.usefixtures("codes")
    def test_takes_a_file_and_says_the_sums(self, council, finance, at):
        ledger.budget(council, amount=100)
        text = 'Cost centre,Nominal,Annual budget\n010,14,"£12,500.00"\n'
        report = self.take(finance, text, at)
        outcome = report.outcome
        assert (outcome.before_amount, outcome.after_amount) == (Decimal(100), Decimal(12_600))
        assert Budget.objects.get(coding="010/14").is_hard_stop
        assert self.take(finance, text, at).outcome.differences == ()
        assert Event.objects.filter(verb="budgets.set").count() == 1

    def test_what_runs_out_stays_as_it_is_unless_the_file_says(self, council, finance, at, codes):
        ledger.budget(council, amount=5, cost_centre=codes[0], account=codes[1], is_hard_stop=False)
        self.take(finance, "CC,Account,Amount\n010,14,6\n", at)
        assert not Budget.objects.get().is_hard_stop
        self.take(finance, "CC,Account,Amount,When it runs out\n010,14,6,stop\n", at)
        assert Budget.objects.get().is_hard_stop

    def test_names_the_row_of_a_budget_below_what_is_promised(self, council, finance, at, codes):
        centre, account = codes
        ledger.budget(
            council, amount=100, cost_centre=centre, account=account, committed_amount=Decimal(60)
        )
        report = self.take(finance, "CC,Account,Amount\n\n010,14,59.99\n", at)
        assert cells(report) == [(3, "Amount", "59.99")]
        assert "£60.00" in report.bad[0].reason

    def test_names_codes_that_are_not_here_retired_or_twice(self, council, finance, at, codes):
        ledger.cost_centre(council, code="9", is_active=False)
        text = "CC,Account,Amount\n10,14,1\n77,14,1\n9,14,1\n010,14,1\n010,14,2\n010,14,-1\n"
        report = self.take(finance, text, at)
        assert [(row, column) for row, column, _value in cells(report)] == [
            (2, "Cost centre"), (3, "Cost centre"), (4, "Cost centre"), (5, "Cost centre"),
            (6, "Cost centre"), (7, "Amount"),
        ]  # fmt: skip
        assert "“010”" in report.bad[0].reason
        assert not Budget.objects.exists()

    @pytest.mark.usefixtures("codes")
    def test_names_every_cell_of_a_row(self, finance, at):
        report = self.take(finance, "CC,Account,Amount\n1E4,99,x\n", at)
        assert cells(report) == [
            (2, "Cost centre", "1E4"), (2, "Amount", "x"), (2, "Account", "99"),
        ]  # fmt: skip

    def test_is_for_finance(self, council, at, codes):
        with pytest.raises(BudgetNotAllowed):
            self.take(organisations.actor(council, "buyer"), "CC,Account,Amount\n010,14,1\n", at)
