"""Cost centres, accounts and budgets for tests."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Account, Budget, ControlAccount, CostCentre, Period
from marketplace.ledger.rules import JournalDraft, Posting
from marketplace.ledger.states import ROLE_KINDS, AccountRole, JournalKind
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


TODAY = date(2026, 11, 23)


def year(council: Organisation, financial_year: int = 2026, **facts: Any) -> list[Period]:
    """Keep the twelve periods of a year."""
    made = []
    for number in range(1, 13):
        years, month = divmod(number + 2, 12)
        first = date(financial_year + years, month + 1, 1)
        last = first.replace(day=monthrange(first.year, first.month)[1])
        made.append(
            Period(
                council=council, financial_year=financial_year, number=number, starts_on=first,
                ends_on=last, **facts,
            )
        )  # fmt: skip
    with stewardship():
        return Period.objects.bulk_create(made)


@dataclass
class Books:
    """A council that can post: its periods, a budget, and an account for each part."""

    council: Organisation
    periods: list[Period]
    budget: Budget
    controls: dict[AccountRole, Account]

    def spend(self, amount: Decimal | str | int, budget: Budget | None = None) -> Posting:
        """Return what debits a budget's account."""
        chosen = budget or self.budget
        return Posting(
            chosen.account_id, debit_amount=Decimal(amount), cost_centre_id=chosen.cost_centre_id
        )

    def debit(self, role: AccountRole, amount: Decimal | str | int, **facts: Any) -> Posting:
        """Return what debits the account of a part."""
        return Posting(self.controls[role].pk, debit_amount=Decimal(amount), **facts)

    def credit(self, role: AccountRole, amount: Decimal | str | int, **facts: Any) -> Posting:
        """Return what credits the account of a part."""
        return Posting(self.controls[role].pk, credit_amount=Decimal(amount), **facts)


def controls(council: Organisation) -> dict[AccountRole, Account]:
    """Keep an account for each part."""
    made = {}
    for role, kind in ROLE_KINDS.items():
        made[role] = account(council, kind=kind.value, categories=[])
        with stewardship():
            ControlAccount.objects.create(council=council, role=role, account=made[role])
    return made


def books(council: Organisation, **facts: Any) -> Books:
    """Keep what a council needs to post."""
    played = controls(council)
    return Books(council, year(council), budget(council, **facts), played)


def draft(*postings: Posting, **facts: Any) -> JournalDraft:
    """Return a draft of a journal, a receipt of today's if nothing else is said."""
    document_id: UUID = facts.pop("document_id", None) or uuid4()
    chosen = {
        "event_key": f"receipt:{document_id}",
        "kind": JournalKind.RECEIPT,
        "dated_on": TODAY,
        "document_on": TODAY,
        "document_type": "receipt",
        "document_id": document_id,
        "document_reference": "GRN-26-000001",
        "narrative": "Chairs received",
        "postings": postings,
        **facts,
    }
    return JournalDraft(**chosen)
