"""Budgets as rows of a file, and every entry that makes up what is promised of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Count, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from marketplace.core.periods import on_days
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ordering.models import Order, Requisition

NOUGHT = Decimal("0.00")
_AMOUNTS = ("budget_amount", "committed_amount", "actual_amount", "available_amount")
_CODED = ("financial_year", "cost_centre", "cost_centre_name", "account", "account_name")
BUDGET_COLUMNS = ("coding", *_CODED, *_AMOUNTS, "is_hard_stop", "budget_id")
COMMITMENT_COLUMNS = (
    "at", "coding", *_CODED, "stage", "kind", "amount", "document_type", "document_number",
    "reason", "over_budget_by", "over_budget_reason", "document_id", "line_id", "budget_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BudgetTotals:
    """What files of budgets and of their entries will hold. Units: GBP, net."""

    budgets: int
    budget_amount: Decimal
    committed_amount: Decimal
    actual_amount: Decimal
    available_amount: Decimal
    entries: int
    entries_amount: Decimal


def commitments_of(
    council_id: UUID, budgets: QuerySet[Budget], since: date | None, until: date | None
) -> QuerySet[CommitmentEntry]:
    """Return the entries of budgets that were made on some days, the oldest first.

    Shapes: each with its budget joined in, and with `document_number`, empty when that is gone.
    """
    rows = (
        CommitmentEntry.objects.of(council_id)
        .filter(on_days("at", since, until), budget__in=budgets.order_by().values("pk"))
        .select_related("budget__cost_centre", "budget__account")
    )
    number = Case(
        *(
            When(
                document_type=kind,
                then=Subquery(model.objects.filter(pk=OuterRef("document_id")).values("number")),
            )
            for kind, model in (("order", Order), ("requisition", Requisition))
        ),
        output_field=CharField(),
    )
    return rows.annotate(document_number=number).order_by("id")


def budget_export_totals(
    budgets: QuerySet[Budget], entries: QuerySet[CommitmentEntry]
) -> BudgetTotals:
    """Return how much there is, and what it comes to: two statements."""
    sums = {name: Coalesce(Sum(name), NOUGHT) for name in _AMOUNTS}
    held: dict[str, Any] = budgets.order_by().aggregate(budgets=Count("pk"), **sums)
    made: dict[str, Any] = entries.order_by().aggregate(
        entries=Count("pk"), entries_amount=Coalesce(Sum("amount"), NOUGHT)
    )
    return BudgetTotals(**held, **made)


def budget_rows(budgets: Iterable[Budget]) -> Iterator[dict[str, Any]]:
    """Yield a row for each budget."""
    for budget in budgets:
        yield {
            **_coding(budget),
            **{name: getattr(budget, name) for name in _AMOUNTS},
            "is_hard_stop": budget.is_hard_stop,
        }


def commitment_rows(entries: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yield a row for each entry."""
    for entry in entries:
        yield {
            **_coding(entry.budget),
            "at": entry.at,
            "stage": entry.stage,
            "kind": entry.kind,
            "amount": entry.amount,
            "document_type": entry.document_type,
            "document_number": entry.document_number,
            "reason": entry.reason,
            "over_budget_by": entry.over_budget_by_name,
            "over_budget_reason": entry.over_budget_reason,
            "document_id": entry.document_id,
            "line_id": entry.line_id,
        }


def _coding(budget: Budget) -> dict[str, Any]:
    return {
        "coding": budget.coding,
        "financial_year": budget.financial_year,
        "cost_centre": budget.cost_centre.code,
        "cost_centre_name": budget.cost_centre.name,
        "account": budget.account.code,
        "account_name": budget.account.name,
        "budget_id": budget.pk,
    }
