"""Setting a council’s lists up from files."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from marketplace.audit.models import Event
from marketplace.core.dates import financial_year
from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Budget, ControlAccount, CostCentre, Period
from marketplace.ledger.states import ROLE_KINDS, AccountRole
from tests.factories import ledger, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def council():
    return organisations.council()


class TestSetUp:
    @pytest.fixture
    def file(self, tmp_path):
        def write(text):
            path = tmp_path / "list.csv"
            path.write_text(text)
            return str(path)

        return write

    def test_takes_each_kind_of_file(self, council, file, capsys):
        said = {"council": council.slug}
        call_command("set_up", file("CC,Name\n010,Library\n"), kind="cost_centres", **said)
        call_command("set_up", file("Code,Name\n14,Paper\n"), kind="accounts", **said)
        text = "Code,Name,Address\n1,Hall,1 Corn Square ZT1 1AA\n"
        call_command("set_up", file(text), kind="delivery_points", **said)
        text = "CC,Account,Amount\n010,14,100\n"
        call_command("set_up", file(text), kind="budgets", year=2026, **said)
        with stewardship():
            budget = Budget.objects.get()
        assert (budget.coding, budget.financial_year) == ("010/14", 2026)
        assert "£0.00 before, £100.00 now" in capsys.readouterr().out

    def test_sets_a_council_up_wholly(self, council, file, capsys):
        said = {"council": council.slug}
        rows = [
            f"{number},{role.title()},{ROLE_KINDS[role].value}"
            for number, role in enumerate(AccountRole, start=1)
        ]
        text = "\n".join(["Code,Name,Kind", *rows, "99,Paper,expense"])
        call_command("set_up", file(text), kind="accounts", **said)
        year = financial_year(timezone.localdate())
        text = f"Financial year\n{year}\n{year + 1}/{(year + 2) % 100:02d}\n"
        for count in (2, 0):
            capsys.readouterr()
            call_command("set_up", file(text), kind="months", **said)
            assert f"{count} are new or changed; {2 - count} are as before." in (
                capsys.readouterr().out
            )
        parts = [f"{role.lower()},{number}" for number, role in enumerate(AccountRole, start=1)]
        parts[0] = "Suppliers that we owe,1"
        text = "\n".join(["Part,Account", *parts])
        call_command("set_up", file(text), kind="control_accounts", dry_run=True, **said)
        with stewardship():
            assert Period.objects.count() == 24
            assert not ControlAccount.objects.exists()
        for count in (len(AccountRole), 0):
            capsys.readouterr()
            call_command("set_up", file(text), kind="control_accounts", **said)
            assert f"{count} are new or changed" in capsys.readouterr().out
        with stewardship():
            assert ControlAccount.objects.count() == len(AccountRole)
            assert Event.objects.filter(verb="control-accounts.set").count() == 1
            assert Event.objects.filter(verb="year.opened").count() == 2

    @pytest.mark.parametrize(
        ("kind", "text", "told"),
        [
            ("months", "Year\nsoon\n", "row 2, Financial year, “soon”: Write a financial year"),
            ("months", "Year\n2026/28\n", "A financial year ends in the year after it began"),
            ("months", "Year\n2012\n", "You can open the years"),
            ("control_accounts", "Part,Account\nbank,77\n", "There is no such account here."),
            ("control_accounts", "Part,Account\nvault,1\n", "Write one of these"),
            (
                "control_accounts",
                "Part,Account\nbank,1\nbank,1\n",
                "row 3, Part, “bank”: This part stands in the file twice.",
            ),
            (
                "control_accounts",
                "Part,Account\nrounding,2\nbank,2\n",
                "row 3, Account, “2”: 2 is of another kind than this needs.",
            ),
        ],
    )
    def test_names_each_wrong_cell_of_what_is_said_once(
        self, council, file, capsys, kind, text, told
    ):
        ledger.account(council, code="1", kind="asset")
        ledger.account(council, code="2", kind="expense")
        with pytest.raises(CommandError, match="Nothing was changed"):
            call_command("set_up", file(text), kind=kind, council=council.slug)
        assert told in capsys.readouterr().out
        with stewardship():
            assert not Period.objects.exists()
            assert not ControlAccount.objects.exists()

    def test_looks_only_and_answers_in_json(self, council, file, capsys):
        call_command(
            "set_up", file("CC,Name,Colour\n010,Library,red\n"), kind="cost_centres",
            council=council.slug, dry_run=True, json=True,
        )  # fmt: skip
        found = json.loads(capsys.readouterr().out)
        assert (found["changed"], found["columns_passed_over"]) == (1, ["Colour"])
        with stewardship():
            assert not CostCentre.objects.exists()

    def test_names_what_is_wrong_and_changes_nothing(self, council, file, capsys):
        with pytest.raises(CommandError, match="Nothing was changed") as caught:
            call_command(
                "set_up", file("CC,Name\n1E5,Library\n"), kind="cost_centres", council=council.slug
            )
        assert caught.value.returncode == 1
        assert "row 2, Code" in capsys.readouterr().out

    def test_is_asked_wrongly(self, council, file, tmp_path):
        there = file("CC,Name\n1,x\n")
        for path, slug in ((there, "nobody"), (str(tmp_path / "none.csv"), council.slug)):
            with pytest.raises(CommandError) as caught:
                call_command("set_up", path, kind="accounts", council=slug)
            assert caught.value.returncode == 2
        with pytest.raises(CommandError, match="PDF"):
            call_command("set_up", file("%PDF-1"), kind="accounts", council=council.slug)

    def test_says_of_a_year_that_is_none_that_it_is_none(self, council, file):
        text = file("CC,Account,Amount\n010,14,1\n")
        with pytest.raises(CommandError, match="like 2026"):
            call_command("set_up", text, kind="budgets", year=99_999, council=council.slug)
