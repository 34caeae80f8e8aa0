"""Questions about what spending is coded to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from marketplace.ledger.models import Account, CostCentre


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
