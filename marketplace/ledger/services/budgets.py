"""Setting up what a council spends from: cost centres, accounts and budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Forbidden, Invalid, Missing
from marketplace.ledger.models import Account, Budget, CostCentre
from marketplace.organisations.services.holding import hold_organisation


class BudgetNotAllowed(Forbidden):
    """This person may not change budgets."""

    code = "budget.not-allowed"
    title = gettext_lazy("You cannot change budgets.")


class BudgetTooSmall(Invalid):
    """More than that is promised or spent already."""

    code = "budget.too-small"
    title = gettext_lazy("The budget cannot be that small.")


@dataclass(frozen=True, slots=True)
class BudgetFigure:
    """What a budget is to be. Units: GBP, without the VAT that the council gets back."""

    cost_centre_id: UUID
    account_id: UUID
    amount: Decimal


@transaction.atomic
def set_budgets(
    *,
    finance: Actor,
    financial_year: int,
    figures: Sequence[BudgetFigure],
    is_hard_stop: bool,
    at: datetime,
) -> int:
    """Make or change budgets of a year; return how many.

    Shapes: a figure for a coding that has a budget changes it; what is promised and spent stays.
    Raises: BudgetNotAllowed; BudgetTooSmall; Missing for a code of another council; Busy.
    """
    if not finance.holds("finance", "administrator"):
        raise BudgetNotAllowed(_("Only finance officers can."))
    council_id = finance.organisation_id
    hold_organisation(council_id)
    centres = CostCentre.objects.of(council_id).in_bulk({each.cost_centre_id for each in figures})
    accounts = Account.objects.of(council_id).in_bulk({each.account_id for each in figures})
    if {each.cost_centre_id for each in figures} - centres.keys() or (
        {each.account_id for each in figures} - accounts.keys()
    ):
        raise Missing(_("There is no such cost centre or account here."))
    wanted = {(each.cost_centre_id, each.account_id): each.amount for each in figures}
    same_year = Budget.objects.of(council_id).filter(financial_year=financial_year)
    there = same_year.filter(cost_centre_id__in=centres, account_id__in=accounts)
    keys = [row.pk for row in there if (row.cost_centre_id, row.account_id) in wanted]
    changed = Budget.objects.of(council_id).lock_all(keys)
    for budget in changed:
        amount = wanted.pop((budget.cost_centre_id, budget.account_id))
        _check_large_enough(budget, amount, is_hard_stop)
        budget.budget_amount, budget.is_hard_stop = amount, is_hard_stop
    Budget.objects.bulk_update(changed, ["budget_amount", "is_hard_stop"])
    fresh = [
        Budget(
            council_id=council_id,
            financial_year=financial_year,
            cost_centre_id=cost_centre_id,
            account_id=account_id,
            coding=f"{centres[cost_centre_id].code}/{accounts[account_id].code}",
            budget_amount=amount,
            is_hard_stop=is_hard_stop,
        )
        for (cost_centre_id, account_id), amount in wanted.items()
    ]
    Budget.objects.bulk_create(fresh)
    rows = [*changed, *fresh]
    if rows:
        record(
            "budgets.set",
            rows[0],
            actor=finance,
            at=at,
            organisation_id=council_id,
            after={
                "financial_year": financial_year,
                "budgets": {row.coding: row.budget_amount for row in rows},
            },
        )
    return len(rows)


def _check_large_enough(budget: Budget, amount: Decimal, is_hard_stop: bool) -> None:
    """Refuse a hard stop below what is used, unless it stood below already and now rises.

    Raises: BudgetTooSmall.
    """
    used = budget.committed_amount + budget.actual_amount
    rises = budget.is_hard_stop and amount >= budget.budget_amount
    if is_hard_stop and amount < used and not rises:
        raise BudgetTooSmall(
            _("%(coding)s: £%(used)s is promised or spent already.")
            % {"coding": budget.coding, "used": f"{used:,.2f}"}
        )
