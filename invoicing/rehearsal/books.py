"""How the books stand in the end, and whether everything in them agrees."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

from django.db.models import Count, Sum
from django.utils import timezone

from invoicing.ledgers.hledger import write_hledger
from invoicing.ledgers.selectors import ledger_accounts, ledger_journals
from invoicing.matching.selectors import POSTED
from invoicing.models import Invoice, PaidInvoice, Payment
from invoicing.rehearsal.founding import House
from invoicing.rehearsal.telling import Teller, pounds
from invoicing.states import InvoiceKind
from marketplace.audit.selectors import chain_verdict
from marketplace.ledger.models import Budget
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.ledger.selectors.controls import accounts_by_role
from marketplace.ledger.selectors.journals import (
    AccountBalance,
    actuals_out_of_line,
    journals_out_of_balance,
    supplier_balances,
    trial_balance,
    years_with_gaps,
)
from marketplace.ledger.states import AccountKind, AccountRole

NOUGHT: Final = Decimal("0.00")
PATIENCE_SECONDS: Final = 60
# Programs of others that read plain-text accounting, and how each is asked to check all of it.
OTHERS: Final = {
    "hledger": ["hledger", "--strict", "-f"],
    "ledger": ["ledger", "--pedantic", "-f"],
}
ASKED: Final = {"hledger": ["check"], "ledger": ["balance"]}


@dataclass(frozen=True, slots=True)
class Asked:
    """What another program says of our journals."""

    program: str
    agrees: bool
    said: str


def plain_text(house: House) -> bytes:
    """Return every journal in the format of plain-text accounting."""
    council, today = house.council.pk, timezone.localdate(house.clock())
    with house.acting("finance"):
        return write_hledger(
            ledger_journals(council, until=today), ledger_accounts(council), closed_on=today
        )


def ask_others(content: bytes) -> list[Asked]:
    """Have those of OTHERS that are installed here check the journals."""
    found = []
    with TemporaryDirectory() as folder:
        file = Path(folder) / "journals.hledger"
        file.write_bytes(content)
        for name, command in OTHERS.items():
            program = shutil.which(name)
            if program is None:
                continue
            done = subprocess.run(  # noqa: S603  # a program of theirs, a file of ours
                [program, *command[1:], str(file), *ASKED[name]],
                check=False,
                capture_output=True,
                text=True,
                timeout=PATIENCE_SECONDS,
            )
            said = done.stderr.strip() or done.stdout.strip()
            found.append(Asked(name, done.returncode == 0, said))
    return found


def balances(house: House) -> list[AccountBalance]:
    """Return what stands on each account today."""
    with house.acting("finance"):
        return trial_balance(house.council.pk, until=timezone.localdate(house.clock()))


def check_books(house: House, teller: Teller) -> None:
    """Claim of the books whatever must be so, reckoned anew from what lies beneath."""
    with house.acting("finance"):
        for words, holds, found in _claims(house):
            teller.claim(words, holds, found)
    for organisation in (house.council, house.supplier):
        with house.acting("finance") if organisation == house.council else house.selling():
            verdict = chain_verdict(organisation.pk, expected=True)
        teller.claim(
            f"The audit trail of {organisation.name} is whole: {verdict.events:,} events.",
            not verdict.breaks,
            "; ".join(each.reason for each in verdict.breaks),
        )


def _claims(house: House) -> Iterator[tuple[str, bool, str]]:
    council = house.council.pk
    standing = trial_balance(council, until=timezone.localdate(house.clock()))
    debit = sum((each.debit_amount for each in standing), NOUGHT)
    credit = sum((each.credit_amount for each in standing), NOUGHT)
    yield f"Debits are credits: {pounds(debit)}.", debit == credit, pounds(credit)
    broken = journals_out_of_balance()
    yield "Every journal balances, and is as it was posted.", not broken, f"{len(broken)} are not"
    gaps = years_with_gaps()
    yield "Journals are numbered without a gap.", not gaps, f"{len(gaps)} years have one"
    by_code = {each.account_id: each for each in standing}
    parts = accounts_by_role(council)

    def stands(role: AccountRole) -> Decimal:
        row = by_code.get(parts[role].pk)
        return row.net_amount if row else NOUGHT

    paid = _paid(council)
    yield from _control_claims(house, stands(AccountRole.RECEIPTS), stands(AccountRole.CREDITORS),
                               parts[AccountRole.CREDITORS].pk)  # fmt: skip
    vat = _billed(council, "vat_amount")
    found = stands(AccountRole.VAT_INPUT)
    yield (
        f"VAT on purchases is what the invoices state: {pounds(vat)}.",
        vat == found,
        pounds(found),
    )
    found = -stands(AccountRole.BANK)
    yield f"The bank paid what the payments come to: {pounds(paid)}.", paid == found, pounds(found)
    found = stands(AccountRole.CASH_IN_TRANSIT)
    yield "Nothing is still on its way to the bank.", found == NOUGHT, pounds(found)
    spent = sum((e.net_amount for e in standing if e.kind == AccountKind.EXPENSE), NOUGHT)
    yield from _budget_claims(council, spent)
    owed = _billed(council, "payable_amount")
    yield f"Every invoice was paid once: {pounds(owed)} in all.", paid == owed, pounds(paid)
    twice = (
        PaidInvoice.objects.of(council)
        .filter(is_open=True)
        .values("invoice")
        .annotate(times=Count("pk"))
        .filter(times__gt=1)
        .count()
    )
    yield "No invoice stands in two payments.", not twice, f"{twice} do"
    stopped = PaidInvoice.objects.of(council).exclude(invoice__status__in=POSTED).count()
    yield "Nothing that is held, sent back or a repeat was paid.", not stopped, f"{stopped} were"


def _control_claims(
    house: House, receipts: Decimal, creditors: Decimal, creditors_id: UUID
) -> Iterator[tuple[str, bool, str]]:
    yield (
        "All that came is invoiced: nothing stands as received and not invoiced.",
        receipts == NOUGHT,
        pounds(receipts),
    )
    by_supplier = supplier_balances(house.council.pk, creditors_id)
    yield (
        "Nobody is owed anything any more, nor does any supplier owe us.",
        creditors == NOUGHT and not by_supplier,
        pounds(creditors),
    )


def _budget_claims(council: UUID, spent: Decimal) -> Iterator[tuple[str, bool, str]]:
    budgets = Budget.objects.of(council).aggregate(
        actual=Sum("actual_amount"), committed=Sum("committed_amount")
    )
    actual, committed = budgets["actual"] or NOUGHT, budgets["committed"] or NOUGHT
    yield f"The budgets say that {pounds(spent)} is spent.", actual == spent, pounds(actual)
    yield "Nothing is promised any more.", committed == NOUGHT, pounds(committed)
    out = actuals_out_of_line().count() + commitments_out_of_line().count()
    out += len(lines_below_nought())
    yield "Each budget is the sum of its journals and promises.", not out, f"{out} are not"


def _billed(council: UUID, column: str) -> Decimal:
    """Return what approved invoices come to, less credit notes."""
    rows = Invoice.objects.of(council).filter(council_id=council, status__in=POSTED)
    sums = dict(rows.order_by().values_list("kind").annotate(total=Sum(column)))
    asked: Decimal = sums.get(InvoiceKind.INVOICE.value, NOUGHT)
    given: Decimal = sums.get(InvoiceKind.CREDIT_NOTE.value, NOUGHT)
    return asked - given


def _paid(council: UUID) -> Decimal:
    rows = Payment.objects.of(council).filter(failed_at__isnull=True)
    return rows.aggregate(total=Sum("amount"))["total"] or NOUGHT
