"""Setting budgets."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship, tenant
from marketplace.ledger.models import Account, Budget, CostCentre, Period
from marketplace.ledger.selectors.coding import account_for, accounts, cost_centres, holders
from marketplace.ledger.services.budgets import (
    BudgetFigure,
    BudgetNotAllowed,
    BudgetTooSmall,
    YearNotRight,
    set_budgets,
)
from tests.factories import ledger, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def finance(council):
    return organisations.actor(council, "finance")


def put(finance, figures, at, *, is_hard_stop=True):
    wanted = [replace(each, is_hard_stop=is_hard_stop) for each in figures]
    with tenant(finance.organisation_id):
        done = set_budgets(finance=finance, financial_year=2026, figures=wanted, at=at)
    return len(done.differences)


def test_makes_and_changes_and_keeps_what_is_promised(council, finance, at):
    old = ledger.budget(council, amount=100, committed_amount=Decimal(60))
    centre, account = ledger.cost_centre(council), ledger.account(council)
    figures = [
        BudgetFigure(old.cost_centre_id, old.account_id, Decimal(70)),
        BudgetFigure(centre.pk, account.pk, Decimal(500)),
    ]
    assert put(finance, figures, at) == 2
    with tenant(council.pk):
        old = Budget.objects.get(pk=old.pk)
        assert (old.budget_amount, old.available_amount) == (Decimal(70), Decimal(10))
        assert Budget.objects.get(cost_centre=centre).coding == f"{centre.code}/{account.code}"
        assert len(Event.objects.get(verb="budgets.set").after["budgets"]) == 2


def test_says_in_the_trail_what_happens_when_it_runs_out(council, finance, at):
    old = ledger.budget(council, amount=100)
    figures = [BudgetFigure(old.cost_centre_id, old.account_id, Decimal("100.00"))]
    with tenant(council.pk):
        wanted = [replace(each, is_hard_stop=False) for each in figures]
        done = set_budgets(finance=finance, financial_year=2026, figures=wanted, at=at)
        event = Event.objects.get(verb="budgets.set")
    (difference,) = done.differences
    assert (difference.was_hard_stop, difference.is_hard_stop) == (True, False)
    said = {"budget_amount": "100.00", "is_hard_stop": True}
    assert event.before == {"budgets": {old.coding: said}}
    assert event.after["budgets"] == {old.coding: said | {"is_hard_stop": False}}


@pytest.mark.parametrize("year", [-1, 1, 1999, 3000, 32_767, 99_999])
def test_refuses_a_year_that_is_none(finance, at, year):
    with tenant(finance.organisation_id), pytest.raises(YearNotRight):
        set_budgets(finance=finance, financial_year=year, figures=[], at=at)


def test_refuses_less_than_is_promised(council, finance, at):
    old = ledger.budget(council, amount=100, committed_amount=Decimal(60))
    figures = [BudgetFigure(old.cost_centre_id, old.account_id, Decimal("59.99"))]
    with pytest.raises(BudgetTooSmall, match=r"£60\.00"):
        put(finance, figures, at)
    assert put(finance, figures, at, is_hard_stop=False) == 1


def test_raises_a_hard_stop_that_bills_went_past(council, finance, at):
    old = ledger.budget(council, amount=100)
    with stewardship():
        Budget.objects.filter(pk=old.pk).update(actual_amount=Decimal(130))
    for amount, how in (
        (Decimal(99), pytest.raises(BudgetTooSmall)),
        (Decimal(120), nullcontext()),
    ):
        with how:
            put(finance, [BudgetFigure(old.cost_centre_id, old.account_id, amount)], at)


def test_asks_for_one_councils_rows_only(council, at):
    """The questions themselves say so, not only the wall behind them."""
    others = ledger.budget(organisations.council())
    with stewardship():
        assert holders(council.pk, [others.cost_centre_id]) == {}


def test_refuses_others_codes_and_others(council, finance, at):
    mine, others = ledger.budget(council), ledger.budget(organisations.council())
    for figure in (
        BudgetFigure(others.cost_centre_id, mine.account_id, Decimal(1)),
        BudgetFigure(mine.cost_centre_id, others.account_id, Decimal(1)),
        BudgetFigure(uuid4(), uuid4(), Decimal(1)),
    ):
        with pytest.raises(Missing):
            put(finance, [figure], at)
    with pytest.raises(BudgetNotAllowed):
        put(organisations.actor(council, "buyer"), [], at)


def test_codes_in_use_by_code(council):
    holder = organisations.person(council, "approver")
    two = ledger.cost_centre(council, code="200", holder=holder)
    ledger.cost_centre(council, code="300", is_active=False)
    one = ledger.cost_centre(council, code="100")
    with tenant(council.pk):
        assert [each.code for each in cost_centres(council.pk)] == ["100", "200"]
        assert holders(council.pk, [two.pk, one.pk]) == {
            one.pk: (f"100 {one.name}", None),
            two.pk: (f"200 {two.name}", holder.pk),
        }


def test_the_account_with_the_longest_beginning_fits(council):
    wide = ledger.account(council, categories=["39", "18"])
    narrow = ledger.account(council, categories=["39112"])
    ledger.account(council, categories=["39112"], kind="asset")
    with tenant(council.pk):
        found = list(accounts(council.pk))
        assert found == [wide, narrow]
    assert account_for(found, "39112000") == narrow
    assert account_for(found, "39200000") == wide
    assert account_for(found, "45000000") is None


@pytest.mark.parametrize(
    ("model", "constraint", "facts"),
    [
        (Account, "account_one_a_code", {"code": "1"}),
        (Account, "account_kind_known", {"kind": "x"}),
        (CostCentre, "costcentre_one_a_code", {"code": "1"}),
    ],
)
def test_codes_make_sense(council, model, constraint, facts):
    make = ledger.account if model is Account else ledger.cost_centre
    make(council)
    make(council)
    broken = pytest.raises(IntegrityError, match=constraint)
    with tenant(council.pk), broken, transaction.atomic():
        model.objects.update(**facts)


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("period_number_is_a_month", {"number": 13}),
        ("period_year_is_one", {"financial_year": 1999}),
        ("period_ends_after_start", {"ends_on": "2026-04-01"}),
        ("period_status_known", {"status": "X"}),
        ("period_one_a_number", {}),
    ],
)
def test_periods_make_sense(council, constraint, facts):
    chosen = {
        "council": council, "financial_year": 2026, "number": 1, "starts_on": "2026-04-01",
        "ends_on": "2026-04-30",
    }  # fmt: skip
    with tenant(council.pk):
        Period.objects.create(**chosen)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Period.objects.create(**(chosen | {"number": 1 if not facts else 2} | facts))


def test_a_budget_is_made_once(council):
    coding = {"cost_centre": ledger.cost_centre(council), "account": ledger.account(council)}
    ledger.budget(council, **coding)
    with pytest.raises(IntegrityError, match="budget_one_a_coding"), transaction.atomic():
        ledger.budget(council, **coding)


@pytest.mark.parametrize("year", [1999, 3000])
def test_a_budget_is_of_a_year(council, year):
    budget = ledger.budget(council)
    broken = pytest.raises(IntegrityError, match="budget_year_is_one")
    with tenant(council.pk), broken, transaction.atomic():
        Budget.objects.filter(pk=budget.pk).update(financial_year=year)
