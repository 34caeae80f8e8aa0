"""What is fixed when a run is prepared: its hash, and the payments as the bank will get them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from invoicing.models import PaidInvoice, Payment, PaymentRun
from invoicing.payments import files
from invoicing.payments.accounts import BankAccount
from marketplace.audit.canonical import canonical

# The documents of each payment, by its key, their invoices joined in.
Documents = Mapping[UUID, Sequence[PaidInvoice]]


def frozen_hash(run: PaymentRun, payments: Sequence[Payment], documents: Documents) -> str:
    """Return the hash of everything that will be paid: whom, whereto, how much, and for what.

    Shapes: the order in which rows are given does not matter.
    """
    facts = {
        "council": run.council_id,
        "number": run.number,
        "pay_on": run.pay_on,
        "payer": [run.payer_name, run.payer_sort_code, run.payer_account_number],
        "payments_count": run.payments_count,
        "total_amount": run.total_amount,
        "payments": [
            _payment_facts(each, documents[each.pk])
            for each in sorted(payments, key=lambda payment: payment.end_to_end_id)
        ],
    }
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def _payment_facts(payment: Payment, documents: Sequence[PaidInvoice]) -> dict[str, object]:
    return {
        "reference": payment.end_to_end_id,
        "supplier": payment.supplier_id,
        "account": payment.account_id,
        "payee": [payment.payee_name, payment.payee_sort_code, payment.payee_account_number],
        "amount": payment.amount,
        "documents": [
            [each.invoice_id, each.invoice.number, each.amount]
            for each in sorted(documents, key=lambda document: str(document.invoice_id))
        ],
    }


def bank_file(
    run: PaymentRun, payments: Sequence[Payment], documents: Documents, made_at: datetime
) -> files.PaymentFile:
    """Return a run as the writers of formats take it."""
    payer = BankAccount(run.payer_name, run.payer_sort_code, run.payer_account_number)
    return files.PaymentFile(
        message_id=run.number,
        made_at=made_at,
        initiator=run.payer_name,
        batches=[
            files.Batch(
                payer=payer,
                pay_on=run.pay_on,
                payments=[_paid(each, documents[each.pk]) for each in payments],
            )
        ],
    )


def _paid(payment: Payment, documents: Sequence[PaidInvoice]) -> files.Payment:
    return files.Payment(
        end_to_end_id=payment.end_to_end_id,
        amount=payment.amount,
        payee=BankAccount(
            payment.payee_name, payment.payee_sort_code, payment.payee_account_number
        ),
        documents=[
            files.PaidDocument(
                kind=files.Paid.INVOICE if each.amount > 0 else files.Paid.CREDIT_NOTE,
                number=each.invoice.number,
                dated_on=each.invoice.issued_on,
                amount=abs(each.amount),
            )
            for each in documents
        ],
    )
