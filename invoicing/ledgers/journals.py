"""Journals as they leave for another ledger: neutral, whole and in order.

Whoever exports makes these from what was posted; the writers beside this turn them into files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

NOUGHT = Decimal("0.00")


class Kind(StrEnum):
    """Which part of the accounts an account stands in."""

    EXPENSE = "expense"
    ASSET = "asset"
    LIABILITY = "liability"


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """An account as the other ledger knows it. Shapes: `code` without blanks."""

    code: str
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One side of a journal. Units: GBP; exactly one of the two amounts is above nought."""

    number: int
    account_code: str
    debit_amount: Decimal = NOUGHT
    credit_amount: Decimal = NOUGHT
    cost_centre_code: str = ""
    supplier_code: str = ""
    supplier_name: str = ""

    @property
    def net_amount(self) -> Decimal:
        """Return debit less credit."""
        return self.debit_amount - self.credit_amount


@dataclass(frozen=True, slots=True)
class LedgerJournal:
    """One journal with its lines in their order."""

    reference: str
    dated_on: date
    document_on: date
    kind: str
    document_reference: str
    narrative: str
    lines: Sequence[LedgerLine]


@dataclass(frozen=True, slots=True)
class ControlTotals:
    """What a file comes to, to be compared on the other side.

    `accounts_hash` changes with any account, amount, side or order: sums alone would not see two
    amounts that changed places.
    Units: GBP.
    """

    journals: int
    lines: int
    debit_amount: Decimal
    credit_amount: Decimal
    accounts_hash: str


def control_totals(journals: Iterable[LedgerJournal]) -> ControlTotals:
    """Return what journals come to."""
    listed = list(journals)
    lines = [(journal, line) for journal in listed for line in journal.lines]
    digest = hashlib.sha256()
    for journal, line in lines:
        digest.update(
            f"{journal.reference}\x1f{line.number}\x1f{line.account_code}\x1f"
            f"{line.cost_centre_code}\x1f{line.net_amount:.2f}\x1e".encode()
        )
    return ControlTotals(
        journals=len(listed),
        lines=len(lines),
        debit_amount=sum((line.debit_amount for _journal, line in lines), NOUGHT),
        credit_amount=sum((line.credit_amount for _journal, line in lines), NOUGHT),
        accounts_hash=digest.hexdigest(),
    )
