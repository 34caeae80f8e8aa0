"""What a council in the United Kingdom asks beyond the standard.

No published rule set has a layer for Great Britain (Peppol's national rules know eight other
countries). Everything here holds or notes; nothing blocks, since an invoice that complies with the
standard must be accepted (Procurement Act 2023 s.67).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from invoicing.formats.model import Invoice, PaymentMeans, TaxCategory
from invoicing.judging import numbers
from invoicing.judging.findings import Code, Finding, Severity
from marketplace.core.units import UNIT_NAMES, unit_code

Findings = Iterator[Finding]

_EVER: Final = date.max
# Rates above nought, by the days on which they held. An old rate is right on a credit for an old
# supply. Source: VATA 1994 s.2 (and F(No.3)A 2010 s.3), s.29A; VAT (Change of Rate) Order 2008;
# VATA 1994 Sch.7A Groups 14 to 16 and SI 2021/1143 (hospitality, 12.5 %).
RATES: Final = (
    (Decimal("17.5"), date(1991, 4, 1), date(2008, 11, 30)),
    (Decimal(15), date(2008, 12, 1), date(2009, 12, 31)),
    (Decimal("17.5"), date(2010, 1, 1), date(2011, 1, 3)),
    (Decimal(20), date(2011, 1, 4), _EVER),
    (Decimal(8), date(1994, 4, 1), date(1997, 8, 31)),
    (Decimal(5), date(1997, 9, 1), _EVER),
    (Decimal("12.5"), date(2021, 10, 1), date(2022, 3, 31)),
)
STANDARD: Final = "S"
REVERSE_CHARGE: Final = "AE"
# UNCL 4461: ways of paying into an account. Source: EN 16931-1 BT-81, BG-17.
CREDIT_TRANSFERS: Final = frozenset({"30", "31", "42", "58"})
# What people write where they have no order to name.
NO_ORDERS: Final = frozenset({"", "NA", "N/A", "NONE", "NIL", "TBC", "-", "."})


@dataclass(frozen=True, slots=True)
class Policy:
    """What one council asks."""

    currency: str = "GBP"
    is_order_wanted: bool = True


def judge_for_britain(invoice: Invoice, *, on: date, policy: Policy | None = None) -> list[Finding]:
    """Return what a council would ask its supplier about, on the day `on`."""
    asks = policy or Policy()
    return [
        *_currency(invoice, asks),
        *_order(invoice, asks),
        *_days(invoice, on),
        *_rates(invoice, on),
        *_vat_number(invoice),
        *(finding for means in invoice.payment_means for finding in _account(means)),
        *_units(invoice),
    ]


def _currency(invoice: Invoice, policy: Policy) -> Findings:
    if invoice.currency != policy.currency:
        yield Finding(Code.CURRENCY, Severity.HOLD, "BT-5", "", policy.currency, invoice.currency)


def _order(invoice: Invoice, policy: Policy) -> Findings:
    if policy.is_order_wanted and invoice.order.strip().upper() in NO_ORDERS:
        yield Finding(Code.NO_ORDER, Severity.HOLD, "BT-13", "", "", invoice.order)


def _days(invoice: Invoice, on: date) -> Findings:
    issued_on, due_on = invoice.issued_on, invoice.payment_due_on
    if issued_on is None:
        yield Finding(Code.MISSING, Severity.HOLD, "BT-2")
    elif issued_on > on:
        yield Finding(
            Code.ISSUED_LATER, Severity.HOLD, "BT-2", "", on.isoformat(), issued_on.isoformat()
        )
    if issued_on and due_on and due_on < issued_on:
        yield Finding(
            Code.DUE_BEFORE_ISSUE, Severity.HOLD, "BT-9", "",
            issued_on.isoformat(), due_on.isoformat(),
        )  # fmt: skip


def _rates(invoice: Invoice, on: date) -> Findings:
    """Look at every rate that the document names, once each."""
    days = _supply_days(invoice) or [on]
    categories = {
        *(row.category for row in invoice.tax_total.rows),
        *(line.item.category for line in invoice.lines),
        *(adjustment.category for adjustment in invoice.adjustments),
    }
    rates = {(each.code, each.rate_percent) for each in categories if each != TaxCategory()}
    for code, rate in sorted(rates, key=str):
        if not _is_rate(code, rate, days):
            held = " / ".join(_percent(r) for r in _rates_on(days)) if code == STANDARD else "0%"
            yield Finding(Code.VAT_RATE, Severity.HOLD, "BT-152", "", held, _percent(rate), code)
    if any(code == REVERSE_CHARGE for code, _rate in rates):
        yield Finding(Code.REVERSE_CHARGE, Severity.NOTE, "BT-118", "", "", REVERSE_CHARGE)


def _supply_days(invoice: Invoice) -> list[date]:
    """Return the days whose rate may apply: of the supply, or of what is being corrected.

    Source: VATA 1994 s.6 (time of supply), s.88 (a change of rate between supply and invoice).
    """
    days = [
        invoice.tax_point_on,
        invoice.delivery.delivered_on,
        invoice.period.ends_on,
        invoice.issued_on,
        *(preceding.issued_on for preceding in invoice.preceding),
        *(line.period.ends_on for line in invoice.lines),
    ]
    return [day for day in days if day is not None]


def _rates_on(days: list[date]) -> list[Decimal]:
    return sorted({rate for rate, since, to in RATES for day in days if since <= day <= to})


def _is_rate(code: str, rate: Decimal | None, days: list[date]) -> bool:
    return rate in _rates_on(days) if code == STANDARD else not rate


def _percent(rate: Decimal | None) -> str:
    return "" if rate is None else f"{rate.normalize():f}%"


def _vat_number(invoice: Invoice) -> Findings:
    for where, number in (
        ("BT-31", invoice.seller.vat_number),
        ("BT-63", invoice.tax_representative.vat_number),
    ):
        if number and numbers.is_british(number) and not numbers.is_vat_number(number):
            yield Finding(Code.VAT_NUMBER, Severity.HOLD, where, "", "", number)


def _account(means: PaymentMeans) -> Findings:
    """Look at the account of a transfer: an IBAN, or a sort code with an account number."""
    account, branch = means.account.value, means.branch.value
    if means.code not in CREDIT_TRANSFERS or not account:
        return
    if numbers.looks_like_iban(account):
        if not numbers.is_iban(account):
            yield Finding(Code.IBAN, Severity.HOLD, "BT-84", "", "", account)
        return
    if not numbers.is_account_number(account):
        yield Finding(Code.ACCOUNT_NUMBER, Severity.HOLD, "BT-84", "", "", account)
    if not numbers.is_sort_code(branch):
        yield Finding(Code.SORT_CODE, Severity.HOLD, "BT-86", "", "", branch)


def _units(invoice: Invoice) -> Findings:
    """Say which code was meant, where a unit is a word or a package without its X."""
    for line in invoice.lines:
        meant = unit_code(line.unit) if line.unit and line.unit not in UNIT_NAMES else None
        if meant is not None:
            yield Finding(Code.UNIT, Severity.NOTE, "BT-130", line.number, meant, line.unit)
