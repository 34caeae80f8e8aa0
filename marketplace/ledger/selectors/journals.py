"""Questions about what was posted, and whether it all agrees."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from marketplace.ledger.models import Budget, Journal, JournalLine

NOUGHT = Decimal("0.00")
JOURNAL_KEYS = ("-financial_year", "-number", "-id")
ACCOUNT_LEDGER_KEYS = ("dated_on", "id")


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """What came onto an account and went off it. Units: GBP."""

    account_id: UUID
    code: str
    name: str
    kind: str
    debit_amount: Decimal
    credit_amount: Decimal

    @property
    def net_amount(self) -> Decimal:
        """Return debit less credit: above nought for what is owned or spent."""
        return self.debit_amount - self.credit_amount


@dataclass(frozen=True, slots=True)
class Movement:
    """What stood on an account before some days, and what came and went in them. Units: GBP."""

    before_amount: Decimal
    debit_amount: Decimal
    credit_amount: Decimal

    @property
    def after_amount(self) -> Decimal:
        """Return debit less credit at the end of these days."""
        return self.before_amount + self.debit_amount - self.credit_amount


def journals(council_id: UUID, *, financial_year: int | None = None) -> QuerySet[Journal]:
    """Return journals, latest number first (JOURNAL_KEYS for pages by key)."""
    rows = Journal.objects.of(council_id).select_related("reverses").order_by(*JOURNAL_KEYS)
    return rows if financial_year is None else rows.filter(financial_year=financial_year)


def lines_of(journal: Journal) -> QuerySet[JournalLine]:
    """Return the lines of a journal in their order."""
    rows = JournalLine.objects.of(journal.council_id).filter(journal=journal)
    return rows.select_related("account", "cost_centre", "supplier").order_by("number")


def trial_balance(
    council_id: UUID, *, until: date, since: date | None = None
) -> list[AccountBalance]:
    """Return what stands on each account at the end of a day, or moved since another; by code.

    Shapes: accounts that were never posted on are left out. Together debits equal credits.
    """
    rows = JournalLine.objects.of(council_id).filter(dated_on__lte=until)
    if since is not None:
        rows = rows.filter(dated_on__gte=since)
    found = (
        rows.values("account_id", "account__code", "account__name", "account__kind")
        .annotate(debit=Sum("debit_amount"), credit=Sum("credit_amount"))
        .order_by("account__code")
    )
    return [
        AccountBalance(
            account_id=row["account_id"],
            code=row["account__code"],
            name=row["account__name"],
            kind=row["account__kind"],
            debit_amount=row["debit"],
            credit_amount=row["credit"],
        )
        for row in found
    ]


def account_ledger(
    council_id: UUID, account_id: UUID, *, until: date, since: date | None = None
) -> QuerySet[JournalLine]:
    """Return what was posted on one account, oldest first (ACCOUNT_LEDGER_KEYS for pages)."""
    rows = JournalLine.objects.of(council_id).filter(account_id=account_id, dated_on__lte=until)
    if since is not None:
        rows = rows.filter(dated_on__gte=since)
    return rows.select_related("journal", "cost_centre", "supplier").order_by(*ACCOUNT_LEDGER_KEYS)


def movement_of(
    council_id: UUID, account_id: UUID, *, until: date, since: date | None = None
) -> Movement:
    """Return what happened on one account: one statement."""
    begun = Q(dated_on__gte=since) if since else Q()
    net = Sum(F("debit_amount") - F("credit_amount"), filter=~begun if since else Q(pk=None))
    found = (
        JournalLine.objects.of(council_id)
        .filter(account_id=account_id, dated_on__lte=until)
        .aggregate(
            before_amount=Coalesce(net, NOUGHT),
            debit_amount=Coalesce(Sum("debit_amount", filter=begun), NOUGHT),
            credit_amount=Coalesce(Sum("credit_amount", filter=begun), NOUGHT),
        )
    )
    return Movement(**found)


def balances_of(council_id: UUID, account_ids: Collection[UUID]) -> dict[UUID, Decimal]:
    """Return debit less credit of accounts; one that was never posted on is left out."""
    return _nets(council_id, account_ids, "account_id")


def supplier_balances(council_id: UUID, account_id: UUID) -> dict[UUID | None, Decimal]:
    """Return debit less credit of one account by supplier, which sum to the account's balance.

    Shapes: None for what names no supplier; whoever comes to nought is left out.
    """
    found = _nets(council_id, [account_id], "supplier_id")
    return {supplier: net for supplier, net in found.items() if net}


def _nets(council_id: UUID, account_ids: Collection[UUID], by: str) -> dict[UUID, Decimal]:
    rows = JournalLine.objects.of(council_id).filter(account_id__in=account_ids)
    sums = rows.values(by).annotate(net=Sum("debit_amount") - Sum("credit_amount")).order_by(by)
    return {row[by]: row["net"] for row in sums}


def actuals_out_of_line() -> QuerySet[Budget]:
    """Return budgets whose spending differs from the sum of their journals; there must be none."""
    total = (
        JournalLine.objects.filter(budget=OuterRef("pk"))
        .order_by()
        .values("budget")
        .annotate(total=Sum("debit_amount") - Sum("credit_amount"))
        .values("total")
    )
    reckoned = Budget.objects.annotate(posted_amount=Coalesce(Subquery(total), NOUGHT))
    return reckoned.exclude(posted_amount=F("actual_amount")).order_by("pk")


def journals_out_of_balance() -> list[UUID]:
    """Return journals whose lines are not what was fixed at posting; there must be none."""
    sums = Journal.objects.annotate(
        debit=Coalesce(Sum("lines__debit_amount"), NOUGHT),
        credit=Coalesce(Sum("lines__credit_amount"), NOUGHT),
        count=Count("lines"),
    )
    whole = sums.filter(
        debit=F("total_amount"), credit=F("total_amount"), count=F("lines_count")
    ).values("pk")
    return list(Journal.objects.exclude(pk__in=whole).order_by("pk").values_list("pk", flat=True))


def years_with_gaps() -> list[tuple[UUID, int]]:
    """Return councils and years whose journals lack a number; there must be none."""
    found = (
        Journal.objects.values("council_id", "financial_year")
        .annotate(last=Max("number"), count=Count("pk"))
        .exclude(last=F("count"))
        .order_by("council_id", "financial_year")
    )
    return [(row["council_id"], row["financial_year"]) for row in found]
