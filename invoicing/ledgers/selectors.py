"""What was posted, as it leaves for another ledger."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from invoicing.ledgers.journals import Kind, LedgerAccount, LedgerJournal, LedgerLine
from marketplace.ledger.models import Account, Journal, JournalLine


def ledger_accounts(council_id: UUID) -> list[LedgerAccount]:
    """Return a council's accounts, those in use and those that once were, by code."""
    rows = Account.objects.of(council_id).order_by("code")
    return [LedgerAccount(row.code, row.name, Kind(row.kind)) for row in rows]


def ledger_journals(council_id: UUID, *, since: date, until: date) -> list[LedgerJournal]:
    """Return what counts in these days, by number, with all lines: two statements.

    Shapes: suppliers by their short name in the marketplace.
    """
    rows = (
        JournalLine.objects.of(council_id)
        .filter(dated_on__gte=since, dated_on__lte=until)
        .select_related("account", "cost_centre", "supplier")
        .order_by("journal_id", "number")
    )
    lines: dict[UUID, list[LedgerLine]] = {}
    for row in rows:
        lines.setdefault(row.journal_id, []).append(_line(row))
    journals = Journal.objects.of(council_id).filter(dated_on__gte=since, dated_on__lte=until)
    return [
        LedgerJournal(
            reference=journal.reference,
            dated_on=journal.dated_on,
            document_on=journal.document_on,
            kind=journal.kind,
            document_reference=journal.document_reference,
            narrative=journal.narrative,
            lines=lines[journal.pk],
        )
        for journal in journals.order_by("financial_year", "number")
    ]


def _line(row: JournalLine) -> LedgerLine:
    return LedgerLine(
        number=row.number,
        account_code=row.account.code,
        debit_amount=row.debit_amount,
        credit_amount=row.credit_amount,
        cost_centre_code=row.cost_centre.code if row.cost_centre else "",
        supplier_code=row.supplier.slug if row.supplier else "",
        supplier_name=row.supplier.name if row.supplier else "",
    )
