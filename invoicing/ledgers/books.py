"""The whole of a council's books as one file for plain-text accounting."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from invoicing.ledgers.hledger import write_hledger
from invoicing.ledgers.selectors import ledger_accounts, ledger_journals


def books_until(council_id: UUID, until_on: date) -> bytes:
    """Return a council's books until a day, as the file says them."""
    journals = ledger_journals(council_id, until=until_on)
    return write_hledger(journals, ledger_accounts(council_id), closed_on=until_on)


def books_name(until_on: date) -> str:
    """Return what that file is called."""
    return f"books-{until_on.isoformat()}.journal"
