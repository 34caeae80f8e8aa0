"""The shapes of payment runs, payments and accounts. Accounts are named by their last digits.

Why: a token is kept in some program's settings; whole account numbers leave in the file for the
bank alone, and that is noted each time.
"""

from __future__ import annotations

from typing import Any, Final

from rest_framework import serializers

from invoicing.payments.rules import Why
from invoicing.states import RunStatus

ID: Final = "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b21"
HASH: Final = "9e107d9d372bb6826bd81d3542a419d6e8b1c3f0a7d2459cb0f1e6d7a8c9b0d1"

RUN_EXAMPLE: Final = {
    "id": ID,
    "number": "PAY-26-000007",
    "status": "PREPARED",
    "pay_on": "2026-11-26",
    "payer_name": "Castermere City Council",
    "payer_account": "••••5555",
    "payments_count": 41,
    "total_amount": "48210.17",
    "frozen_sha256": HASH,
    "prepared_at": "2026-11-23T09:30:00Z",
    "prepared_by_name": "Amira Siddiqui",
    "approved_at": None,
    "approved_by_name": "",
    "exported_at": None,
    "settled_on": None,
    "void_at": None,
    "void_reason": "",
}
DOCUMENT_EXAMPLE: Final = {
    "invoice_id": ID, "number": "INV-1042", "issued_on": "2026-10-23", "amount": "120.00",
}  # fmt: skip
PAYMENT_EXAMPLE: Final = {
    "id": ID,
    "reference": "PAY-26-000007-0001",
    "council": "Castermere City Council",
    "supplier": "Chairs Ltd",
    "account": "••••9911",
    "amount": "120.00",
    "sent_at": "2026-11-23T11:00:00Z",
    "settled_on": None,
    "failed_at": None,
    "failed_reason": "",
    "documents": [DOCUMENT_EXAMPLE],
}
PAYEE_EXAMPLE: Final = {
    "id": ID,
    "supplier_id": ID,
    "supplier": "Chairs Ltd",
    "name": "Chairs Ltd",
    "account": "••••9911",
    "added_at": "2026-11-20T10:00:00Z",
    "added_by_name": "Sal Seller",
}


def ending(number: str) -> str:
    """Return an account by its last digits."""
    return f"••••{number[-4:]}"


class RunShape(serializers.Serializer[Any]):
    """One payment run. Amounts are in GBP."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField([each.value for each in RunStatus])
    pay_on = serializers.DateField(help_text="The day on which the bank is to pay.")
    payer_name = serializers.CharField()
    payer_account = serializers.SerializerMethodField(help_text="By its last digits.")
    payments_count = serializers.IntegerField()
    total_amount = serializers.DecimalField(max_digits=16, decimal_places=2)
    frozen_sha256 = serializers.CharField(help_text="Of everything that it pays; approve this.")
    prepared_at = serializers.DateTimeField()
    prepared_by_name = serializers.CharField()
    approved_at = serializers.DateTimeField(allow_null=True)
    approved_by_name = serializers.CharField()
    exported_at = serializers.DateTimeField(allow_null=True)
    settled_on = serializers.DateField(allow_null=True)
    void_at = serializers.DateTimeField(allow_null=True)
    void_reason = serializers.CharField()

    def get_payer_account(self, run: Any) -> str:  # noqa: ANN401  # a row or an example
        """Return the account that it pays from."""
        return ending(run.payer_account_number)


class DocumentShape(serializers.Serializer[Any]):
    """An invoice in a payment, or a credit note, whose amount is below nought."""

    invoice_id = serializers.UUIDField()
    number = serializers.CharField(source="invoice.number")
    issued_on = serializers.DateField(source="invoice.issued_on")
    amount = serializers.DecimalField(max_digits=16, decimal_places=2)


class PaymentShape(serializers.Serializer[Any]):
    """What one supplier is paid, and for what."""

    id = serializers.UUIDField()
    reference = serializers.CharField(source="end_to_end_id", help_text="On bank statements.")
    council = serializers.CharField(source="council.name")
    supplier = serializers.CharField(source="supplier.name")
    account = serializers.SerializerMethodField(help_text="By its last digits.")
    amount = serializers.DecimalField(max_digits=16, decimal_places=2)
    sent_at = serializers.DateTimeField(allow_null=True, help_text="When the bank’s file was made.")
    settled_on = serializers.DateField(allow_null=True, help_text="When the bank paid it.")
    failed_at = serializers.DateTimeField(allow_null=True)
    failed_reason = serializers.CharField()
    documents = DocumentShape(many=True, source="listed_documents")

    def get_account(self, payment: Any) -> str:  # noqa: ANN401  # a row or an example
        """Return the account that it goes to."""
        return ending(payment.payee_account_number)


class PayeeShape(serializers.Serializer[Any]):
    """Where a supplier wants to be paid."""

    id = serializers.UUIDField()
    supplier_id = serializers.UUIDField()
    supplier = serializers.CharField(source="supplier.name")
    name = serializers.CharField(help_text="On the account.")
    account = serializers.CharField(source="reference", help_text="By its last digits.")
    added_at = serializers.DateTimeField()
    added_by_name = serializers.CharField()


class DueShape(serializers.Serializer[Any]):
    """What one supplier would be paid."""

    supplier_id = serializers.UUIDField()
    amount = serializers.DecimalField(max_digits=16, decimal_places=2)
    documents_count = serializers.IntegerField()


class LeftOutShape(DueShape):
    """What one supplier would not be paid, and why."""

    why = serializers.ChoiceField([each.value for each in Why])
