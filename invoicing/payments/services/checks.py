"""What several deeds with payments refuse alike."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Conflict, Forbidden

# Who may see account numbers, approve runs and make sure of accounts; the rest is for PAYERS.
CHECKERS: Final = (Role.PAYMENTS, Role.FINANCE)
PAYERS: Final = (Role.PAYMENTS,)


class PaymentsNotAllowed(Forbidden):
    """This person may not do this with payments."""

    code = "payment.not-allowed"
    title = gettext_lazy("You cannot do this with payments.")


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


def check_pay_day(pay_on: date, at: datetime) -> None:
    """Refuse a run whose day is over.

    Raises: PayDayPassed.
    """
    if pay_on < timezone.localdate(at):
        raise PayDayPassed(
            _("It was to be paid on %(day)s.") % {"day": date_format(pay_on, "j F Y")}
        )
