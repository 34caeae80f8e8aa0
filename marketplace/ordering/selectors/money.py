"""What requisitions and orders do to budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from marketplace.approvals.cost_centres import CostCentreHeld
from marketplace.approvals.rules import Holder
from marketplace.ledger.models import Budget
from marketplace.ledger.rules import CommitmentLine
from marketplace.ledger.selectors.budgets import budgets_by_coding
from marketplace.ledger.selectors.coding import cost_centres, holders
from marketplace.ordering.models import RequisitionLine


@dataclass(frozen=True, slots=True)
class BudgetEffect:
    """What a requisition would take from one budget, or took. Units: GBP, net.

    `budget` is None when lines are coded to where there is none.
    """

    coding: str
    budget: Budget | None
    asked_amount: Decimal

    @property
    def available_amount(self) -> Decimal:
        """Return what is left before this."""
        return self.budget.available_amount if self.budget else Decimal("0.00")

    @property
    def left_amount(self) -> Decimal:
        """Return what would be left after it."""
        return self.available_amount - self.asked_amount

    @property
    def is_over(self) -> bool:
        """Tell whether it is more than is left."""
        return self.left_amount < 0

    @property
    def is_stopped(self) -> bool:
        """Tell whether nobody may let it through."""
        return self.budget is None or (self.is_over and self.budget.is_hard_stop)


def commitment_lines(lines: Sequence[RequisitionLine]) -> list[CommitmentLine]:
    """Return what lines take from which budgets; they must be coded."""
    return [
        CommitmentLine(line.pk, line.cost_centre_id, line.account_id, line.net_amount)
        for line in lines
        if line.cost_centre_id is not None and line.account_id is not None
    ]


def budget_effects(
    council_id: UUID, financial_year: int, lines: Sequence[RequisitionLine]
) -> list[BudgetEffect]:
    """Return what coded lines take from each budget, by its code.

    Shapes: the lines should come with cost centre and account joined in.
    """
    asked: dict[tuple[UUID, UUID], Decimal] = {}
    names: dict[tuple[UUID, UUID], str] = {}
    for line in lines:
        if line.cost_centre is None or line.account is None:
            continue
        key = (line.cost_centre.pk, line.account.pk)
        asked[key] = asked.get(key, Decimal(0)) + line.net_amount
        names[key] = f"{line.cost_centre.code}/{line.account.code}"
    found = budgets_by_coding(council_id, financial_year, list(asked)) if asked else {}
    effects = [BudgetEffect(names[key], found.get(key), amount) for key, amount in asked.items()]
    return sorted(effects, key=lambda effect: effect.coding)


def holders_of(council_id: UUID, lines: Sequence[RequisitionLine]) -> list[Holder]:
    """Return who answers for the money of lines, each cost centre once, by its code."""
    found = holders(
        council_id, {line.cost_centre_id for line in lines if line.cost_centre_id is not None}
    )
    return [Holder(label, membership_id) for label, membership_id in found.values()]


def cost_centres_held(council_id: UUID) -> list[CostCentreHeld]:
    """Return the cost centres in use and who answers for each, by code."""
    return [
        CostCentreHeld(row.pk, Holder(f"{row.code} {row.name}", row.holder_id))
        for row in cost_centres(council_id)
    ]
