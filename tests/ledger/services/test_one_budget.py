"""Adding one budget, and correcting its figure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship, tenant
from marketplace.ledger.models import Budget
from marketplace.ledger.services.budgets import (
    BudgetFigure,
    BudgetNotAllowed,
    BudgetTooSmall,
    FiguresNotRight,
    YearNotRight,
)
from marketplace.ledger.services.one_budget import (
    BudgetChanged,
    BudgetExists,
    ReasonMissing,
    add_budget,
    change_budget,
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


class TestAddBudget:
    @pytest.fixture
    def codes(self, council):
        return ledger.cost_centre(council, code="010"), ledger.account(council, code="14")

    def add(self, finance, at, centre, account, amount="50.00", year=2026):
        figure = BudgetFigure(centre.pk, account.pk, Decimal(amount), is_hard_stop=False)
        return add_budget(finance=finance, financial_year=year, figure=figure, at=at)

    def test_makes_it_and_leaves_a_trace(self, finance, at, codes):
        made = self.add(finance, at, *codes)
        assert (made.coding, made.budget_amount, made.is_hard_stop) == (
            "010/14", Decimal(50), False,
        )  # fmt: skip
        assert set(Event.objects.get(verb="budgets.set").after["budgets"]) == {"010/14"}

    def test_refuses_one_that_is_there(self, finance, at, codes):
        made = self.add(finance, at, *codes)
        with pytest.raises(BudgetExists, match="010/14") as refused:
            self.add(finance, at, *codes, amount="60.00")
        assert refused.value.facts["budget_id"] == str(made.pk)
        assert Budget.objects.get().budget_amount == Decimal(50)
        assert self.add(finance, at, *codes, year=2027).financial_year == 2027

    def test_names_the_field_that_is_wrong(self, council, finance, at):
        centre = ledger.cost_centre(council, is_active=False)
        account = ledger.account(council, is_active=False)
        with pytest.raises(FiguresNotRight) as refused:
            self.add(finance, at, centre, account, amount="-1.00")
        assert [each.pointer for each in refused.value.errors] == [
            "cost_centre", "account", "amount",
        ]  # fmt: skip

    def test_refuses_a_year_that_is_none(self, finance, at, codes):
        with pytest.raises(YearNotRight):
            self.add(finance, at, *codes, year=26)

    def test_another_councils_code_is_missing(self, finance, at, codes):
        with pytest.raises(Missing):
            self.add(finance, at, codes[0], ledger.account(organisations.council()))

    def test_refuses_others(self, council, at, codes):
        with pytest.raises(BudgetNotAllowed):
            self.add(organisations.actor(council, "approver"), at, *codes)


class TestChangeBudget:
    def change(self, finance, budget, at, **facts):
        chosen = {
            "version": 1, "amount": Decimal(70), "is_hard_stop": True, "reason": "Moved.", **facts,
        }  # fmt: skip
        return change_budget(finance=finance, budget_id=budget.pk, at=at, **chosen)

    def test_changes_and_says_why(self, council, finance, at):
        budget = ledger.budget(council, amount=100, committed_amount=Decimal(60))
        assert self.change(finance, budget, at).version == 2
        event = Event.objects.get(verb="budget.changed")
        assert (event.note, event.before["budget_amount"]) == ("Moved.", "100.00")
        assert Budget.objects.get().available_amount == Decimal(10)

    @pytest.mark.parametrize(
        ("facts", "refusal"),
        [
            ({"reason": "  "}, ReasonMissing),
            ({"version": 2}, BudgetChanged),
            ({"amount": Decimal(-1)}, FiguresNotRight),
            ({"amount": Decimal(10) ** 12}, FiguresNotRight),
            ({"amount": Decimal("59.99")}, BudgetTooSmall),
        ],
    )
    def test_refuses(self, council, finance, at, facts, refusal):
        budget = ledger.budget(council, amount=100, committed_amount=Decimal(60))
        with pytest.raises(refusal):
            self.change(finance, budget, at, **facts)

    def test_refuses_others(self, council, at):
        budget = ledger.budget(council)
        with pytest.raises(BudgetNotAllowed):
            self.change(organisations.actor(council, "approver"), budget, at)
        with stewardship():
            assert Budget.objects.get(pk=budget.pk).version == 1
