"""Questions about which account plays which part."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from uuid import UUID

from marketplace.ledger.models import Account, ControlAccount
from marketplace.ledger.states import AccountRole


def accounts_by_role(council_id: UUID) -> dict[AccountRole, Account]:
    """Return the account that plays each part, without those that nobody has chosen."""
    rows = ControlAccount.objects.of(council_id).select_related("account").order_by("role")
    return {AccountRole(row.role): row.account for row in rows}


def version_of(chosen: Mapping[AccountRole, Account]) -> str:
    """Return what tells one choice of accounts from another.

    Why: there is no row for all parts together that could count its changes.
    """
    said = "".join(f"{role}={account.pk};" for role, account in sorted(chosen.items()))
    return sha256(said.encode()).hexdigest()[:32]
