"""One budget by itself: adding it, and correcting its figure with a reason."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, FieldProblem, Invalid
from marketplace.ledger.models import Budget
from marketplace.ledger.selectors.budgets import budgets_by_coding
from marketplace.ledger.services.budgets import (
    BudgetFigure,
    FiguresNotRight,
    check_large_enough,
    check_may_set,
    check_year,
    impossible,
    set_budgets,
)
from marketplace.organisations.services.holding import hold_organisation


class BudgetExists(Conflict):
    """There is a budget for this already."""

    code = "budget.exists"
    title = gettext_lazy("There is a budget for this already.")
    advice = gettext_lazy("Open the budget that there is, and change it there.")


class BudgetChanged(Conflict):
    """Somebody else changed the figure between reading and writing."""

    code = "budget.changed-meanwhile"
    title = gettext_lazy("Somebody else has changed this budget since you opened it.")
    advice = gettext_lazy("Open it again, look at what is different, and repeat your change.")


class ReasonMissing(Invalid):
    """A figure was changed and nobody said why."""

    code = "budget.reason-missing"
    title = gettext_lazy("Say why the budget changes.")


def add_budget(
    *, finance: Actor, financial_year: int, figure: BudgetFigure, at: datetime
) -> Budget:
    """Make one budget of a year that was not there, as a list of one.

    Raises: BudgetNotAllowed; YearNotRight; BudgetExists; FiguresNotRight, at cost_centre, account
    or amount; Missing for a code of another council; Busy.
    """
    check_may_set(finance)
    check_year(financial_year)
    council_id = finance.organisation_id
    with transaction.atomic():
        hold_organisation(council_id)
        if found := budgets_by_coding(council_id, financial_year, [figure.coding]):
            there = found[figure.coding]
            raise BudgetExists(
                _("%(coding)s has a budget in this year already. Change that one.")
                % {"coding": there.coding},
                field="account",
                budget_id=str(there.pk),
            )
        try:
            set_budgets(finance=finance, financial_year=financial_year, figures=[figure], at=at)
        except FiguresNotRight as refusal:
            raise FiguresNotRight(errors=[alone(each) for each in refusal.errors]) from refusal
    return budgets_by_coding(council_id, financial_year, [figure.coding])[figure.coding]


def alone(problem: FieldProblem) -> FieldProblem:
    """Return a problem of the only figure of a list as one of the figure itself."""
    return FieldProblem(problem.pointer.removeprefix("figures/0/"), problem.detail)


@transaction.atomic
def change_budget(
    *,
    finance: Actor,
    budget_id: UUID,
    version: int,
    amount: Decimal,
    is_hard_stop: bool,
    reason: str,
    at: datetime,
) -> Budget:
    """Change one figure, and say why.

    Shapes: `version` is the one that was seen.
    Raises: BudgetNotAllowed, ReasonMissing, BudgetChanged, FiguresNotRight, BudgetTooSmall,
    Missing, Busy.
    """
    check_may_set(finance)
    if not reason.strip():
        raise ReasonMissing(_("Say in a sentence why the figure changes."), field="reason")
    budget = Budget.objects.of(finance.organisation_id).lock(budget_id)
    if budget.version != version:
        raise BudgetChanged
    if wrong := impossible(amount):
        raise FiguresNotRight(wrong, field="amount")
    check_large_enough(budget, amount, is_hard_stop, field="amount")
    before = {"budget_amount": budget.budget_amount, "is_hard_stop": budget.is_hard_stop}
    budget.budget_amount, budget.is_hard_stop = amount, is_hard_stop
    budget.version += 1
    budget.save(update_fields=["budget_amount", "is_hard_stop", "version"])
    record(
        "budget.changed",
        budget,
        actor=finance,
        at=at,
        organisation_id=finance.organisation_id,
        before=before,
        after={"budget_amount": amount, "is_hard_stop": is_hard_stop},
        note=reason.strip(),
    )
    return budget
