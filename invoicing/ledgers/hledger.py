"""Journals in the format of plain-text accounting, which hledger and ledger read and check.

Every account is declared, and at the end one entry asserts what each account stands at, so that a
stranger's program finds a journal that is missing, doubled or changed.
Source: hledger 1.25, journal format (account directives, balance assertions); ledger 3.3.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from invoicing.ledgers.journals import Kind, LedgerAccount, LedgerJournal, LedgerLine

_TOPS: Final = {Kind.EXPENSE: "expenses", Kind.ASSET: "assets", Kind.LIABILITY: "liabilities"}
# Two blanks end a name, a semicolon starts a comment, and brackets make a posting that need not
# balance; a bar parts a payee from a note.
_SPECIAL: Final = re.compile(r"[\s;:()\[\]{}|@=\"*!<>\x00-\x1f\x7f]+")
_CURRENCY: Final = "GBP"


def write_hledger(
    journals: Sequence[LedgerJournal], accounts: Iterable[LedgerAccount], *, closed_on: date
) -> bytes:
    """Return journals with the declarations of their accounts and what they must come to.

    Shapes: accounts that no journal uses are declared too; within an account a line has one of its
    own for each cost centre and supplier. `closed_on` is the day of the assertions, none before
    that of a journal.
    Raises: KeyError for a line on an account that is not given.
    """
    listed = list(accounts)
    known = {account.code: account for account in listed}
    balances: dict[str, Decimal] = defaultdict(Decimal)
    entries = []
    for journal in journals:
        rows = []
        for line in journal.lines:
            name = account_name(known[line.account_code], line)
            balances[name] += line.net_amount
            rows.append(f"    {name}  {_amount(line.net_amount)}\n")
        entries.append(f"{_heading(journal)}\n{''.join(rows)}\n")
    names = sorted({*balances, *(account_name(account) for account in listed)})
    declared = "".join(f"account {name}\n" for name in names)
    parts = [f"commodity {_CURRENCY} 1000.00\n\n", declared, "\n", *entries]
    return "".join([*parts, _assertions(balances, closed_on)]).encode()


def account_name(account: LedgerAccount, line: LedgerLine | None = None) -> str:
    """Return what an account is called there: its kind, its code, then cost centre and supplier."""
    parts = [_TOPS[account.kind], _plain(account.code)]
    if line is not None:
        parts += [_plain(part) for part in (line.cost_centre_code, line.supplier_code) if part]
    return ":".join(parts)


def _heading(journal: LedgerJournal) -> str:
    """Return the first line of an entry. The code in brackets is the journal's number."""
    text = _plain(journal.narrative) or "-"
    document = f"  ; {_plain(journal.document_reference)}" if journal.document_reference else ""
    return f"{journal.dated_on.isoformat()} ({_plain(journal.reference)}) {text}{document}"


def _assertions(balances: Mapping[str, Decimal], closed_on: date) -> str:
    rows = [
        f"    {name}  {_amount(Decimal(0))} = {_amount(balances[name])}\n"
        for name in sorted(balances)
    ]
    if not rows:
        return ""
    return f"{closed_on.isoformat()} What every account must come to\n{''.join(rows)}"


def _amount(amount: Decimal) -> str:
    return f"{_CURRENCY} {amount:.2f}"


def _plain(text: str) -> str:
    return _SPECIAL.sub(" ", text).strip()
