"""Cost centres, accounts and budgets for tests."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Account, Budget, CostCentre
from marketplace.organisations.models import Membership, Organisation

_numbers = count(1)


def cost_centre(
    council: Organisation, *, holder: Membership | None = None, **facts: Any
) -> CostCentre:
    """Keep a cost centre."""
    number = next(_numbers)
    chosen = {"code": f"C{number:04d}", "name": f"Cost centre {number}", **facts}
    with stewardship():
        return CostCentre.objects.create(council=council, holder=holder, **chosen)


def account(council: Organisation, **facts: Any) -> Account:
    """Keep an account that furniture is bought on."""
    number = next(_numbers)
    chosen = {
        "code": f"A{number:04d}",
        "name": f"Account {number}",
        "categories": ["39"],
        **facts,
    }
    with stewardship():
        return Account.objects.create(council=council, **chosen)


def budget(
    council: Organisation,
    *,
    amount: Decimal | str | int = "10000.00",
    year: int = 2026,
    cost_centre: CostCentre | None = None,
    account: Account | None = None,
    **facts: Any,
) -> Budget:
    """Keep a budget, with a cost centre and an account of its own unless they are given."""
    centre = cost_centre or globals()["cost_centre"](council)
    spent_on = account or globals()["account"](council)
    with stewardship():
        made = Budget.objects.create(
            council=council,
            financial_year=year,
            cost_centre=centre,
            account=spent_on,
            coding=f"{centre.code}/{spent_on.code}",
            budget_amount=Decimal(amount),
            **facts,
        )
        made.refresh_from_db()
    return made
