"""A payment file before it is written in any bank's format, and what would make it unfit.

Neutral: the writers of formats (pain001) take it, and whoever pays makes it from a frozen run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.payments.accounts import BankAccount
from invoicing.payments.letters import LONGEST_NAME, is_name, is_reference
from marketplace.core.errors import FieldProblem, Invalid

LONGEST_REFERENCE: Final = 35
# Batches are called after the file, with a number of up to four digits behind.
LONGEST_MESSAGE_ID: Final = LONGEST_REFERENCE - 5
LARGEST_AMOUNT: Final = Decimal("999999999.99")


class PaymentFileFaulty(Invalid):
    """Something in it would be refused by the bank, or paid to nobody."""

    code = "payment-file.faulty"
    title = gettext_lazy("This payment file cannot be made.")


class Paid(StrEnum):
    """What kind of document a payment settles."""

    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"


@dataclass(frozen=True, slots=True)
class PaidDocument:
    """One document that a payment settles. Units: `amount` in GBP, more than nought."""

    kind: Paid
    number: str
    dated_on: date
    amount: Decimal

    @property
    def signed_amount(self) -> Decimal:
        """Return what it adds to the payment: a credit note takes away."""
        return self.amount if self.kind == Paid.INVOICE else -self.amount


@dataclass(frozen=True, slots=True)
class Payment:
    """What one supplier is paid.

    Shapes: `end_to_end_id` is our own key, unique for ever: the bank's answers carry it. `note` is
    said to the supplier if no documents are named; the documents come to the amount.
    Units: GBP.
    """

    end_to_end_id: str
    amount: Decimal
    payee: BankAccount
    documents: Sequence[PaidDocument] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is paid from one account on one day.

    Shapes: `service_level` is a code that the bank asks for (ISO 20022), or nothing.
    """

    payer: BankAccount
    pay_on: date
    payments: Sequence[Payment]
    service_level: str = ""


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """A whole file. Shapes: `made_at` has a time zone; one batch an account and day."""

    message_id: str
    made_at: datetime
    initiator: str
    batches: Sequence[Batch]

    @property
    def payments(self) -> list[Payment]:
        """Return the payments of all batches in their order."""
        return [payment for batch in self.batches for payment in batch.payments]


@dataclass(frozen=True, slots=True)
class ChangedText:
    """A text that reaches the bank otherwise than we have it, and where it stands."""

    pointer: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """The bytes, what they come to, and what could not be written as it is. Units: GBP."""

    content: bytes
    sha256: str
    count: int
    total_amount: Decimal
    changed: tuple[ChangedText, ...]


def total(payments: Iterable[Payment]) -> Decimal:
    """Return what payments come to."""
    return sum((each.amount for each in payments), Decimal("0.00"))


def check_file(file: PaymentFile) -> None:
    """Refuse a file that a bank would refuse, or that would pay somebody twice.

    Raises: PaymentFileFaulty with one problem for each thing that is wrong.
    """
    problems = [*_file_problems(file), *_repeated(file)]
    for place, batch in enumerate(file.batches):
        problems += _batch_problems(f"batches/{place}", batch)
    if problems:
        raise PaymentFileFaulty(problems[0].detail, errors=problems)


def _file_problems(file: PaymentFile) -> Iterator[FieldProblem]:
    if not is_reference(file.message_id, LONGEST_MESSAGE_ID):
        yield FieldProblem(
            "message_id", _("The file’s reference has letters that banks do not take.")
        )
    if file.made_at.tzinfo is None:
        raise ValueError("The instant has no time zone.")
    if not file.initiator.strip():
        yield FieldProblem("initiator", _("The file does not say who sends it."))
    if not file.batches:
        yield FieldProblem("batches", _("There is nothing to pay."))


def _repeated(file: PaymentFile) -> Iterator[FieldProblem]:
    batches: set[tuple[str, str, date]] = set()
    for place, batch in enumerate(file.batches):
        key = (batch.payer.sorting, batch.payer.number, batch.pay_on)
        if key in batches:
            yield FieldProblem(
                f"batches/{place}", _("There is one batch for an account and a day already.")
            )
        batches.add(key)
    references: set[str] = set()
    for payment in file.payments:
        if payment.end_to_end_id in references:
            yield FieldProblem(
                "payments",
                _("The reference %(reference)s stands for two payments.")
                % {"reference": payment.end_to_end_id},
            )
        references.add(payment.end_to_end_id)


def _batch_problems(pointer: str, batch: Batch) -> Iterator[FieldProblem]:
    if not is_name(batch.payer.name, LONGEST_NAME):
        yield FieldProblem(
            f"{pointer}/payer", _("Nothing of the name that you pay from is left for the bank.")
        )
    if not batch.payer.is_well_formed:
        yield FieldProblem(
            f"{pointer}/payer",
            _("Check the sort code and account number that %(name)s pays from.")
            % {"name": batch.payer.name},
        )
    if batch.service_level and not (batch.service_level.isalnum() and len(batch.service_level) < 5):
        yield FieldProblem(f"{pointer}/service_level", _("A service level has up to four letters."))
    if not batch.payments:
        yield FieldProblem(pointer, _("There is nothing to pay."))
    for place, payment in enumerate(batch.payments):
        yield from _payment_problems(f"{pointer}/payments/{place}", payment)


def _payment_problems(pointer: str, payment: Payment) -> Iterator[FieldProblem]:
    facts = {"name": payment.payee.name or payment.end_to_end_id}
    if not is_reference(payment.end_to_end_id, LONGEST_REFERENCE):
        yield FieldProblem(
            f"{pointer}/end_to_end_id",
            _("The reference of the payment to %(name)s has letters that banks do not take.")
            % facts,
        )
    if not payment.payee.is_well_formed:
        yield FieldProblem(
            f"{pointer}/payee", _("Check the sort code and account number of %(name)s.") % facts
        )
    if not is_name(payment.payee.name, LONGEST_NAME):
        yield FieldProblem(
            f"{pointer}/payee",
            _("Nothing of the name “%(name)s” is left in letters that banks take.") % facts,
        )
    if not _is_payable(payment.amount):
        yield FieldProblem(
            f"{pointer}/amount",
            _("%(name)s cannot be paid this amount: a penny at least, and below a billion pounds.")
            % facts,
        )
    elif payment.documents and _documents_amount(payment) != payment.amount:
        yield FieldProblem(
            f"{pointer}/documents",
            _("What is paid to %(name)s is not what the documents come to.") % facts,
        )


def _is_payable(amount: Decimal) -> bool:
    return (
        amount.is_finite()
        and 0 < amount <= LARGEST_AMOUNT
        and amount == amount.quantize(Decimal("0.01"))
    )


def _documents_amount(payment: Payment) -> Decimal:
    return sum((each.signed_amount for each in payment.documents), Decimal(0))
