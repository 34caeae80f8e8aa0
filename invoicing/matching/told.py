"""The words for findings that were kept: what is wrong, and what to do, whoever found it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.judging import findings as judged
from invoicing.judging import wording as judges
from invoicing.matching import rules, wording
from invoicing.matching.duplicates import Why
from invoicing.matching.found import Code
from invoicing.models import Finding
from invoicing.states import Severity, Source

_SEND_BACK = gettext_lazy("Send it back to the supplier, and say why.")
_CHECK_ORDER = gettext_lazy(
    "Say which order it is for. Ask the supplier if you cannot tell, or send it back."
)
_LOOK = gettext_lazy(
    "Look at both. Let it through if they are two invoices, or send this one back if they are one."
)
_WORDS: Final = {
    Code.UNKNOWN_SUPPLIER: (
        gettext_lazy("We do not know the supplier that it says it is from: %(asked)s."),
        gettext_lazy(
            "Find out who sent it. If the council buys from them, send this back and take the"
            " same file in again, saying who sent it."
        ),
    ),
    Code.OTHER_SELLER: (
        gettext_lazy("It says that it is from %(asked)s, but %(agreed)s sent it in."),
        gettext_lazy("Find out from both of them who is to be paid."),
    ),
    Code.UNKNOWN_ORDER: (
        gettext_lazy("It names the order “%(asked)s”, which we do not have."),
        _CHECK_ORDER,
    ),
    Code.OTHER_SUPPLIER: (
        gettext_lazy("It names the order %(asked)s, which was not sent to this supplier."),
        _CHECK_ORDER,
    ),
    Code.OTHER_COUNCIL: (
        gettext_lazy("It is made out to %(asked)s."),
        _SEND_BACK,
    ),
    Code.UNKNOWN_CREDITED: (
        gettext_lazy("It gives money back for an invoice that we do not have, “%(asked)s”."),
        gettext_lazy("Ask the supplier which invoice it belongs to."),
    ),
    Code.CREDIT_ABOVE_INVOICE: (
        gettext_lazy(
            "It gives back %(asked)s without VAT. Only %(agreed)s is left of its invoice."
        ),
        _SEND_BACK,
    ),
    Code.NOT_COMPARED: (
        gettext_lazy("It could not be compared with the order, since it is in %(asked)s."),
        gettext_lazy("Ask the supplier for an invoice in pounds."),
    ),
    Code.MORE_FOUND: (
        gettext_lazy("%(asked)s more things were found and are not listed."),
        _SEND_BACK,
    ),
    Why.SAME_FILE: (gettext_lazy("The same file came before."), _LOOK),
    Why.SAME_NUMBER: (gettext_lazy("The same invoice came before."), _LOOK),
    Why.SAME_NUMBER_OTHERWISE: (
        gettext_lazy(
            "An invoice with the same number came before, with another day, sum, order or lines."
        ),
        _LOOK,
    ),
    Why.NUMBER_LOOKS_SAME: (
        gettext_lazy("An invoice over the same sum came before, and its number looks the same."),
        _LOOK,
    ),
    Why.SAME_SUM: (
        gettext_lazy("An invoice over the same sum came within three days of it."),
        _LOOK,
    ),
}  # fmt: skip

_ABOUT_ORDERS_OF_OTHERS: Final = {Code.UNKNOWN_ORDER, Code.OTHER_SUPPLIER}


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words."""

    finding: Finding
    said: str
    advice: str

    @property
    def is_allowed(self) -> bool:
        """Whether it is a difference that the council allows."""
        is_note = (self.finding.source, self.finding.severity) == (Source.MATCH, Severity.NOTE)
        return is_note and self.finding.code in rules.TOLERATED


def told_to_supplier(finding: Finding, line_numbers: Mapping[int, str]) -> Told:
    """Return a finding as the supplier may know it.

    Why: whether an order that is not theirs exists is not for a supplier to learn, so there is one
    sentence for both.
    """
    if finding.source == Source.INTAKE and finding.code in _ABOUT_ORDERS_OF_OTHERS:
        said = _("It names the order “%(asked)s”, which is not an order of the council to you.")
        advice = _("Check the number on the order that you have.")
        return Told(finding, said % {"asked": finding.asked}, advice)
    return told(finding, line_numbers)


def told(finding: Finding, line_numbers: Mapping[int, str]) -> Told:
    """Return a finding in the reader's language, for those of the council.

    Shapes: `line_numbers` are the supplier's own numbers of the lines by their place.
    """
    if finding.source == Source.MATCH and finding.code in set(rules.Code):
        compared = rules.Finding(
            rules.Code(finding.code),
            rules.Severity(finding.severity),
            finding.place,
            finding.order_line_id,
            _figure(finding, finding.agreed),
            _figure(finding, finding.asked),
            finding.unit,
        )
        return Told(finding, wording.difference(compared), wording.what_to_do(compared))
    if finding.source in {Source.JUDGE, Source.OFFICIAL}:
        found = judged.Finding(
            finding.code,
            judged.Severity(finding.severity),
            where=finding.where,
            line=line_numbers.get(finding.place or 0, ""),
            expected=finding.agreed,
            actual=finding.asked,
            text=finding.text,
        )
        return Told(finding, judges.said(found), judges.advice(found))
    said, advice = _WORDS[_code(finding)]
    facts = {"agreed": finding.agreed, "asked": finding.asked or _("nobody that we know")}
    return Told(finding, str(said) % facts, str(advice))


def _code(finding: Finding) -> Code | Why:
    return Why(finding.code) if finding.source == Source.DUPLICATE else Code(finding.code)


def _figure(finding: Finding, text: str) -> Decimal | str:
    """Return a figure as it was compared, or the text where what differs is no figure."""
    return Decimal(text) if text and rules.Code(finding.code) in wording.FIGURES else text
