"""Policies and stand-ins for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from marketplace.approvals.models import Delegation, Policy, PolicyTier
from marketplace.approvals.rules import TierStep, Who
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership, Organisation

LONG_AGO = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
ANYBODY = (TierStep(Decimal(0), 1, Who.ANY_APPROVER),)


def policy(
    council: Organisation, tiers: Sequence[TierStep] = ANYBODY, *, version: int = 1, **facts: Any
) -> Policy:
    """Keep a policy; without tiers any approver with a limit may approve anything."""
    with stewardship():
        made = Policy.objects.create(council=council, version=version, since=LONG_AGO, **facts)
        PolicyTier.objects.bulk_create(
            PolicyTier(
                council=council,
                policy=made,
                above_amount=tier.above_amount,
                step_order=tier.step_order,
                who=tier.who.value,
                people=list(tier.people),
            )
            for tier in tiers
        )
    return made


def delegation(
    delegator: Membership, delegate: Membership, *, limit: Decimal | str | int = 1000, **facts: Any
) -> Delegation:
    """Keep a stand-in for November 2026."""
    chosen = {
        "from_on": date(2026, 11, 1),
        "until_on": date(2026, 11, 30),
        "reason": "Annual leave",
        "made_at": LONG_AGO,
        **facts,
    }
    with stewardship():
        return Delegation.objects.create(
            council=delegator.organisation,
            delegator=delegator,
            delegate=delegate,
            limit_amount=Decimal(limit),
            **chosen,
        )
