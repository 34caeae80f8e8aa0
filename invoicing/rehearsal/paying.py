"""The second half of the story: from what is owed to the trial balance."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from django.utils import timezone

from invoicing.ledgers.services import build_export
from invoicing.models import Invoice, LedgerExport, PaymentRun
from invoicing.payments.services.runs import RunApprovalNotAllowed, approve_run
from invoicing.rehearsal import books, deeds
from invoicing.rehearsal.founding import House
from invoicing.rehearsal.keeping import Exported
from invoicing.rehearsal.telling import Teller, pounds
from invoicing.states import RunStatus
from marketplace.documents.selectors import bytes_for_programs

NOUGHT: Final = Decimal("0.00")


def pay(house: House, invoices: Sequence[Invoice], teller: Teller) -> PaymentRun:
    """Pay everything that is owed, by two people."""
    teller.step("What is owed is paid, by two people")
    run = deeds.prepare(house, at=house.clock())
    owed = sum(
        (-each.payable_amount if each.is_credit_note else each.payable_amount for each in invoices),
        NOUGHT,
    )
    teller.claim(
        f"{house.person('payments').name} prepares {run.number}: {run.payments_count} payment over"
        f" {pounds(run.total_amount)}, the credit note taken off.",
        run.total_amount == owed,
        pounds(owed),
    )
    teller.claim(f"{house.person('payments').name} cannot approve it too.", _is_refused(house, run))
    paid = deeds.pay(house, run, at=house.clock())
    deeds.work(house)
    with house.acting("payments"):
        content = bytes_for_programs(house.council.pk, paid.file_id) if paid.file_id else b""
    teller.say(
        f"{house.person('checker').name} approves it. The file for the bank (pain.001) has"
        f" {len(content):,} bytes; the bank paid on {paid.settled_on:%-d %B %Y}.",
        run=paid.number,
        total=paid.total_amount,
    )
    teller.claim(
        f"The file asks the bank for {pounds(run.total_amount)}.",
        paid.status == RunStatus.SETTLED and f">{run.total_amount:.2f}<".encode() in content,
    )
    return paid


def _is_refused(house: House, run: PaymentRun) -> bool:
    """Tell whether whoever prepared a run is refused as the second person."""
    with house.acting("payments") as preparer:
        try:
            approve_run(
                run_id=run.pk,
                approver=preparer,
                frozen_sha256=run.frozen_sha256,
                at=house.clock(),
            )
        except RunApprovalNotAllowed:
            return True
    return False


def hand_over(house: House, teller: Teller) -> Exported:
    """Hand every journal to the finance ledger, and to programs of others that check it."""
    teller.step("The journals go to the finance ledger")
    at = house.clock()
    with house.acting("finance") as finance:
        export: LedgerExport = build_export(finance=finance, until_on=timezone.localdate(at), at=at)
    teller.say(
        f"{export.reference}: {export.journals_count} journals, {export.lines_count} lines,"
        f" debit {pounds(export.debit_amount)}, credit {pounds(export.credit_amount)}.",
        export=export.reference,
        journals=export.journals_count,
        debit=export.debit_amount,
        credit=export.credit_amount,
    )
    teller.claim("Its two sides are equal.", export.debit_amount == export.credit_amount)
    plain = books.plain_text(house)
    asked = books.ask_others(plain)
    for each in asked:
        teller.claim(f"{each.program} reads and checks all of it.", each.agrees, each.said)
    if not asked:
        teller.say("hledger and ledger are not installed here; they could check it too.")
    return Exported(export, plain, books.balances(house))


def reckon(house: House, teller: Teller) -> None:
    """Reckon everything anew, and say whether it agrees."""
    teller.step("Everything is reckoned anew")
    books.check_books(house, teller)


def close(house: House, teller: Teller) -> None:
    """Show the trial balance."""
    teller.step("The trial balance")
    standing = books.balances(house)
    debit = sum((max(each.net_amount, NOUGHT) for each in standing), NOUGHT)
    credit = sum((max(-each.net_amount, NOUGHT) for each in standing), NOUGHT)
    rows = [
        (
            each.code,
            each.name,
            f"{each.net_amount:,.2f}" if each.net_amount >= 0 else "",
            f"{-each.net_amount:,.2f}" if each.net_amount < 0 else "",
        )
        for each in standing
    ]
    teller.table(
        ["Account", "Name", "Debit £", "Credit £"],
        [*rows, ("", "Together", f"{debit:,.2f}", f"{credit:,.2f}")],
    )
    teller.claim(f"Debit and credit both come to {pounds(debit)}.", debit == credit, pounds(credit))
    teller.note(
        trial_balance=[
            {
                "account": each.code,
                "name": each.name,
                "debit": each.debit_amount,
                "credit": each.credit_amount,
                "balance": each.net_amount,
            }
            for each in standing
        ]
    )
