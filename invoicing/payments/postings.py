"""What payments are in double entry. The journals of a run count on the day of the deed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from invoicing.models import Payment, PaymentRun
from marketplace.ledger.rules import JournalDraft, Posting
from marketplace.ledger.states import AccountRole, JournalKind

Accounts = Mapping[AccountRole, UUID]
# Books are kept in one language, whoever pays.
in_the_books_words = override(settings.LANGUAGE_CODE)


@in_the_books_words
def payment_draft(
    payment: Payment, accounts: Accounts, dated_on: date, pay_on: date
) -> JournalDraft:
    """Return what the bank was told to pay: it is owed no more, and is on its way."""
    return JournalDraft(
        event_key=f"payment:{payment.pk}",
        kind=JournalKind.PAYMENT,
        dated_on=dated_on,
        document_on=pay_on,
        document_type="payment",
        document_id=payment.pk,
        document_reference=payment.end_to_end_id,
        narrative=_("Payment to %(name)s") % {"name": payment.payee_name},
        postings=[
            Posting(
                accounts[AccountRole.CREDITORS],
                debit_amount=payment.amount,
                supplier_id=payment.supplier_id,
            ),
            Posting(
                accounts[AccountRole.CASH_IN_TRANSIT],
                credit_amount=payment.amount,
                supplier_id=payment.supplier_id,
            ),
        ],
    )


@in_the_books_words
def settlement_draft(
    run: PaymentRun, amount: Decimal, accounts: Accounts, settled_on: date
) -> JournalDraft:
    """Return what the bank took off the account: nothing of it is on its way any more."""
    return JournalDraft(
        event_key=f"settlement:{run.pk}",
        kind=JournalKind.BANK,
        dated_on=settled_on,
        document_on=settled_on,
        document_type="payment-run",
        document_id=run.pk,
        document_reference=run.number,
        narrative=_("Payment run %(number)s left the bank") % {"number": run.number},
        postings=[
            Posting(accounts[AccountRole.CASH_IN_TRANSIT], debit_amount=amount),
            Posting(accounts[AccountRole.BANK], credit_amount=amount),
        ],
    )


@in_the_books_words
def failure_draft(
    payment: Payment, accounts: Accounts, failed_on: date, *, came_back_to: AccountRole
) -> JournalDraft:
    """Return what the bank gave back: it is owed again.

    Shapes: it came back to what was on its way, or to the bank's account if it had left that.
    """
    return JournalDraft(
        event_key=f"payment-failed:{payment.pk}",
        kind=JournalKind.BANK,
        dated_on=failed_on,
        document_on=failed_on,
        document_type="payment",
        document_id=payment.pk,
        document_reference=payment.end_to_end_id,
        narrative=_("Payment to %(name)s came back") % {"name": payment.payee_name},
        postings=[
            Posting(accounts[came_back_to], debit_amount=payment.amount),
            Posting(
                accounts[AccountRole.CREDITORS],
                credit_amount=payment.amount,
                supplier_id=payment.supplier_id,
            ),
        ],
    )
