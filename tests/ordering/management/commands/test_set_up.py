"""Setting a council’s lists up from files."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Budget, CostCentre
from tests.factories import organisations

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
