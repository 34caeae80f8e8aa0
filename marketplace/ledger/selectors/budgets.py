"""Questions about budgets and what is promised of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from marketplace.ledger.models import Budget, CommitmentEntry

NOUGHT = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class BudgetSummary:
    """How budgets of a council stand in a year, together. Units: GBP, net."""

    budget_amount: Decimal
    committed_amount: Decimal
    actual_amount: Decimal
    available_amount: Decimal


def available(budget: Budget) -> Decimal:
    """Return what is left of a budget, as the database reckons it."""
    left: Decimal = budget.available_amount
    return left


def budgets_by_coding(
    council_id: UUID, financial_year: int, codings: Collection[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Budget]:
    """Return the budgets that lines are coded to, by (cost centre, account).

    Shapes: one query, whatever the number of codings; a coding without a budget is left out.
    """
    wanted = set(codings)
    rows = Budget.objects.of(council_id).filter(
        financial_year=financial_year,
        cost_centre_id__in={cost_centre for cost_centre, _account in wanted},
        account_id__in={account for _cost_centre, account in wanted},
    )
    by_coding = {(row.cost_centre_id, row.account_id): row for row in rows}
    return {coding: by_coding[coding] for coding in wanted if coding in by_coding}


def budget_position(
    council_id: UUID,
    financial_year: int,
    *,
    words: str = "",
    cost_centre_ids: Sequence[UUID] | None = None,
) -> QuerySet[Budget]:
    """Return how each budget stands, in the order of its code ("coding", "id" for pages by key).

    Shapes: `words` narrows by the beginning of the code or words in the names.
    """
    rows = (
        Budget.objects.of(council_id)
        .filter(financial_year=financial_year)
        .select_related("cost_centre", "account")
        .order_by("coding", "id")
    )
    if cost_centre_ids is not None:
        rows = rows.filter(cost_centre_id__in=cost_centre_ids)
    for word in words.split():
        rows = rows.filter(
            Q(coding__istartswith=word)
            | Q(account__code__istartswith=word)
            | Q(cost_centre__name__icontains=word)
            | Q(account__name__icontains=word)
        )
    return rows


@dataclass(frozen=True, slots=True)
class BudgetChoice:
    """A budget that something can be paid from. Units: GBP, net."""

    budget_id: UUID
    cost_centre_id: UUID
    account_id: UUID
    cost_centre_name: str
    account_name: str
    available_amount: Decimal

    @property
    def coding(self) -> tuple[UUID, UUID]:
        """Return what it is coded to."""
        return self.cost_centre_id, self.account_id


def budget_choices(council_id: UUID, financial_year: int) -> list[BudgetChoice]:
    """Return the budgets of a year that new things can be coded to, in the order of their code.

    Why: a page shows them all at once, so they are plain values and no models.
    """
    rows = budget_position(council_id, financial_year).filter(
        cost_centre__is_active=True, account__is_active=True
    )
    values = rows.values_list(
        "id", "cost_centre_id", "account_id", "cost_centre__name", "account__name",
        "available_amount",
    )  # fmt: skip
    return [BudgetChoice(*each) for each in values]


def budget_of(council_id: UUID, budget_id: UUID) -> Budget:
    """Return one budget with what it is coded to.

    Raises: Missing when there is none here, or it is somebody else's.
    """
    rows = Budget.objects.of(council_id).select_related("cost_centre", "account")
    return rows.one(budget_id)


def budget_summary(council_id: UUID, financial_year: int, *, words: str = "") -> BudgetSummary:
    """Return the sums over a council's budgets of a year, those that `words` narrow it to."""
    sums = (
        budget_position(council_id, financial_year, words=words)
        .order_by()
        .aggregate(
            **{
                name: Coalesce(Sum(name), NOUGHT)
                for name in (
                    "budget_amount", "committed_amount", "actual_amount", "available_amount",
                )
            }
        )
    )  # fmt: skip
    return BudgetSummary(**sums)


def budget_years(council_id: UUID) -> list[int]:
    """Return the financial years in which a council has budgets, latest first."""
    years = Budget.objects.of(council_id).values_list("financial_year", flat=True)
    return list(years.distinct().order_by("-financial_year"))


def entries_of(budget: Budget) -> QuerySet[CommitmentEntry]:
    """Return what was promised and given back of a budget, latest first ("-id" by key)."""
    return CommitmentEntry.objects.of(budget.council_id).filter(budget=budget).order_by("-id")


def commitments_out_of_line() -> QuerySet[Budget]:
    """Return budgets whose balance differs from the sum of their entries; there must be none."""
    total = (
        CommitmentEntry.objects.filter(budget=OuterRef("pk"))
        .order_by()
        .values("budget")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    reckoned = Budget.objects.annotate(entries_amount=Coalesce(Subquery(total), NOUGHT))
    return reckoned.exclude(entries_amount=F("committed_amount")).order_by("pk")


def lines_below_nought() -> list[UUID]:
    """Return lines that gave back more than they held; there must be none."""
    sums = CommitmentEntry.objects.values("line_id").annotate(balance=Sum("amount"))
    below = sums.filter(balance__lt=0).order_by("line_id")
    return list(below.values_list("line_id", flat=True))
