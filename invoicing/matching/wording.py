"""The words for how an invoice differs from its order: what differs, and what to do.

The rules give codes and figures, so that they stay free of languages. The same words stand on the
finance officer's page and in what the supplier is told, since a dispute must be said to the payee
(Procurement Act 2023 s.68).
"""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.matching.rules import Code, Finding
from marketplace.core.actors import Role
from marketplace.core.unit_labels import EACH, sold_by, unit_label

# Code: what differs, what to do, and whose it is to put right.
_WORDS = {
    Code.NOT_ORDERED: (
        gettext_lazy("Line %(place)s is not on the order (%(asked)s)."),
        gettext_lazy("Say which line of the order it is. Send the invoice back if it is none."),
        Role.BUYER,
    ),
    Code.ON_NO_LINE: (
        gettext_lazy("Line %(place)s (%(asked)s) is on no line of the order, the council says."),
        gettext_lazy(
            "If it is owed, let it through: whoever approves it says who pays."
            " Send it back if it is not."
        ),
        Role.BUYER,
    ),
    Code.AMBIGUOUS: (
        gettext_lazy("Line %(place)s could be any of several lines of the order (%(asked)s)."),
        gettext_lazy("Say which one it is. Ask the supplier if you cannot tell."),
        Role.BUYER,
    ),
    Code.OTHER_GOODS: (
        gettext_lazy("Line %(place)s names an order line for %(agreed)s but bills %(asked)s."),
        gettext_lazy("Check what was delivered, and say which line of the order it is."),
        Role.BUYER,
    ),
    Code.UNIT: (
        gettext_lazy("Line %(place)s is priced %(asked)s. It was ordered %(agreed)s."),
        gettext_lazy("Ask the supplier for an invoice in the unit that was ordered."),
        Role.BUYER,
    ),
    Code.PRICE: (
        gettext_lazy("Line %(place)s costs %(asked)s %(per)s. %(agreed)s was agreed."),
        gettext_lazy("Accept the price with a reason, or send the invoice back."),
        Role.BUYER,
    ),
    Code.CHEAPER: (
        gettext_lazy("Line %(place)s costs %(asked)s %(per)s, below the %(agreed)s agreed."),
        gettext_lazy("Nothing to do."),
        Role.BUYER,
    ),
    Code.BEYOND_ORDERED: (
        gettext_lazy(
            "With line %(place)s, the quantity billed is %(asked)s. The order is for %(agreed)s."
        ),
        gettext_lazy("Send the invoice back, or ask for a credit note."),
        Role.BUYER,
    ),
    Code.BEYOND_RECEIVED: (
        gettext_lazy(
            "With line %(place)s, the quantity billed is %(asked)s. What has come is %(agreed)s."
        ),
        gettext_lazy("Write down what has come. The invoice is checked again by itself."),
        Role.RECEIVER,
    ),
    Code.LINE_TOTAL: (
        gettext_lazy("With line %(place)s, %(asked)s is billed. The order comes to %(agreed)s."),
        gettext_lazy("Accept the difference with a reason, or send the invoice back."),
        Role.BUYER,
    ),
    Code.VAT_RATE: (
        gettext_lazy("Line %(place)s has VAT at %(asked)s%%. The order has %(agreed)s%%."),
        gettext_lazy("Find out which rate is right, and accept it or send the invoice back."),
        Role.FINANCE,
    ),
    Code.CHARGE: (
        gettext_lazy("With this invoice, charges come to %(asked)s. %(agreed)s was agreed."),
        gettext_lazy("Accept the charges with a reason, or send the invoice back."),
        Role.BUYER,
    ),
    Code.VAT_BEYOND: (
        gettext_lazy(
            "It asks for %(asked)s of VAT. Its lines and charges bear no more than %(agreed)s."
        ),
        gettext_lazy("Send it back, and ask for an invoice with no more VAT than is due."),
        Role.FINANCE,
    ),
    Code.PAYABLE_BEYOND: (
        gettext_lazy("It asks for %(asked)s. Its lines, charges and VAT come to %(agreed)s."),
        gettext_lazy("Send it back, and ask for an invoice over what is owed."),
        Role.FINANCE,
    ),
    Code.MORE_TAKEN_BACK: (
        gettext_lazy("With line %(place)s, more is taken back than was ever billed."),
        gettext_lazy("Send it back to the supplier."),
        Role.FINANCE,
    ),
    Code.NOT_BILLED: (
        gettext_lazy("Line %(place)s gives back %(asked)s of something that was not billed."),
        gettext_lazy("Find the invoice that it belongs to, or send the credit note back."),
        Role.FINANCE,
    ),
    Code.CREDIT_TOO_LARGE: (
        gettext_lazy("Line %(place)s gives back %(asked)s. Only %(agreed)s is left to give back."),
        gettext_lazy("Send the credit note back to the supplier."),
        Role.FINANCE,
    ),
    Code.CREDIT_BEYOND_BILLED: (
        gettext_lazy("Line %(place)s takes back %(asked)s. Only %(agreed)s is still billed."),
        gettext_lazy("Send the credit note back to the supplier."),
        Role.FINANCE,
    ),
    Code.VAT_SHORT: (
        gettext_lazy("It gives back %(asked)s of VAT. It should be %(agreed)s or more."),
        gettext_lazy("Send it back, and ask for a credit note with all the VAT that was asked."),
        Role.FINANCE,
    ),
    Code.GIVES_BACK_LESS: (
        gettext_lazy("It gives back %(asked)s in all. Its lines and VAT come to %(agreed)s."),
        gettext_lazy("Send it back, and ask for a credit note over all that comes back."),
        Role.FINANCE,
    ),
}  # fmt: skip

