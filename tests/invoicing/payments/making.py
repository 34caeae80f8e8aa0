"""Payment files for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from invoicing.payments.accounts import BankAccount
from invoicing.payments.files import Batch, Paid, PaidDocument, Payment, PaymentFile

COUNCIL = BankAccount("Castermere City Council", iban="GB33BUKB20201555555555")
PAYEE = BankAccount("Chairs Ltd", sort_code="20-00-00", account_number="55779911")
PAY_ON = date(2026, 11, 26)


def document(number="INV-1", amount="120.00", kind=Paid.INVOICE):
    return PaidDocument(kind, number, date(2026, 11, 2), Decimal(amount))


def payment(reference="PAY-26-000001", amount="120.00", **facts):
    chosen = {"payee": PAYEE, "documents": (document(amount=amount),), **facts}
    return Payment(reference, Decimal(amount), **chosen)


def batch(*payments, **facts):
    chosen = {"payer": COUNCIL, "pay_on": PAY_ON, "payments": payments or (payment(),), **facts}
    return Batch(**chosen)


def file(*batches, **facts):
    chosen = {
        "message_id": "RUN-26-000007",
        "made_at": datetime(2026, 11, 23, 12, 0, 5, 99, tzinfo=UTC),
        "initiator": "Castermere City Council",
        "batches": batches or (batch(),),
        **facts,
    }
    return PaymentFile(**chosen)
