"""What lines hold of budgets, and what stands in the budgets themselves.

The one place that changes the sums of a budget; whoever calls it holds the budget and has added the
entries that say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from marketplace.ledger.models import CommitmentEntry
from marketplace.ledger.rules import shares

_CHANGE_BALANCES = """
    UPDATE ledger_budget
    SET committed_amount = committed_amount + change.committed,
        actual_amount = actual_amount + change.actual
    FROM unnest(%s::uuid[], %s::numeric[], %s::numeric[]) AS change (budget_id, committed, actual)
    WHERE ledger_budget.id = change.budget_id
"""


@dataclass(frozen=True, slots=True)
class Balance:
    """What a line holds of one budget at one stage. Units: GBP, net."""

    budget_id: UUID
    stage: str
    amount: Decimal


def to_release(held: Sequence[Balance], most: Decimal | None) -> list[tuple[Balance, Decimal]]:
    """Return how much to give back of each balance: first come first, `most` in all."""
    given = shares([balance.amount for balance in held], most)
    return [(balance, share) for balance, share in zip(held, given, strict=True) if share > 0]


def less(held: Sequence[Balance], taken: Sequence[tuple[Balance, Decimal]]) -> list[Balance]:
    """Return what is left of balances when something was taken of them."""
    gone = dict(taken)
    return [
        replace(balance, amount=balance.amount - gone.get(balance, Decimal(0))) for balance in held
    ]


def balances_of_lines(council_id: UUID, line_ids: Sequence[UUID]) -> dict[UUID, list[Balance]]:
    """Return what lines hold, each of which may hold something of several budgets and stages."""
    rows = (
        CommitmentEntry.objects.of(council_id)
        .filter(line_id__in=line_ids)
        .values("line_id", "budget_id", "stage")
        .annotate(balance=Sum("amount"))
        .filter(balance__gt=0)
        .order_by("line_id", "budget_id", "stage")
    )
    found: dict[UUID, list[Balance]] = {}
    for row in rows:
        balance = Balance(row["budget_id"], row["stage"], row["balance"])
        found.setdefault(row["line_id"], []).append(balance)
    return found


def change_balances(
    *, committed: Mapping[UUID, Decimal], actual: Mapping[UUID, Decimal] = MappingProxyType({})
) -> None:
    """Change what stands as promised and as spent in budgets that are held already, by their keys.

    Only whoever adds the entries or the journal lines that say the same may call this.
    """
    keys = sorted(committed.keys() | actual.keys())
    if not keys:
        return
    amounts = [[change.get(key, Decimal(0)) for key in keys] for change in (committed, actual)]
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE_BALANCES, [keys, *amounts])
