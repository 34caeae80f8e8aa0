"""What the pages of this package show of lines and budgets, made ready for their templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.core.actors import Role
from marketplace.core.dates import financial_year
from marketplace.ledger.models import Budget
from marketplace.ledger.selectors.budgets import budget_position, budgets_by_coding
from marketplace.ledger.selectors.coding import account_for, accounts
from marketplace.ordering.models import Requisition, RequisitionLine
from marketplace.web.formats import day, moment, money

# Everybody on the council's side of an order.
COUNCIL = (
    Role.REQUESTER, Role.BUYER, Role.APPROVER, Role.RECEIVER, Role.FINANCE, Role.AUDITOR,
    Role.ADMINISTRATOR,
)  # fmt: skip
NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ShownEffect:
    """What lines take from one budget, with its names. Units: GBP, net.

    Shapes: `now_amount` is None where there is no budget; `after_amount` is what would be left.
    """

    cost_centre_name: str
    account_name: str
    asked_amount: Decimal
    now_amount: Decimal | None
    is_hard_stop: bool = True

    @property
    def name(self) -> str:
        """Return both names in one."""
        return f"{self.cost_centre_name}, {self.account_name}"

    @property
    def after_amount(self) -> Decimal:
        """Return what would be left."""
        return (self.now_amount or Decimal(0)) - self.asked_amount

    @property
    def is_over(self) -> bool:
        """Tell whether it is more than is left."""
        return self.after_amount < 0

    @property
    def may_be_allowed(self) -> bool:
        """Tell whether somebody may let it through although it is too much."""
        return self.is_over and self.now_amount is not None and not self.is_hard_stop


@dataclass(frozen=True, slots=True)
class CodingChoices:
    """What lines can be paid from: budgets by key, and for each line the choices that fit it."""

    budgets: dict[str, Budget]
    by_line: dict[UUID, list[tuple[str, str]]]
    everything: list[tuple[str, str]]

    def of(self, line: RequisitionLine) -> str:
        """Return the key of the budget that a line is coded to, or nothing."""
        return next(
            (
                key
                for key, each in self.budgets.items()
                if (each.cost_centre_id, each.account_id) == (line.cost_centre_id, line.account_id)
            ),
            "",
        )


def effects_of(
    council_id: UUID,
    at: datetime,
    requisitions: Iterable[Sequence[RequisitionLine]],
    amounts: Mapping[UUID, Decimal] | None = None,
) -> list[list[ShownEffect]]:
    """Return for each lot of lines what it takes from each budget, by name; one query for all.

    Shapes: lines with cost centre and account joined in; those without a coding are passed over.
    `amounts` says by line what it takes where that is no longer what was asked for.
    """
    lots = [[line for line in lines if line.cost_centre and line.account] for lines in requisitions]
    codings = [
        (line.cost_centre.pk, line.account.pk)
        for lines in lots
        for line in lines
        if line.cost_centre and line.account
    ]
    year = financial_year(timezone.localdate(at))
    found = budgets_by_coding(council_id, year, codings) if codings else {}
    return [_effects(lines, found, amounts or {}) for lines in lots]


def _effects(
    lines: Sequence[RequisitionLine],
    found: dict[tuple[UUID, UUID], Budget],
    amounts: Mapping[UUID, Decimal],
) -> list[ShownEffect]:
    sums: dict[tuple[UUID, UUID], Decimal] = {}
    names: dict[tuple[UUID, UUID], tuple[str, str]] = {}
    for line in lines:
        if line.cost_centre and line.account:
            key = (line.cost_centre.pk, line.account.pk)
            sums[key] = sums.get(key, Decimal(0)) + amounts.get(line.pk, line.net_amount)
            names[key] = (line.cost_centre.name, line.account.name)
    effects = []
    for key, asked in sums.items():
        budget = found.get(key)
        effects.append(
            ShownEffect(
                *names[key],
                asked,
                budget.available_amount if budget else None,
                budget.is_hard_stop if budget else True,
            )
        )
    return sorted(effects, key=lambda each: each.name)


def coding_choices(
    council_id: UUID, at: datetime, lines: Sequence[RequisitionLine], *, every_account: bool
) -> CodingChoices:
    """Return what each line can be paid from: budgets of this year on the account that fits it.

    Shapes: with `every_account`, and for a line that no account fits, all of the year's budgets.
    """
    year = financial_year(timezone.localdate(at))
    budgets = {str(each.pk): each for each in budget_position(council_id, year)}
    in_use = list(accounts(council_id))
    everything = [(key, _budget_words(each)) for key, each in budgets.items()]
    by_line = {}
    for line in lines:
        fitting = None if every_account else account_for(in_use, line.category)
        wanted = {line.account_id, fitting.pk} if fitting else None
        choices = [
            (key, words)
            for key, words in everything
            if wanted is None or budgets[key].account_id in wanted
        ]
        by_line[line.pk] = choices or everything
    return CodingChoices(budgets, by_line, everything)


def _budget_words(budget: Budget) -> str:
    return _("%(cost_centre)s, %(account)s (%(left)s left)") % {
        "cost_centre": budget.cost_centre.name,
        "account": budget.account.name,
        "left": money(budget.available_amount),
    }


def what_in_words(lines: Sequence[RequisitionLine]) -> str:
    """Return what lines are, in a sentence: the first few names, and how many more there are."""
    names = [line.name for line in lines[:NAMES_SHOWN]]
    more = len(lines) - len(names)
    words = "; ".join(names)
    if more > 0:
        rest = ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}
        words = f"{words}; {rest}"
    return words


def requisition_facts(requisition: Requisition) -> list[tuple[str, Any]]:
    """Return what a requisition says about itself, as rows of a summary list."""
    return [
        (_("Who asked"), requisition.raised_by_name),
        (_("Why"), requisition.reason),
        (_("Sent"), moment(requisition.submitted_at) or _("Not yet")),
        (_("Deliver to"), ", ".join(requisition.deliver_to.splitlines())),
        (_("Needed by"), day(requisition.needed_by_on) or _("As soon as it can be")),
    ]
