"""What several deeds with payments refuse alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.models import Payment, PaymentRun
from invoicing.payments.freezing import Documents, frozen_hash
from invoicing.payments.selectors.runs import payments_to_former_accounts
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Conflict, Forbidden

# Who may see account numbers, approve runs and make sure of accounts; the rest is for PAYERS.
CHECKERS: Final = (Role.PAYMENTS, Role.FINANCE)
PAYERS: Final = (Role.PAYMENTS,)


class PaymentsNotAllowed(Forbidden):
    """This person may not do this with payments."""

    code = "payment.not-allowed"
    title = gettext_lazy("You cannot do this with payments.")


class PayeeChanged(Conflict):
    """Somebody would be paid to an account that does not count any more."""

    code = "payment-run.payee-changed"
    title = gettext_lazy("Bank details have changed since this run was prepared.")
    advice = gettext_lazy("Give the run up, make sure of the account, and prepare it again.")


class RunNotAsFixed(Conflict):
    """What is in the run is not what its hash says."""

    code = "payment-run.not-as-fixed"
    title = gettext_lazy("What is in this run is not what was fixed when it was prepared.")
    advice = gettext_lazy("Do not pay it. Give the run up, and tell whoever runs this marketplace.")


class PayDayPassed(Conflict):
    """The day on which the bank was to pay is over."""

    code = "payment-run.day-passed"
    title = gettext_lazy("The day of this payment run is over.")
    advice = gettext_lazy("Give the run up and prepare it again for another day.")


def check_payer(person: Actor) -> None:
    """Refuse whoever does not pay for a council.

    Raises: PaymentsNotAllowed.
    """
    if person.kind is not OrganisationKind.COUNCIL or not person.holds(*PAYERS):
        raise PaymentsNotAllowed(_("Only payments officers can."))


def check_checker(person: Actor) -> None:
    """Refuse whoever is neither a payments nor a finance officer of a council.

    Raises: PaymentsNotAllowed.
    """
    if person.kind is not OrganisationKind.COUNCIL or not person.holds(*CHECKERS):
        raise PaymentsNotAllowed(_("Only payments officers and finance officers can."))


def check_as_fixed(run: PaymentRun, payments: Sequence[Payment], documents: Documents) -> None:
    """Refuse a run whose rows are not what was fixed, or whose payees have changed.

    Raises: RunNotAsFixed; PayeeChanged.
    """
    if frozen_hash(run, payments, documents) != run.frozen_sha256:
        raise RunNotAsFixed
    names = [each.supplier.name for each in payments_to_former_accounts(run.council_id, payments)]
    if names:
        raise PayeeChanged(
            _(
                "The bank details of %(names)s changed after this run was prepared, or a payment to"
                " them came back. Give the run up, make sure of the account and prepare it again."
            )
            % {"names": ", ".join(names)},
            suppliers=names,
        )


def check_pay_day(pay_on: date, at: datetime) -> None:
    """Refuse a run whose day is over.

    Raises: PayDayPassed.
    """
    if pay_on < timezone.localdate(at):
        raise PayDayPassed(
            _("It was to be paid on %(day)s.") % {"day": date_format(pay_on, "j F Y")}
        )
