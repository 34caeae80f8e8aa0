"""What the pages of this package show of lines and budgets, made ready for their templates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.core.actors import Role
from marketplace.core.dates import financial_year
from marketplace.ledger.selectors.budgets import BudgetChoice, budget_choices
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
class CodingChoices:
    """What lines can be paid from: budgets by key, and for each line the choices that fit it."""

    budgets: dict[str, BudgetChoice]
    by_line: dict[UUID, list[tuple[str, str]]]
    everything: list[tuple[str, str]]
    keys: dict[tuple[UUID, UUID], str]

    def of(self, line: RequisitionLine) -> str:
        """Return the key of the budget that a line is coded to, or nothing."""
        if line.cost_centre_id is None or line.account_id is None:
            return ""
        return self.keys.get((line.cost_centre_id, line.account_id), "")


def coding_choices(
    council_id: UUID, at: datetime, lines: Sequence[RequisitionLine], *, every_account: bool
) -> CodingChoices:
    """Return what each line can be paid from: budgets of this year on the account that fits it.

    Shapes: the line’s own account comes first, then the one that fits it. With `every_account`, and
    for a line that no account fits, all of the year's budgets.
    """
    year = financial_year(timezone.localdate(at))
    budgets = {str(each.budget_id): each for each in budget_choices(council_id, year)}
    in_use = list(accounts(council_id)) if lines and not every_account else []
    everything = [(key, _budget_words(each)) for key, each in budgets.items()]
    on_account = defaultdict[UUID, list[tuple[str, str]]](list)
    for choice in everything:
        on_account[budgets[choice[0]].account_id].append(choice)
    by_line = {}
    for line in lines:
        fitting = account_for(in_use, line.category)
        wanted = dict.fromkeys([line.account_id, fitting.pk] if fitting else [])
        choices = [each for account in wanted if account for each in on_account[account]]
        by_line[line.pk] = choices or everything
    keys = {each.coding: key for key, each in budgets.items()}
    return CodingChoices(budgets, by_line, everything, keys)


def _budget_words(budget: BudgetChoice) -> str:
    return _("%(cost_centre)s, %(account)s (%(left)s left)") % {
        "cost_centre": budget.cost_centre_name,
        "account": budget.account_name,
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
