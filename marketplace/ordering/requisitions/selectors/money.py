"""What requisitions and orders do to budgets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from marketplace.approvals.cost_centres import CostCentreHeld
from marketplace.approvals.rules import Holder
from marketplace.core.dates import financial_year
from marketplace.ledger.models import Budget
from marketplace.ledger.rules import Coding, CommitmentLine, sums
from marketplace.ledger.selectors.budgets import budgets_by_coding
from marketplace.ledger.selectors.coding import cost_centres, holders
from marketplace.ordering.models import RequisitionLine


@dataclass(frozen=True, slots=True)
class BudgetEffect:
    """What lines would take from one budget, or took. Units: GBP, net.

    Shapes: `budget` is None, and so is `now_amount`, where lines are coded to where there is none.
    """

    coding: Coding
    cost_centre_name: str
    account_name: str
    asked_amount: Decimal
    budget: Budget | None

    @property
    def name(self) -> str:
        """Return both names in one."""
        return f"{self.cost_centre_name}, {self.account_name}"

    @property
    def now_amount(self) -> Decimal | None:
        """Return what is left before this."""
        return self.budget.available_amount if self.budget else None

    @property
    def after_amount(self) -> Decimal:
        """Return what would be left after it."""
        return (self.now_amount or Decimal("0.00")) - self.asked_amount

    @property
    def is_over(self) -> bool:
        """Tell whether it is more than is left."""
        return self.after_amount < 0

    @property
    def is_stopped(self) -> bool:
        """Tell whether nobody may let it through."""
        return self.budget is None or (self.is_over and self.budget.is_hard_stop)

    @property
    def may_be_allowed(self) -> bool:
        """Tell whether somebody may let it through although it is too much."""
        return self.is_over and not self.is_stopped


def commitment_lines(lines: Sequence[RequisitionLine]) -> list[CommitmentLine]:
    """Return what lines take from which budgets; they must be coded."""
    return [
        CommitmentLine(line.pk, line.cost_centre_id, line.account_id, line.net_amount)
        for line in lines
        if line.cost_centre_id is not None and line.account_id is not None
    ]


def budget_effects(
    council_id: UUID,
    at: datetime,
    lots: Iterable[Sequence[RequisitionLine]],
    amounts: Mapping[UUID, Decimal] | None = None,
) -> list[list[BudgetEffect]]:
    """Return for each lot of lines what it takes from each budget of the year, by name.

    Shapes: one query for all lots; lines with cost centre and account joined in, of which those
    without a coding are passed over. `amounts` says by line what it takes where that is no longer
    what was asked for.
    """
    coded = [[line for line in lines if line.cost_centre and line.account] for lines in lots]
    year = financial_year(timezone.localdate(at))
    codings = [_coding(line) for lines in coded for line in lines]
    found = budgets_by_coding(council_id, year, codings) if codings else {}
    return [_effects(lines, found, amounts or {}) for lines in coded]


def _effects(
    lines: Sequence[RequisitionLine],
    found: Mapping[Coding, Budget],
    amounts: Mapping[UUID, Decimal],
) -> list[BudgetEffect]:
    asked = sums((_coding(line), amounts.get(line.pk, line.net_amount)) for line in lines)
    of_coding = {_coding(line): line for line in lines}
    effects = [
        BudgetEffect(
            coding,
            of_coding[coding].cost_centre.name,  # type: ignore[union-attr]  # these are coded
            of_coding[coding].account.name,  # type: ignore[union-attr]
            amount,
            found.get(coding),
        )
        for coding, amount in asked.items()
    ]
    return sorted(effects, key=lambda effect: effect.name)


def _coding(line: RequisitionLine) -> Coding:
    return (line.cost_centre_id, line.account_id)  # type: ignore[return-value]  # these are coded


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
