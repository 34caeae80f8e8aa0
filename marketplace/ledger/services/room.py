"""Whether budgets that are held have room for what a journal does to them. Parts of a posting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from marketplace.ledger.models import Budget
from marketplace.ledger.rules import sums
from marketplace.ledger.services.commitments import OverBudget, Restored
from marketplace.ledger.services.spending import YearCoding


def check_asked(budgets: Mapping[YearCoding, Budget], asked: Mapping[YearCoding, Decimal]) -> None:
    """Refuse to spend what nobody promised where a hard stop has less than that left.

    Shapes: a coding that spends no budget is passed over.
    Raises: OverBudget.
    """
    full = [
        budgets[key].coding
        for key, amount in asked.items()
        if key in budgets and budgets[key].is_hard_stop and amount > budgets[key].available_amount
    ]
    if full:
        raise OverBudget(
            _("There is not enough left of %(codings)s.") % {"codings": ", ".join(sorted(full))}
        )


def check_promised(
    budgets: Mapping[YearCoding, Budget],
    restored: Sequence[Restored],
    actual: Mapping[UUID, Decimal],
) -> None:
    """Refuse to promise again what a hard stop has no room for any more.

    Raises: OverBudget.
    """
    promised = sums((each.budget_id, -each.spent.amount) for each in restored)
    full = [
        each.coding
        for each in budgets.values()
        if each.is_hard_stop
        and each.pk in promised
        and promised[each.pk] + actual.get(each.pk, Decimal(0)) > max(each.available_amount, 0)
    ]
    if full:
        raise OverBudget(
            _("What was spent on %(codings)s cannot be promised again: it is in use.")
            % {"codings": ", ".join(sorted(full))}
        )
