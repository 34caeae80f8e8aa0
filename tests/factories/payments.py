"""Invoices that are to be paid, suppliers' accounts, and payment runs at each of their stages.

Invoices are written as rows, since what is paid does not ask how they came to be approved; runs are
brought to their stage by the services themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from invoicing.models import (
    AccountConfirmation,
    Arrival,
    Invoice,
    PaymentRun,
    SupplierAccount,
)
from invoicing.payments.accounts import BankAccount
from invoicing.payments.selectors.accounts import last_returned
from invoicing.payments.services.exporting import export_run
from invoicing.payments.services.preparing import prepare_run
from invoicing.payments.services.runs import approve_run
from invoicing.payments.services.settlement import settle_run
from invoicing.states import InvoiceKind, InvoiceStatus
from marketplace.core.actors import Actor
from marketplace.core.tenancy import stewardship, tenant
from marketplace.documents.models import Document
from marketplace.ledger.services.journals import post_journals
from marketplace.ledger.states import AccountRole, JournalKind
from marketplace.organisations.models import Organisation
from tests.factories import ledger, organisations
from tests.factories.ordering import NOON

TODAY = NOON.date()
PAYER = BankAccount("Ambridge Council", sort_code="202015", account_number="55555555")
PAY_ON = TODAY + timedelta(days=3)

_numbers = count(1)


@dataclass(frozen=True)
class House:
    """A council that pays, with people, books, and one supplier whose account it has confirmed."""

    council: Organisation
    supplier: Organisation
    preparer: Actor
    checker: Actor
    finance: Actor
    seller: Actor
    books: ledger.Books
    account: SupplierAccount
    suppliers: list[Organisation] = field(default_factory=list)

    def acting(self):
        """Act for the council within a block."""
        return tenant(self.council.pk)

    def selling(self):
        """Act for the supplier within a block."""
        return tenant(self.supplier.pk)


def house(**facts: Any) -> House:
    """Keep a council that can pay, and a supplier that it can pay to."""
    council = organisations.council(
        name="Ambridge Council", email="council@example.com", order_prefix="PO", **facts
    )
    chairs = supplier(council, name="Chairs Ltd", email="accounts@example.com")
    finance = organisations.actor(council, "finance", name="Fay Finance")
    return House(
        council=council,
        supplier=chairs,
        preparer=organisations.actor(council, "payments", name="Pat Payments"),
        checker=organisations.actor(council, "payments", name="Cher Checker"),
        finance=finance,
        seller=organisations.actor(chairs, name="Sal Seller"),
        books=ledger.books(council, amount=1_000_000),
        account=confirmed(council, account(chairs)),
        suppliers=[chairs],
    )


def supplier(council: Organisation, **facts: Any) -> Organisation:
    """Keep a supplier that a council trades with."""
    made = organisations.supplier(**facts)
    organisations.link(council, made)
    return made


def account(supplier: Organisation, **facts: Any) -> SupplierAccount:
    """Keep an account that a supplier wants to be paid to."""
    chosen = {
        "name": supplier.name,
        "sort_code": "200000",
        "account_number": f"{55_000_000 + next(_numbers)}",
        "added_at": NOON - timedelta(days=60),
        "added_by_id": uuid4(),
        "added_by_name": "Sal Seller",
        **facts,
    }
    with stewardship():
        return SupplierAccount.objects.create(supplier=supplier, **chosen)


def confirmed(
    council: Organisation, account: SupplierAccount, *, by: Actor | None = None, **facts: Any
) -> SupplierAccount:
    """Let a council have made sure of an account, knowing what came back from it."""
    chosen = {
        "spoke_to": "Sal Seller",
        "spoke_by": "Telephone, with the number on the contract",
        "confirmed_at": NOON - timedelta(days=50),
        "confirmed_by_id": by.user_id if by else uuid4(),
        "confirmed_by_name": by.name if by else "Con Firmer",
        **facts,
    }
    with stewardship():
        back = last_returned(council.pk, [account.pk]).get(account.pk)
        AccountConfirmation.objects.create(
            council=council,
            supplier_id=account.supplier_id,
            account=account,
            returned=back,
            **chosen,
        )
    return account


def payee(council: Organisation, **facts: Any) -> Organisation:
    """Keep a supplier that can be paid at once."""
    made = supplier(council, **facts)
    confirmed(council, account(made))
    return made


def invoices(
    house: House,
    amounts: Sequence[Decimal | str | int],
    *,
    supplier: Organisation | None = None,
    posted: bool = True,
    **facts: Any,
) -> list[Invoice]:
    """Keep approved invoices, one an amount, a credit note for one below nought; and post them."""
    whose = supplier or house.supplier
    made = [_invoice(house.council, whose, Decimal(amount), **facts) for amount in amounts]
    with stewardship(), transaction.atomic():
        Document.objects.bulk_create([each.document for each in made])
        Arrival.objects.bulk_create([each.arrival for each in made])
        Invoice.objects.bulk_create(made)
        if posted:
            post_journals(
                council_id=house.council.pk,
                drafts=[_draft(house, each) for each in made],
                posted_by=None,
                at=NOON,
            )
    return made


def invoice(house: House, amount: Decimal | str | int = "120.00", **facts: Any) -> Invoice:
    """Keep one approved invoice."""
    return invoices(house, [amount], **facts)[0]


def _invoice(
    council: Organisation, supplier: Organisation, amount: Decimal, **facts: Any
) -> Invoice:
    number = next(_numbers)
    name = facts.pop("number", f"INV-{number}")
    content = f"{council.pk} {supplier.pk} {name} {number}".encode()
    digest = hashlib.sha256(content).hexdigest()
    document = Document(
        organisation=council, counterparty=supplier, name=f"{name}.xml",
        media_type="application/xml", content=content, size_bytes=len(content), sha256=digest,
        from_outside=True, stored_at=NOON,
    )  # fmt: skip
    arrival = Arrival(
        council=council, supplier=supplier, document=document, sha256=digest, name=f"{name}.xml",
        size_bytes=len(content), channel="PORTAL", received_at=NOON - timedelta(days=30),
        status="TAKEN", read_at=NOON - timedelta(days=30),
    )  # fmt: skip
    gross = abs(amount)
    chosen = {
        "kind": InvoiceKind.INVOICE if amount >= 0 else InvoiceKind.CREDIT_NOTE,
        "status": InvoiceStatus.APPROVED,
        "issued_on": TODAY - timedelta(days=31),
        "received_at": NOON - timedelta(days=30),
        "pay_by_on": TODAY,
        "approved_at": NOON - timedelta(days=10),
        "approved_by_id": uuid4(),
        "approved_by_name": "Ann Approver",
        "payable_amount": gross,
        **facts,
    }
    return Invoice(
        council=council, supplier=supplier, arrival=arrival, document=document, sha256=digest,
        syntax="UBL", number=name, number_key=name, look_key=name, currency="GBP",
        net_amount=gross, vat_amount=0, gross_amount=gross,
        seller_name=supplier.name, **chosen,
    )  # fmt: skip


def _draft(house: House, invoice: Invoice) -> Any:
    amount = invoice.gross_amount
    who = {"supplier_id": invoice.supplier_id}
    spent, owed = (
        house.books.spend(amount),
        house.books.credit(AccountRole.CREDITORS, amount, **who),
    )
    if invoice.is_credit_note:
        owed = house.books.debit(AccountRole.CREDITORS, amount, **who)
        spent = type(spent)(
            spent.account_id, credit_amount=amount, cost_centre_id=spent.cost_centre_id
        )
    return ledger.draft(
        spent, owed,
        event_key=f"invoice:{invoice.pk}", kind=JournalKind(invoice.kind), document_type="invoice",
        document_id=invoice.pk, document_reference=invoice.number, narrative="Invoice approved",
    )  # fmt: skip


def prepared(house: House, *, at: datetime = NOON, **facts: Any) -> PaymentRun:
    """Prepare a run of whatever is due."""
    chosen = {"payer": PAYER, "pay_on": PAY_ON, "due_by_on": TODAY, **facts}
    with house.acting():
        return prepare_run(preparer=house.preparer, at=at, **chosen).run


def approved(house: House, **facts: Any) -> PaymentRun:
    """Prepare a run, and let a second person approve it."""
    return checked(house, prepared(house, **facts))


def checked(house: House, run: PaymentRun, *, at: datetime = NOON) -> PaymentRun:
    """Let a second person approve a run."""
    with house.acting():
        return approve_run(
            run_id=run.pk, approver=house.checker, frozen_sha256=run.frozen_sha256, at=at
        )


def exported(house: House, **facts: Any) -> PaymentRun:
    """Bring a run as far as its file for the bank."""
    run = approved(house, **facts)
    with house.acting():
        return export_run(run_id=run.pk, payments=house.preparer, at=NOON)


def settled(house: House, *, on: date = PAY_ON, **facts: Any) -> PaymentRun:
    """Bring a run as far as the bank's having paid it."""
    run = exported(house, **facts)
    with house.acting():
        return settle_run(
            run_id=run.pk, payments=house.preparer, settled_on=on,
            at=NOON + timedelta(days=(on - TODAY).days),
        )  # fmt: skip


def by_key(rows: Sequence[Any]) -> dict[UUID, Any]:
    """Return rows by their keys."""
    return {row.pk: row for row in rows}
