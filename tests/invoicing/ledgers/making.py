"""Journals that leave for another ledger, for tests."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from invoicing.ledgers.journals import Kind, LedgerAccount, LedgerJournal, LedgerLine

FIRST, CLOSED_ON = date(2026, 4, 1), date(2027, 3, 31)
ACCOUNTS = [
    LedgerAccount("5023", "Equipment", Kind.EXPENSE),
    LedgerAccount("5026", "Printing; (and stationery)", Kind.EXPENSE),
    LedgerAccount("1700", "VAT", Kind.ASSET),
    LedgerAccount("2100", "Creditors", Kind.LIABILITY),
]


def line(number=1, account="5023", amount="120.00", **facts):
    net = Decimal(amount)
    side = {"debit_amount": net} if net > 0 else {"credit_amount": -net}
    return LedgerLine(number, account, **side, **facts)


def journal(number=1, *lines, **facts):
    chosen = {
        "reference": f"J26-{number:06d}", "dated_on": FIRST, "document_on": FIRST,
        "kind": "INVOICE", "document_reference": "INV-1", "narrative": "Chairs",
        "lines": lines or (
            line(1, cost_centre_code="C100"),
            line(2, "2100", "-120.00", supplier_code="S1", supplier_name="Chairs Ltd"),
        ),
        **facts,
    }  # fmt: skip
    return LedgerJournal(**chosen)


@st.composite
def journals(draw, most=12):
    """Draw balanced journals with texts of every kind in them."""
    made = []
    for number in range(1, draw(st.integers(1, most)) + 1):
        pence = draw(st.lists(st.integers(1, 10**9), min_size=1, max_size=5))
        sign = draw(st.sampled_from([1, -1]))
        lines = [
            line(
                place, draw(st.sampled_from(["5023", "5026", "1700"])),
                str(sign * Decimal(each) / 100),
                cost_centre_code=draw(st.sampled_from(["", "C1", "C 2"])),
            )
            for place, each in enumerate(pence, start=1)
        ]  # fmt: skip
        lines.append(
            line(
                len(lines) + 1, "2100", str(-sign * Decimal(sum(pence)) / 100),
                supplier_code=draw(st.sampled_from(["S1", "S2"])),
            )
        )  # fmt: skip
        made.append(
            journal(
                number, *lines, dated_on=FIRST + timedelta(days=draw(st.integers(0, 300))),
                narrative=draw(st.text(max_size=30)),
                document_reference=draw(st.text(max_size=12)),
            )
        )  # fmt: skip
    return made
