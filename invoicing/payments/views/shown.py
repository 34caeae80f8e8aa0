"""How accounts are shown, and to whom; and the words for why somebody is not paid."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from invoicing.payments.rules import Why
from marketplace.core.actors import Actor

READERS: Final = ("payments", "finance", "auditor")
CHECKERS: Final = ("payments", "finance")

WHY_WORDS: Final[dict[Why, Any]] = {
    Why.NO_ACCOUNT: _("The supplier has not said where it wants to be paid."),
    Why.NOT_CONFIRMED: _("Nobody here has made sure of its bank details."),
    Why.CAME_BACK: _("A payment to its account came back. Make sure of the account again."),
    Why.NOTHING_LEFT: _("Its credit notes take away all that is due."),
    Why.TOO_LARGE: _("It is more than banks take in one payment."),
    Why.FULL: _("This run is full. Prepare another for the rest."),
}


def digits(reader: Actor, sort_code: str, account_number: str) -> str:
    """Return an account as `reader` may see it: whole to those who pay, to others its ending."""
    if not reader.holds(*CHECKERS):
        return f"••••{account_number[-4:]}"
    pairs = "-".join(sort_code[place : place + 2] for place in (0, 2, 4))
    return f"{pairs} {account_number}"
