"""Budgets, for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core.dates import financial_year
from marketplace.core.errors import FieldProblem
from marketplace.ledger.api.lists import answer
from marketplace.ledger.audience import KEEPERS, READERS
from marketplace.ledger.rules import FIRST_YEAR, LAST_YEAR
from marketplace.ledger.selectors.budgets import budget_of, budget_position
from marketplace.ledger.selectors.coding import keys_by_code
from marketplace.ledger.services.budgets import (
    BudgetFigure,
    BudgetNotAllowed,
    BudgetTooSmall,
    FiguresNotRight,
    YearNotRight,
    set_budgets,
)
from marketplace.ledger.services.one_budget import (
    BudgetChanged,
    BudgetExists,
    ReasonMissing,
    add_budget,
    alone,
    change_budget,
)
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.etags import check_if_match
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described
from marketplace.web.strict import StrictDecimal

MOST_FIGURES = 5_000


SCOPES = {"GET": "budgets:read", "POST": "budgets:write", "PUT": "budgets:write"}
EXAMPLE = {
    "id": "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b21",
    "financial_year": 2026,
    "coding": "11010/14041",
    "cost_centre": "11010",
    "cost_centre_name": "Ashgrove Primary School",
    "account": "14041",
    "account_name": "Stationery and office supplies",
    "budget_amount": "5500.00",
    "committed_amount": "292.46",
    "actual_amount": "0.00",
    "available_amount": "5207.54",
    "is_hard_stop": False,
    "version": 1,
}


class BudgetShape(serializers.Serializer[Any]):
    """One budget. Amounts are pounds without the VAT that the council gets back."""

    id = serializers.UUIDField()
    financial_year = serializers.IntegerField()
    coding = serializers.CharField()
    cost_centre = serializers.CharField(source="cost_centre.code")
    cost_centre_name = serializers.CharField(source="cost_centre.name")
    account = serializers.CharField(source="account.code")
    account_name = serializers.CharField(source="account.name")
    budget_amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    committed_amount = serializers.DecimalField(
        max_digits=14, decimal_places=2, help_text="Promised to requisitions and orders."
    )
    actual_amount = serializers.DecimalField(max_digits=14, decimal_places=2, help_text="Spent.")
    available_amount = serializers.DecimalField(max_digits=14, decimal_places=2, help_text="Left.")
    is_hard_stop = serializers.BooleanField(help_text="Whether nothing can be approved beyond it.")
    version = serializers.IntegerField()


def _amount() -> StrictDecimal:
    return StrictDecimal(
        max_digits=14,
        decimal_places=2,
        min_value=0,
        help_text="Pounds without the VAT that the council gets back.",
    )


class BudgetList(Operation):
    """How every budget of a year stands."""

    access = READERS
    writers = KEEPERS
    scope = SCOPES

    class Query(Input):
        """Which to list."""

        year = serializers.IntegerField(
            min_value=FIRST_YEAR,
            max_value=LAST_YEAR,
            required=False,
            help_text="The year in which the financial year began; this one, if not given.",
        )
        words = serializers.CharField(
            max_length=100, required=False, default="", help_text="In the code or the names."
        )

    @described(
        "List budgets",
        answers=BudgetShape,
        asks=Query,
        is_list=True,
        example=EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """List the budgets of a financial year by their code, and how each stands."""
        asked = self.asked(self.Query)
        year = asked.get("year") or financial_year(timezone.localdate())
        rows = budget_position(actor(request).organisation_id, year, words=asked["words"])
        return self.page(rows, BudgetShape, keys=("coding", "id"))

    class Added(Input):
        """One budget that is not there yet; the codes are the council's own."""

        financial_year = serializers.IntegerField(
            min_value=FIRST_YEAR,
            max_value=LAST_YEAR,
            help_text="The year in which the financial year begins.",
        )
        cost_centre = serializers.CharField(max_length=20)
        account = serializers.CharField(max_length=20)
        amount = _amount()
        is_hard_stop = serializers.BooleanField(default=True)

    @described(
        "Add a budget",
        answers=BudgetShape,
        takes=Added,
        status=201,
        is_versioned=True,
        refusals=(BudgetNotAllowed, YearNotRight, BudgetExists, FiguresNotRight),
        example=EXAMPLE,
        sent={
            "financial_year": 2026,
            "cost_centre": "11010",
            "account": "14041",
            "amount": "5500.00",
        },
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Add one budget. Finance officers and administrators can."""
        finance = actor(request)
        sent = self.taken(self.Added)
        year = sent.pop("financial_year")
        try:
            (figure,) = _figures(finance.organisation_id, [sent])
        except FiguresNotRight as refusal:
            raise FiguresNotRight(errors=[alone(each) for each in refusal.errors]) from refusal
        made = add_budget(finance=finance, financial_year=year, figure=figure, at=timezone.now())
        return _answer(finance.organisation_id, made.pk, 201)


class BudgetOne(Operation):
    """One budget."""

    access = READERS
    writers = KEEPERS
    scope = SCOPES

    class Correction(Input):
        """What it is to be, and why."""

        amount = _amount()
        is_hard_stop = serializers.BooleanField()
        reason = serializers.CharField(max_length=500, help_text="It stands in the audit trail.")

    @described("Read a budget", answers=BudgetShape, is_versioned=True, example=EXAMPLE)
    def get(self, request: Request, budget_id: UUID) -> Response:
        """Read how one budget stands."""
        return _answer(actor(request).organisation_id, budget_id)

    @described(
        "Correct a budget",
        answers=BudgetShape,
        takes=Correction,
        is_versioned=True,
        is_change=True,
        refusals=(BudgetNotAllowed, ReasonMissing, BudgetChanged, FiguresNotRight, BudgetTooSmall),
        example={**EXAMPLE, "version": 2},
        sent={"amount": "5500.00", "is_hard_stop": False, "reason": "Moved from repairs."},
    )
    @idempotent()
    def put(self, request: Request, budget_id: UUID) -> Response:
        """Change one figure, and say why. Finance officers and administrators can."""
        finance = actor(request)
        seen = budget_of(finance.organisation_id, budget_id)
        check_if_match(request, seen.version)
        change_budget(
            finance=finance,
            budget_id=budget_id,
            version=seen.version,
            at=timezone.now(),
            **self.taken(self.Correction),
        )
        return _answer(finance.organisation_id, budget_id)


class BudgetYear(Operation):
    """The budgets of one financial year, set together."""

    access = KEEPERS
    scope = {"PUT": "budgets:write"}

    class Figures(Input):
        """What budgets are to be; those that are not named are left alone."""

        class Figure(Input):
            """One budget; the codes are the council's own."""

            cost_centre = serializers.CharField(max_length=20)
            account = serializers.CharField(max_length=20)
            amount = _amount()
            is_hard_stop = serializers.BooleanField(
                required=False,
                allow_null=True,
                default=None,
                help_text="Without it a budget stays as it is, and a new one is a hard stop.",
            )

        figures = Figure(many=True, allow_empty=False, max_length=MOST_FIGURES)  # type: ignore[call-arg]  # the list takes it

    class Output(serializers.Serializer[Any]):
        """What changed. Amounts are over all budgets of the year."""

        financial_year = serializers.IntegerField()
        changed_count = serializers.IntegerField()
        same_count = serializers.IntegerField()
        before_amount = serializers.DecimalField(max_digits=14, decimal_places=2)
        after_amount = serializers.DecimalField(max_digits=14, decimal_places=2)

    @described(
        "Set the budgets of a year",
        answers=Output,
        takes=Figures,
        refusals=(BudgetNotAllowed, YearNotRight, FiguresNotRight, BudgetTooSmall),
        example={
            "financial_year": 2026,
            "changed_count": 1,
            "same_count": 0,
            "before_amount": "12500.00",
            "after_amount": "13000.00",
        },
        sent={"figures": [{"cost_centre": "11010", "account": "14041", "amount": "6000.00"}]},
    )
    @idempotent()
    def put(self, request: Request, year: int) -> Response:
        """Set budgets of the financial year that begins in this year: all of them, or none.

        A budget that stops cannot be set below what is promised and spent.
        """
        finance = actor(request)
        sent = self.taken(self.Figures)["figures"]
        outcome = set_budgets(
            finance=finance,
            financial_year=year,
            figures=_figures(finance.organisation_id, sent),
            at=timezone.now(),
        )
        shown = {
            "financial_year": year,
            "changed_count": len(outcome.differences),
            "same_count": outcome.same_count,
            "before_amount": outcome.before_amount,
            "after_amount": outcome.after_amount,
        }
        return Response(self.Output(shown).data)


def _answer(council_id: UUID, budget_id: UUID, status: int = 200) -> Response:
    """Return one budget, with its ETag."""
    return answer(budget_of(council_id, budget_id), BudgetShape, status)


def _figures(council_id: UUID, sent: list[dict[str, Any]]) -> list[BudgetFigure]:
    """Return figures by key, for those that were sent by code.

    Raises: FiguresNotRight with one error for each code that is not here.
    """
    centres, accounts = keys_by_code(council_id)
    wrong = [
        FieldProblem(f"figures/{place}/{name}", _("There is no such code here."))
        for place, each in enumerate(sent)
        for name, known in (("cost_centre", centres), ("account", accounts))
        if each[name] not in known
    ]
    if wrong:
        raise FiguresNotRight(errors=wrong)
    return [
        BudgetFigure(
            centres[each["cost_centre"]],
            accounts[each["account"]],
            each["amount"],
            each["is_hard_stop"],
        )
        for each in sent
    ]
