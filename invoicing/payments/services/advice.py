"""Letters about payments: what is paid and for what, what came back, and new bank details.

Accounts are named by their last digits: letters are read by others than those who pay.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from invoicing.models import PaidInvoice, Payment, PaymentRun, SupplierAccount
from invoicing.payments.links import (
    payees_link,
    supplier_accounts_link,
    supplier_payment_link,
)
from invoicing.payments.selectors.accounts import payee_account
from invoicing.payments.selectors.runs import documents_in, payments_in
from marketplace.core.actors import Role
from marketplace.notifications.services import notify
from marketplace.organisations.models import Organisation
from marketplace.organisations.selectors.people import live_keepers


def advise_payees(*, council_id: UUID, run_id: UUID, at: datetime) -> int:
    """Owe each supplier of a run a message that says what is paid, once; return how many.

    Shapes: a supplier without an email address finds it in the marketplace.
    Raises: Missing.
    """
    run = PaymentRun.objects.of(council_id).select_related("council").one(run_id)
    documents = documents_in(run)
    told = [each for each in payments_in(run) if each.supplier.email and each.failed_at is None]
    for payment in told:
        notify(
            organisation_id=council_id,
            to=payment.supplier.email,
            subject=_("%(council)s is paying you £%(amount)s")
            % {"council": run.council.name, "amount": f"{payment.amount:,.2f}"},
            body=_advice(run, payment, documents[payment.pk]),
            key=f"remittance:{payment.pk}",
            link=supplier_payment_link(payment.pk),
            at=at,
        )
    return len(told)


def _advice(run: PaymentRun, payment: Payment, documents: Sequence[PaidInvoice]) -> str:
    """Return what a supplier reads of a payment; of its account only the last digits."""
    lines = [
        _("%(number)s of %(day)s: £%(amount)s")
        % {
            "number": each.invoice.number,
            "day": date_format(each.invoice.issued_on, "j F Y"),
            "amount": f"{each.amount:,.2f}",
        }
        for each in documents
    ]
    words = _(
        "%(council)s pays you £%(amount)s on %(day)s, to your account ending in %(ending)s.\n\n"
        "Reference: %(reference)s\n\nFor:\n%(lines)s"
    )
    return words % {
        "council": run.council.name,
        "amount": f"{payment.amount:,.2f}",
        "day": date_format(run.pay_on, "j F Y"),
        "ending": payment.payee_account_number[-4:],
        "reference": payment.end_to_end_id,
        "lines": "\n".join(lines),
    }


def tell_of_failure(failed: Payment, at: datetime) -> None:
    """Owe a supplier the news that a payment came back; its account may be shut."""
    supplier = Organisation.objects.get(pk=failed.supplier_id)
    if not supplier.email:
        return
    council = Organisation.objects.get(pk=failed.council_id)
    facts = {
        "council": council.name,
        "amount": f"{failed.amount:,.2f}",
        "ending": failed.payee_account_number[-4:],
        "reason": failed.failed_reason,
    }
    notify(
        organisation_id=failed.council_id,
        to=supplier.email,
        subject=_("A payment from %(council)s came back") % facts,
        body=_(
            "%(council)s tried to pay you £%(amount)s, to your account ending in %(ending)s. The"
            " bank gave it back: %(reason)s\n\nCheck the bank details that you gave. You will be"
            " paid again."
        )
        % facts,
        key=f"payment-failed:{failed.pk}",
        link=supplier_payment_link(failed.pk),
        at=at,
    )


def tell_of_own_account(company: Organisation, account: SupplierAccount, at: datetime) -> None:
    """Tell the address that councils know, so that a stranger’s change does not go unseen."""
    if not company.email:
        return
    notify(
        organisation_id=company.pk,
        to=company.email,
        subject=_("Your bank details have changed"),
        body=_(
            "%(person)s changed where councils pay %(supplier)s: to the account %(account)s.\n\n"
            "If this is wrong, change it back at once, and call your councils."
        )
        % {
            "person": account.added_by_name,
            "supplier": company.name,
            "account": account.reference,
        },
        key=f"account:{account.pk}",
        link=supplier_accounts_link(),
        at=at,
    )


def tell_of_account(*, council_id: UUID, account_id: UUID, at: datetime) -> int:
    """Owe a council's payments officers the news that a supplier wants to be paid elsewhere.

    Shapes: once a person; returns how many. The account is named by its last digits.
    Raises: Missing.
    """
    account = payee_account(council_id, account_id)
    people = live_keepers(council_id, Role.PAYMENTS).select_related("user").order_by("pk")
    facts = {
        "supplier": account.supplier.name,
        "account": account.reference,
        "person": account.added_by_name,
    }
    for each in people:
        notify(
            organisation_id=council_id,
            to=each.user.email,
            subject=_("%(supplier)s has new bank details") % facts,
            body=_(
                "%(person)s of %(supplier)s says that it wants to be paid to the account"
                " %(account)s.\n\nNothing is paid there before somebody at the council has made"
                " sure. Call the supplier, with a number that you knew before, and not with one"
                " from a letter or an email about this change."
            )
            % facts,
            key=f"account:{account.pk}:{each.pk}",
            link=payees_link(),
            at=at,
        )
    return len(people)
