"""The words for what our judges find: what is wrong, and what to do about it.

They are read by the supplier, who is told at once, and by the finance officer.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.judging.findings import Code, Finding

_CORRECT = gettext_lazy("Correct the invoice and send it again.")
_CHECK = gettext_lazy("Check the figure with the supplier before you pay.")

# Code: what is wrong; what to do.
_WORDS: Final = {
    Code.SCHEMA: (
        gettext_lazy("At line %(where)s the file is not as its format prescribes: %(text)s"),
        gettext_lazy("Ask whoever made your accounting software to mend it."),
    ),
    Code.NOT_JUDGED: (
        gettext_lazy("The official rules could not be run on this file: %(text)s"),
        gettext_lazy("Send the file again. If it happens again, tell us."),
    ),
    Code.NOT_UNDERSTOOD: (
        gettext_lazy("“%(actual)s” at %(where)s has no place in the standard and was not used."),
        gettext_lazy("Read it, in case it says something that matters."),
    ),
    Code.UNLISTED: (
        gettext_lazy("More values have no place in the standard. Not listed here: %(actual)s."),
        gettext_lazy("Look at the file itself: it is not an everyday invoice."),
    ),
    Code.MALFORMED: (
        gettext_lazy("“%(actual)s” at %(where)s is not a value that can stand there."),
        _CORRECT,
    ),
    Code.MISSING: (gettext_lazy("%(where)s is missing."), _CORRECT),
    Code.PROFILE: (
        gettext_lazy("It says that it follows “%(actual)s”, not the European standard."),
        gettext_lazy("Nothing to do if it passes the official rules."),
    ),
    Code.KIND: (
        gettext_lazy(
            "The file is written as %(actual)s, but its type %(text)s is for %(expected)s."
        ),
        gettext_lazy("Find out whether money is asked for or given back."),
    ),
    Code.LINE_NET: (
        gettext_lazy("Quantity times price comes to %(expected)s, but the line says %(actual)s."),
        _CHECK,
    ),
    Code.LINE_REPEATED: (
        gettext_lazy("The line number %(line)s is used more than once."),
        gettext_lazy("Look whether the same thing is charged twice."),
    ),
    Code.PRICE_NEGATIVE: (
        gettext_lazy("The price is below nought (%(actual)s)."),
        gettext_lazy("To give something back, make the quantity negative and send it again."),
    ),
    Code.PRICE_DISCOUNT: (
        gettext_lazy("List price less discount is %(expected)s, but the price is %(actual)s."),
        _CHECK,
    ),
    Code.PERCENTAGE: (
        gettext_lazy("The percentage comes to %(expected)s, but %(actual)s was taken."),
        _CHECK,
    ),
    Code.PLACES: (
        gettext_lazy("%(actual)s has more than two decimal places (%(where)s)."),
        _CORRECT,
    ),
    Code.SUM_OF_LINES: (
        gettext_lazy("The lines come to %(expected)s, but the invoice says %(actual)s."),
        _CORRECT,
    ),
    Code.SUM_OF_ALLOWANCES: (
        gettext_lazy("The discounts come to %(expected)s, but the invoice says %(actual)s."),
        _CORRECT,
    ),
    Code.SUM_OF_CHARGES: (
        gettext_lazy("The charges come to %(expected)s, but the invoice says %(actual)s."),
        _CORRECT,
    ),
    Code.NET_TOTAL: (
        gettext_lazy("The total without VAT should be %(expected)s, but says %(actual)s."),
        _CORRECT,
    ),
    Code.VAT_TOTAL: (
        gettext_lazy("The VAT comes to %(expected)s, but the invoice says %(actual)s."),
        _CORRECT,
    ),
    Code.GROSS_TOTAL: (
        gettext_lazy("The total with VAT should be %(expected)s, but says %(actual)s."),
        _CORRECT,
    ),
    Code.PAYABLE: (
        gettext_lazy("The amount to pay should be %(expected)s, but says %(actual)s."),
        _CORRECT,
    ),
    Code.VAT_BASE: (
        gettext_lazy("What is taxed at %(text)s comes to %(expected)s, but says %(actual)s."),
        _CHECK,
    ),
    Code.VAT_AMOUNT: (
        gettext_lazy(
            "VAT at %(text)s is %(actual)s. However it is rounded, it should be %(expected)s."
        ),
        gettext_lazy("Ask for a corrected invoice: VAT that is not due cannot be reclaimed."),
    ),
    Code.VAT_ROUNDING: (
        gettext_lazy("VAT was rounded in another allowed way: %(actual)s, not %(expected)s."),
        gettext_lazy("Nothing to do."),
    ),
    Code.ROUNDING: (
        gettext_lazy("%(actual)s was added as rounding. No more than %(expected)s is rounding."),
        _CHECK,
    ),
    Code.PREPAID: (
        gettext_lazy("%(actual)s is said to have been paid already."),
        gettext_lazy("Send it back, and ask for an invoice over what is still to be paid."),
    ),
    Code.CREDIT_DUE: (
        gettext_lazy("The amount to pay is below nought: the supplier owes %(actual)s."),
        gettext_lazy("Treat it as money to come back."),
    ),
    Code.CURRENCY: (
        gettext_lazy("The invoice is in %(actual)s, not %(expected)s."),
        gettext_lazy("Look at the order: was another currency agreed?"),
    ),
    Code.VAT_RATE: (
        gettext_lazy(
            "VAT of %(actual)s in category %(text)s did not exist on the day. It was %(expected)s."
        ),
        gettext_lazy("Ask for an invoice at the right rate."),
    ),
    Code.VAT_NUMBER: (
        gettext_lazy("%(actual)s cannot be a United Kingdom VAT number."),
        gettext_lazy("Check the number with HMRC before you reclaim the VAT."),
    ),
    Code.REVERSE_CHARGE: (
        gettext_lazy("VAT is left for the council to account for (reverse charge)."),
        gettext_lazy("Check that the council is not an end user for this work."),
    ),
    Code.IBAN: (
        gettext_lazy("The bank account %(actual)s does not exist: its check digits are wrong."),
        gettext_lazy("Pay only to the account that was verified for this supplier."),
    ),
    Code.SORT_CODE: (
        gettext_lazy("“%(actual)s” is not a sort code of six digits."),
        gettext_lazy("Pay only to the account that was verified for this supplier."),
    ),
    Code.ACCOUNT_NUMBER: (
        gettext_lazy("“%(actual)s” is not an account number of eight digits."),
        gettext_lazy("Pay only to the account that was verified for this supplier."),
    ),
    Code.NO_ORDER: (
        gettext_lazy("The invoice does not name the council’s order."),
        gettext_lazy("Put the order number in the invoice (BT-13) and send it again."),
    ),
    Code.ISSUED_LATER: (
        gettext_lazy("The invoice is dated %(actual)s, which is still to come."),
        gettext_lazy("The time to pay runs from the day it came, not from that day."),
    ),
    Code.DUE_BEFORE_ISSUE: (
        gettext_lazy("It is due on %(actual)s, before it was issued on %(expected)s."),
        gettext_lazy("The 30 days of the contract hold."),
    ),
    Code.UNIT: (
        gettext_lazy("“%(actual)s” is not the code of a unit. %(expected)s was probably meant."),
        gettext_lazy("Use the code of UN/ECE Recommendation 20."),
    ),
}


def said(finding: Finding) -> str:
    """Return what is wrong, in a sentence; of an official rule, its own English words."""
    if finding.code not in _WORDS:
        return finding.text
    sentence = str(_WORDS[Code(finding.code)][0]) % {
        "where": finding.where, "line": finding.line, "text": finding.text,
        "expected": finding.expected, "actual": finding.actual,
    }  # fmt: skip
    if finding.line and finding.code != Code.LINE_REPEATED:
        return _("Line %(line)s: %(sentence)s") % {"line": finding.line, "sentence": sentence}
    return sentence


def advice(finding: Finding) -> str:
    """Return what to do about a finding."""
    if finding.code not in _WORDS:
        return str(_CORRECT)
    return str(_WORDS[Code(finding.code)][1])
