"""What the judges say: one finding for each thing that is wrong, or that somebody should know.

Codes and figures only; the words are in `invoicing.judging.wording`, so that a finding that was
kept can be read in any language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding does.

    Why three: an invoice that complies with EN 16931 must be accepted and processed (Procurement
    Act 2023 s.67), so only what breaks the standard itself may block one; what the standard lets
    through and we do not is held until somebody has looked.
    """

    BLOCK = "BLOCK"
    HOLD = "HOLD"
    NOTE = "NOTE"


class Code(StrEnum):
    """What our own judges may find; the official rules have codes of their own (BR-CO-15)."""

    SCHEMA = "SCHEMA"
    NOT_JUDGED = "NOT_JUDGED"
    NOT_UNDERSTOOD = "NOT_UNDERSTOOD"
    UNLISTED = "UNLISTED"
    MALFORMED = "MALFORMED"
    MISSING = "MISSING"
    PROFILE = "PROFILE"
    # Sums: invoicing.judging.totals
    KIND = "KIND"
    LINE_NET = "LINE_NET"
    LINE_REPEATED = "LINE_REPEATED"
    PRICE_NEGATIVE = "PRICE_NEGATIVE"
    PRICE_DISCOUNT = "PRICE_DISCOUNT"
    PERCENTAGE = "PERCENTAGE"
    PLACES = "PLACES"
    SUM_OF_LINES = "SUM_OF_LINES"
    SUM_OF_ALLOWANCES = "SUM_OF_ALLOWANCES"
    SUM_OF_CHARGES = "SUM_OF_CHARGES"
    NET_TOTAL = "NET_TOTAL"
    VAT_TOTAL = "VAT_TOTAL"
    GROSS_TOTAL = "GROSS_TOTAL"
    PAYABLE = "PAYABLE"
    VAT_BASE = "VAT_BASE"
    VAT_AMOUNT = "VAT_AMOUNT"
    VAT_ROUNDING = "VAT_ROUNDING"
    ROUNDING = "ROUNDING"
    PREPAID = "PREPAID"
    CREDIT_DUE = "CREDIT_DUE"
    # The United Kingdom: invoicing.judging.britain
    CURRENCY = "CURRENCY"
    VAT_RATE = "VAT_RATE"
    VAT_NUMBER = "VAT_NUMBER"
    REVERSE_CHARGE = "REVERSE_CHARGE"
    IBAN = "IBAN"
    SORT_CODE = "SORT_CODE"
    ACCOUNT_NUMBER = "ACCOUNT_NUMBER"
    NO_ORDER = "NO_ORDER"
    ISSUED_LATER = "ISSUED_LATER"
    DUE_BEFORE_ISSUE = "DUE_BEFORE_ISSUE"
    UNIT = "UNIT"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a judge found.

    Shapes: `code` is one of Code or an official rule's own; `where` is a term of the standard
    (BT-131) or a place in the file; `line` is the invoice line's own number (BT-126), "" for the
    document; `expected` and `actual` are figures as text; `text` is what an official judge said.
    """

    code: str
    severity: Severity
    where: str = ""
    line: str = ""
    expected: str = ""
    actual: str = ""
    text: str = ""


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the gravest severity among findings, or None when there are none."""
    found = {finding.severity for finding in findings}
    return next((severity for severity in Severity if severity in found), None)
