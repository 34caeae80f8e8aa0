"""Questions about what spending is coded to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from marketplace.core.models import TenantQuerySet
from marketplace.ledger.models import Account, Budget, CostCentre
from marketplace.organisations.models import Membership
from marketplace.organisations.selectors.people import approvers


def cost_centres(council_id: UUID) -> QuerySet[CostCentre]:
    """Return the cost centres in use, by code."""
    return CostCentre.objects.of(council_id).filter(is_active=True).order_by("code")


def accounts(council_id: UUID) -> QuerySet[Account]:
    """Return the accounts that things are bought on, by code."""
    rows = Account.objects.of(council_id).filter(is_active=True, kind="expense")
    return rows.order_by("code")


def account_for(accounts: Iterable[Account], category: str) -> Account | None:
    """Return the account whose categories fit a CPV code best: the longest beginning wins.

    >>> account_for([], "30197643") is None
    True
    """
    fits = [
        (len(start), account)
        for account in accounts
        for start in account.categories
        if category.startswith(start)
    ]
    return max(fits, key=lambda fit: (fit[0], fit[1].code))[1] if fits else None


def holders(
    council_id: UUID, cost_centre_ids: Iterable[UUID]
) -> dict[UUID, tuple[str, UUID | None]]:
    """Return what cost centres are called and which membership answers for each."""
    rows = CostCentre.objects.of(council_id).filter(pk__in=set(cost_centre_ids)).order_by("code")
    return {row.pk: (f"{row.code} {row.name}", row.holder_id) for row in rows}


@dataclass(frozen=True, slots=True)
class MoneyBehind:
    """What stands behind a code in a financial year. Units: GBP, net."""

    budgets: int
    available_amount: Decimal
    committed_amount: Decimal


def people_who_may_hold(council_id: UUID) -> TenantQuerySet[Membership]:
    """Return who may answer for a cost centre: approvers who have signed in, by name."""
    return approvers(council_id).filter(invited_name="")


def cost_centres_kept(
    council_id: UUID, *, words: str = "", is_active: bool | None = None
) -> TenantQuerySet[CostCentre]:
    """Return cost centres, retired ones too unless `is_active` says which, by code."""
    rows = CostCentre.objects.of(council_id).select_related("holder__user").order_by("code", "id")
    if is_active is not None:
        rows = rows.filter(is_active=is_active)
    for word in words.split():
        rows = rows.filter(
            Q(code__istartswith=word)
            | Q(name__icontains=word)
            | Q(name_welsh__icontains=word)
            | Q(directorate__icontains=word)
        )
    return rows


def accounts_kept(
    council_id: UUID, *, words: str = "", is_active: bool | None = None
) -> TenantQuerySet[Account]:
    """Return accounts of every kind, retired ones too unless `is_active` says which, by code."""
    rows = Account.objects.of(council_id).order_by("code", "id")
    if is_active is not None:
        rows = rows.filter(is_active=is_active)
    for word in words.split():
        rows = rows.filter(
            Q(code__istartswith=word) | Q(name__icontains=word) | Q(name_welsh__icontains=word)
        )
    return rows


def money_behind(row: CostCentre | Account, financial_year: int) -> MoneyBehind:
    """Return what stands behind a cost centre or an account in a year."""
    own = Q(cost_centre=row) if isinstance(row, CostCentre) else Q(account=row)
    rows = Budget.objects.of(row.council_id).filter(own, financial_year=financial_year)
    sums = rows.aggregate(available=Sum("available_amount"), committed=Sum("committed_amount"))
    nought = Decimal("0.00")
    return MoneyBehind(rows.count(), sums["available"] or nought, sums["committed"] or nought)


def keys_by_code(council_id: UUID) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Return the keys of all cost centres, and of all accounts, by their codes."""
    return (
        dict(CostCentre.objects.of(council_id).values_list("code", "pk")),
        dict(Account.objects.of(council_id).values_list("code", "pk")),
    )
