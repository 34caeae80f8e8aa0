"""What was done to one code or one budget, alone or with others in a list."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from marketplace.audit.models import Event
from marketplace.audit.selectors import timeline_with_lists
from marketplace.ledger.models import Budget


def code_timeline(row: Any, noun: str) -> QuerySet[Event]:  # noqa: ANN401  # a row of any list
    """Return what was done to a code, oldest first, lists that changed it among it."""
    names_it = Q(verb=f"{noun}s.set", after__has_key=row.code)
    return timeline_with_lists(row, owner_id=row.council_id, names_it=names_it)


def budget_timeline(budget: Budget) -> QuerySet[Event]:
    """Return what was done to a budget, oldest first, lists that changed it among it."""
    names_it = Q(
        verb="budgets.set",
        after__financial_year=budget.financial_year,
        after__budgets__has_key=budget.coding,
    )
    return timeline_with_lists(budget, owner_id=budget.council_id, names_it=names_it)