_MONEY = frozenset(
    {
        Code.LINE_TOTAL, Code.CHARGE, Code.VAT_BEYOND, Code.PAYABLE_BEYOND, Code.MORE_TAKEN_BACK,
        Code.NOT_BILLED, Code.CREDIT_TOO_LARGE, Code.VAT_SHORT, Code.GIVES_BACK_LESS,
    }
)  # fmt: skip
_QUANTITIES = frozenset({Code.BEYOND_ORDERED, Code.BEYOND_RECEIVED, Code.CREDIT_BEYOND_BILLED})
_PRICES = frozenset({Code.PRICE, Code.CHEAPER})
# Of which the two things that differ are figures; of all others they are texts, whatever they look
# like: a part number may be "00123" or "1E9".
FIGURES = _MONEY | _QUANTITIES | _PRICES | {Code.VAT_RATE}


def difference(finding: Finding) -> str:
    """Return in words what differs, and that it may, where the council allows it."""
    said = str(_WORDS[finding.code][0]) % {
        "place": finding.place,
        "agreed": _figure(finding, finding.agreed),
        "asked": _figure(finding, finding.asked),
        "per": sold_by(finding.unit, 1),
    }
    return f"{said} {_('The council allows this much.')}" if finding.is_allowed else said


def what_to_do(finding: Finding) -> str:
    """Return in words what somebody can do about it."""
    if finding.is_allowed:
        return _("Nothing to do.")
    return str(_WORDS[finding.code][1])


def owner_of(code: Code) -> Role:
    """Return the role whose work it is to put such a difference right."""
    return _WORDS[code][2]


def _figure(finding: Finding, figure: Decimal | str) -> str:
    code = finding.code
    if code is Code.UNIT:
        return sold_by(str(figure), 1)
    if isinstance(figure, str):
        return figure or _("no part number")
    if code in _MONEY:
        return f"£{figure:,.2f}"
    if code in _PRICES:
        whole, _dot, places = f"{figure:,f}".partition(".")
        return f"£{whole}.{places.rstrip('0').ljust(2, '0')}"
    plain = f"{figure.normalize():,f}"
    if code in _QUANTITIES and finding.unit not in EACH:
        return f"{plain} × {unit_label(finding.unit)}"
    return plain
