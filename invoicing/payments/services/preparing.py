"""Preparing a payment run: everything that is due, brought together and fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.models import Invoice, PaidInvoice, Payment, PaymentRun
from invoicing.payments.accounts import BankAccount
from invoicing.payments.bank_days import is_bank_day, next_bank_day
from invoicing.payments.files import check_file
from invoicing.payments.freezing import Documents, bank_file, frozen_hash
from invoicing.payments.letters import LONGEST_NAME, is_name
from invoicing.payments.rules import LeftOut, Plan, payment_reference, run_number
from invoicing.payments.selectors.due import due_plan, invoices_due
from invoicing.payments.services.checks import check_payer
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year
from marketplace.core.errors import Conflict, Invalid
from marketplace.organisations.services.numbers import next_number

KIND = "payment-run"
# Further ahead nobody knows what will be owed, and bank details grow old.
PAID_WITHIN: Final = timedelta(days=30)


class NothingToPay(Conflict):
    """Nothing is due that could be paid."""

    code = "payment-run.nothing-due"
    title = gettext_lazy("There is nothing to pay.")


class PayDayNotRight(Invalid):
    """Banks cannot pay on this day."""

    code = "payment-run.day-not-right"
    title = gettext_lazy("Banks cannot pay on this day.")


class PayerNotRight(Invalid):
    """What was said of the council's own account cannot be an account."""

    code = "payment-run.payer-not-right"
    title = gettext_lazy("The account that you pay from is not right.")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run, and who was left out of it."""

    run: PaymentRun
    left_out: tuple[LeftOut, ...]


@transaction.atomic
def prepare_run(
    *, preparer: Actor, payer: BankAccount, pay_on: date, due_by_on: date, at: datetime
) -> Prepared:
    """Bring together everything that is approved and due by a day, and fix it.

    Shapes: each supplier gets one payment, its credit notes taken off. Whoever has no account that
    this council made sure of, or of whom nothing is left to pay, is left out.
    Raises: PaymentsNotAllowed; PayDayNotRight; PayerNotRight; NothingToPay; PaymentFileFaulty;
    Busy.
    """
    check_payer(preparer)
    _check_day(pay_on, at)
    _check_account(payer)
    council_id = preparer.organisation_id
    # Held in the order of their keys; whoever prepared a run meanwhile has them, and we ask again.
    held = {each.pk: each for each in invoices_due(council_id, due_by_on).hold()}
    plan = due_plan(council_id, due_by_on, invoice_ids=held.keys())
    if not plan.paid:
        raise NothingToPay(_nothing_why(plan))
    run, payments, documents = _made(plan, held, preparer, payer, pay_on, at)
    check_file(bank_file(run, payments, documents, at))
    run.frozen_sha256 = frozen_hash(run, payments, documents)
    run.save(force_insert=True)
    Payment.objects.bulk_create(payments)
    PaidInvoice.objects.bulk_create([each for part in documents.values() for each in part])
    record(
        "payment-run.prepared",
        run,
        actor=preparer,
        at=at,
        organisation_id=council_id,
        after={
            "pay_on": pay_on,
            "payments": run.payments_count,
            "total_amount": run.total_amount,
            "sha256": run.frozen_sha256,
            "left_out": len(plan.left_out),
        },
    )
    return Prepared(run, plan.left_out)


def _check_day(pay_on: date, at: datetime) -> None:
    today = timezone.localdate(at)
    if pay_on < today:
        raise PayDayNotRight(_("Choose today or a later day."), field="pay_on")
    if pay_on > today + PAID_WITHIN:
        raise PayDayNotRight(
            _("Choose a day within the next %(days)d days, up to %(last)s.")
            % {"days": PAID_WITHIN.days, "last": date_format(today + PAID_WITHIN, "j F Y")},
            field="pay_on",
        )
    if not is_bank_day(pay_on):
        raise PayDayNotRight(
            _("Banks do not pay at weekends or on bank holidays. The next day is %(day)s.")
            % {"day": date_format(next_bank_day(pay_on), "l j F Y")},
            field="pay_on",
        )


def _check_account(payer: BankAccount) -> None:
    if not payer.name.strip():
        raise PayerNotRight(_("Enter the name on the account."), field="payer_name")
    if not is_name(payer.name, LONGEST_NAME):
        raise PayerNotRight(
            _("Write the name as it stands on the account, in letters that banks take: A to Z."),
            field="payer_name",
        )
    if not payer.is_well_formed:
        raise PayerNotRight(
            _("Check the sort code and the account number: six digits, and eight."),
            field="payer_account_number",
        )


def _nothing_why(plan: Plan) -> str:
    if plan.left_out:
        return _("Everybody to whom something is due is left out. Look at the reasons.")
    return _("No approved invoice is due by that day, or others have taken them into a run.")


def _made(
    plan: Plan,
    held: Mapping[UUID, Invoice],
    preparer: Actor,
    payer: BankAccount,
    pay_on: date,
    at: datetime,
) -> tuple[PaymentRun, list[Payment], Documents]:
    """Return the rows of a run with its number, which this takes, and write none of them."""
    council_id = preparer.organisation_id
    year = financial_year(timezone.localdate(at))
    run = PaymentRun(
        council_id=council_id,
        number=run_number(year, next_number(council_id, KIND, year)),
        pay_on=pay_on,
        payer_name=payer.name.strip(),
        payer_sort_code=payer.sorting,
        payer_account_number=payer.number,
        payments_count=len(plan.paid),
        total_amount=plan.total_amount,
        prepared_at=at,
        prepared_by_id=preparer.user_id,
        prepared_by_name=preparer.name,
    )
    payments: list[Payment] = []
    documents: dict[UUID, list[PaidInvoice]] = {}
    for place, each in enumerate(plan.paid, start=1):
        payment = Payment(
            council_id=council_id,
            supplier_id=each.due.supplier_id,
            run=run,
            account_id=each.payee.account_id,
            payee_name=each.payee.name,
            payee_sort_code=each.payee.sort_code,
            payee_account_number=each.payee.account_number,
            end_to_end_id=payment_reference(run.number, place),
            amount=each.due.amount,
        )
        payments.append(payment)
        documents[payment.pk] = [
            PaidInvoice(
                council_id=council_id,
                supplier_id=each.due.supplier_id,
                payment=payment,
                invoice=held[document.invoice_id],
                amount=document.amount,
            )
            for document in each.due.documents
        ]
    return run, payments, documents
