"""Journals as CSV for a council's finance system, with a trailer that says what must arrive.

For programs, and so without the marks that keep a spreadsheet from running formulas: what stands
in a cell is what was posted. Lines end as RFC 4180 says. The last row begins with TRAILER and holds
the control totals.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from invoicing.ledgers.journals import LedgerJournal, control_totals

COLUMNS: Final = (
    "journal", "line", "dated_on", "document_on", "kind", "document", "narrative", "account",
    "cost_centre", "supplier", "debit", "credit",
)  # fmt: skip
TRAILER: Final = "TRAILER"


def write_plain(journals: Sequence[LedgerJournal]) -> bytes:
    """Return journals as CSV in UTF-8, a line a row, in their order, with the trailer.

    Units: GBP with two places and a full stop, nothing where a side is empty; days by ISO 8601.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for journal in journals:
        for line in journal.lines:
            writer.writerow(
                [
                    journal.reference, line.number, journal.dated_on.isoformat(),
                    journal.document_on.isoformat(), journal.kind,
                    _one_line(journal.document_reference),
                    _one_line(journal.narrative), line.account_code, line.cost_centre_code,
                    line.supplier_code,
                    f"{line.debit_amount:.2f}" if line.debit_amount else "",
                    f"{line.credit_amount:.2f}" if line.credit_amount else "",
                ]
            )  # fmt: skip
    totals = control_totals(journals)
    writer.writerow(
        [
            TRAILER, totals.lines, "", "", "", "", totals.journals, totals.accounts_hash, "", "",
            f"{totals.debit_amount:.2f}", f"{totals.credit_amount:.2f}",
        ]
    )  # fmt: skip
    return text.getvalue().encode()


def _one_line(text: str) -> str:
    """Return a text without line breaks, which many a finance system takes for the next record."""
    return " ".join(text.split())
