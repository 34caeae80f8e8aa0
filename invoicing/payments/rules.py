"""What is paid to whom: what is owed and taken off, brought together for each supplier. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

# What one payment of a file may come to at most: banks have nine digits before the point.
MOST_IN_ONE_PAYMENT: Final = Decimal("999999999.99")
# What one run holds: a person reads it, and its references have four digits.
MOST_PAYMENTS: Final = 5_000


class Why(StrEnum):
    """Why somebody to whom something is owed is not paid now."""

    NO_ACCOUNT = "NO_ACCOUNT"
    NOT_CONFIRMED = "NOT_CONFIRMED"
    CAME_BACK = "CAME_BACK"
    NOTHING_LEFT = "NOTHING_LEFT"
    TOO_LARGE = "TOO_LARGE"
    FULL = "FULL"


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice or a credit note that waits to be paid. Units: GBP, a credit note below nought."""

    invoice_id: UUID
    supplier_id: UUID
    number: str
    issued_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Payee:
    """The account that a supplier last asked to be paid to, and whether we made sure of it.

    Shapes: `came_back` whether a payment to it did, and nobody has made sure of it since.
    """

    account_id: UUID
    supplier_id: UUID
    name: str
    sort_code: str
    account_number: str
    is_confirmed: bool
    came_back: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """What one supplier would be paid, and for which documents. Units: GBP."""

    supplier_id: UUID
    amount: Decimal
    documents: tuple[Owed, ...]


@dataclass(frozen=True, slots=True)
class Payable:
    """What one supplier is paid, and to which account."""

    due: Due
    payee: Payee


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What one supplier is not paid now, and why."""

    due: Due
    why: Why


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be paid, and what not; each in the order in which suppliers were given."""

    paid: tuple[Payable, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def total_amount(self) -> Decimal:
        """Return what is paid in all."""
        return sum((each.due.amount for each in self.paid), Decimal("0.00"))

    @property
    def documents_count(self) -> int:
        """Return how many documents are paid or taken off."""
        return sum(len(each.due.documents) for each in self.paid)


def planned(owed: Iterable[Owed], payees: Mapping[UUID, Payee]) -> Plan:
    """Return whom to pay what, and who is left out; beyond so many, the rest waits.

    Shapes: `payees` by supplier; suppliers come in the order of their first document.
    Why: a credit note that is not taken off what is owed now would be paid out twice: as money that
    we owe and as money that the supplier owes.
    """
    by_supplier: dict[UUID, list[Owed]] = defaultdict(list)
    for each in owed:
        by_supplier[each.supplier_id].append(each)
    paid: list[Payable] = []
    left_out: list[LeftOut] = []
    for supplier_id, documents in by_supplier.items():
        amount = sum((each.amount for each in documents), Decimal("0.00"))
        due = Due(supplier_id, amount, tuple(documents))
        payee = payees.get(supplier_id)
        why = _why_not(due, payee)
        if why is None and len(paid) >= MOST_PAYMENTS:
            why = Why.FULL
        if why is not None or payee is None:
            left_out.append(LeftOut(due, why or Why.NO_ACCOUNT))
        else:
            paid.append(Payable(due, payee))
    return Plan(tuple(paid), tuple(left_out))


def _why_not(due: Due, payee: Payee | None) -> Why | None:
    if due.amount <= 0:
        return Why.NOTHING_LEFT
    if payee is None:
        return Why.NO_ACCOUNT
    if not payee.is_confirmed:
        return Why.CAME_BACK if payee.came_back else Why.NOT_CONFIRMED
    return Why.TOO_LARGE if due.amount > MOST_IN_ONE_PAYMENT else None


def run_number(financial_year: int, number: int) -> str:
    """Return a payment run's number as it is written.

    Why: it is the file's reference at the bank, which takes letters, digits and dashes.

    >>> run_number(2026, 7)
    'PAY-26-000007'
    """
    return f"PAY-{financial_year % 100:02d}-{number:06d}"


def payment_reference(run_number: str, place: int) -> str:
    """Return the reference that a payment's answer from the bank carries.

    Why: it is unique for ever, as the run's number is.

    >>> payment_reference("PAY-26-000007", 1)
    'PAY-26-000007-0001'
    """
    return f"{run_number}-{place:04d}"
