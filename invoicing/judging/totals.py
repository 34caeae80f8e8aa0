"""Whether an invoice adds up, to the penny.

The official rules allow a pound of VAT at each rate, two pence a line and any rounding amount at
all. These allow nothing but the roundings that HMRC allows, and say which one was used. They read
the neutral model, so that both syntaxes are judged alike, and they never change a figure.
Source: EN 16931-1 6.4 (BR-CO-10 to BR-CO-17, BR-S-08 and its like); HMRC VATREC12010, VATREC12020.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Final

from invoicing.formats.model import CREDIT_TYPES, AllowanceCharge, Invoice, Line, TaxCategory
from invoicing.judging.findings import Code, Finding, Severity
from invoicing.judging.vat import Rounding, legitimate_vat

NOUGHT: Final = Decimal(0)
PENNY: Final = Decimal("0.01")
# A total may be brought to a round sum, or a line-by-line VAT made good; more than this is a hole.
LARGEST_ROUNDING: Final = Decimal("0.05")
# A percentage is printed short, so that the amount it gives may be out by so much (PEPPOL-R040).
PERCENTAGE_SLACK: Final = Decimal("0.02")
# Wide enough that no figure that the reader lets in is rounded before it is meant to be.
_EXACT: Final = Context(prec=200, rounding=ROUND_HALF_UP)

Rate = tuple[str, Decimal]  # category (UNCL 5305) and percent
Findings = Iterator[Finding]


def judge_totals(invoice: Invoice) -> list[Finding]:
    """Return everything that does not add up, the document's kind first, its sums last."""
    with localcontext(_EXACT):
        return [
            *_kind(invoice),
            *(finding for line in invoice.lines for finding in _line(line)),
            *_repeated(invoice),
            *_adjustments(invoice),
            *_sums(invoice),
            *_vat(invoice),
            *_payment(invoice),
        ]


def _text(amount: Decimal) -> str:
    return f"{amount.quantize(PENNY) if amount == amount.quantize(PENNY) else amount.normalize():f}"


def _differs(
    code: Code,
    severity: Severity,
    where: str,
    expected: Decimal,
    actual: Decimal | None,
    line: str = "",
) -> Findings:
    """Say that a figure is not what it should be, or is not there though it should be."""
    if actual is None:
        if expected:
            yield Finding(Code.MISSING, severity, where, line, _text(expected))
    elif expected != actual:
        yield Finding(code, severity, where, line, _text(expected), _text(actual))


def _kind(invoice: Invoice) -> Findings:
    is_credit = invoice.type_code in CREDIT_TYPES
    if invoice.type_code and is_credit != invoice.is_credit_note:
        expected = "CreditNote" if is_credit else "Invoice"
        actual = "CreditNote" if invoice.is_credit_note else "Invoice"
        yield Finding(Code.KIND, Severity.HOLD, "BT-3", "", expected, actual, invoice.type_code)


def _line(line: Line) -> Findings:
    yield from _price(line)
    for adjustment in line.adjustments:
        yield from _percentage(adjustment, line.number)
    price, base = line.price.amount, line.price.base_quantity
    for where, figure in (
        ("BT-129", line.quantity),
        ("BT-146", price),
        ("BT-131", line.net_amount),
    ):
        if figure is None:
            yield Finding(Code.MISSING, Severity.BLOCK, where, line.number)
    if line.quantity is None or price is None or line.net_amount is None:
        return
    if base is not None and base <= 0:
        yield Finding(Code.LINE_NET, Severity.HOLD, "BT-149", line.number, "1", _text(base))
        return
    value = (line.quantity * price / (base or 1)).quantize(PENNY)
    expected = value + sum(map(_signed, line.adjustments), NOUGHT)
    yield from _differs(
        Code.LINE_NET, Severity.HOLD, "BT-131", expected, line.net_amount, line.number
    )


def _price(line: Line) -> Findings:
    price = line.price
    if price.amount is None:
        return
    if price.amount < 0:
        yield Finding(
            Code.PRICE_NEGATIVE, Severity.BLOCK, "BT-146", line.number, "", _text(price.amount)
        )
    if price.gross_amount is not None and price.discount_amount is not None:
        net = price.gross_amount - price.discount_amount
        yield from _differs(
            Code.PRICE_DISCOUNT, Severity.HOLD, "BT-146", net, price.amount, line.number
        )


def _signed(adjustment: AllowanceCharge) -> Decimal:
    amount = adjustment.amount or NOUGHT
    return amount if adjustment.is_charge else -amount


def _percentage(adjustment: AllowanceCharge, line: str = "") -> Findings:
    base, percent, amount = adjustment.base_amount, adjustment.percent, adjustment.amount
    if base is None or percent is None or amount is None:
        return
    expected = (base * percent / 100).quantize(PENNY)
    if abs(expected - amount) > PERCENTAGE_SLACK:
        where = "BT-141" if adjustment.is_charge else "BT-136"
        if not line:
            where = "BT-99" if adjustment.is_charge else "BT-92"
        yield from _differs(Code.PERCENTAGE, Severity.HOLD, where, expected, amount, line)


def _repeated(invoice: Invoice) -> Findings:
    for number, times in Counter(line.number for line in invoice.lines).items():
        if number and times > 1:
            yield Finding(Code.LINE_REPEATED, Severity.HOLD, "BT-126", number, "1", str(times))


def _adjustments(invoice: Invoice) -> Findings:
    for adjustment in invoice.adjustments:
        yield from _percentage(adjustment)
    for where, amount, line in _amounts(invoice):
        if amount is not None and amount != amount.quantize(PENNY):
            yield Finding(Code.PLACES, Severity.BLOCK, where, line, "", f"{amount:f}")


def _amounts(invoice: Invoice) -> Iterator[tuple[str, Decimal | None, str]]:
    """Return the amounts that have two places at most. Source: EN 16931-1, BR-DEC-01 to 28."""
    totals = invoice.totals
    yield "BT-106", totals.line_net_amount, ""
    yield "BT-107", totals.allowance_amount, ""
    yield "BT-108", totals.charge_amount, ""
    yield "BT-109", totals.net_amount, ""
    yield "BT-110", invoice.tax_total.amount, ""
    yield "BT-112", totals.gross_amount, ""
    yield "BT-113", totals.prepaid_amount, ""
    yield "BT-114", totals.rounding_amount, ""
    yield "BT-115", totals.payable_amount, ""
    for row in invoice.tax_total.rows:
        yield "BT-116", row.taxable_amount, ""
        yield "BT-117", row.tax_amount, ""
    for adjustment in invoice.adjustments:
        yield "BT-99" if adjustment.is_charge else "BT-92", adjustment.amount, ""
    for line in invoice.lines:
        yield "BT-131", line.net_amount, line.number
        for adjustment in line.adjustments:
            where = "BT-141" if adjustment.is_charge else "BT-136"
            yield where, adjustment.amount, line.number


def _sums(invoice: Invoice) -> Findings:
    totals, block = invoice.totals, Severity.BLOCK
    lines = sum((line.net_amount or NOUGHT for line in invoice.lines), NOUGHT)
    charges = sum((_signed(a) for a in invoice.adjustments if a.is_charge), NOUGHT)
    allowances = -sum((_signed(a) for a in invoice.adjustments if not a.is_charge), NOUGHT)
    stated_net, vat = totals.net_amount or NOUGHT, invoice.tax_total.amount or NOUGHT
    net = (
        (totals.line_net_amount or NOUGHT)
        - (totals.allowance_amount or NOUGHT)
        + (totals.charge_amount or NOUGHT)
    )
    payable = (
        (totals.gross_amount or NOUGHT)
        - (totals.prepaid_amount or NOUGHT)
        + (totals.rounding_amount or NOUGHT)
    )
    rows = sum((row.tax_amount or NOUGHT for row in invoice.tax_total.rows), NOUGHT)
    yield from _differs(Code.SUM_OF_LINES, block, "BT-106", lines, totals.line_net_amount)
    yield from _differs(
        Code.SUM_OF_ALLOWANCES, block, "BT-107", allowances, totals.allowance_amount
    )
    yield from _differs(Code.SUM_OF_CHARGES, block, "BT-108", charges, totals.charge_amount)
    yield from _differs(Code.NET_TOTAL, block, "BT-109", net, totals.net_amount)
    yield from _differs(Code.VAT_TOTAL, block, "BT-110", rows, invoice.tax_total.amount)
    yield from _differs(Code.GROSS_TOTAL, block, "BT-112", stated_net + vat, totals.gross_amount)
    yield from _differs(Code.PAYABLE, block, "BT-115", payable, totals.payable_amount)


def _rate(category: TaxCategory) -> Rate:
    return category.code, category.rate_percent or NOUGHT


def _vat(invoice: Invoice) -> Findings:
    """Compare each row with what bears its rate, by every rounding that is allowed."""
    nets: dict[Rate, list[Decimal]] = defaultdict(list)
    for line in invoice.lines:
        nets[_rate(line.item.category)].append(line.net_amount or NOUGHT)
    for adjustment in invoice.adjustments:
        nets[_rate(adjustment.category)].append(_signed(adjustment))
    bases: dict[Rate, Decimal] = defaultdict(lambda: NOUGHT)
    taxes: dict[Rate, Decimal] = defaultdict(lambda: NOUGHT)
    for row in invoice.tax_total.rows:
        bases[_rate(row.category)] += row.taxable_amount or NOUGHT
        taxes[_rate(row.category)] += row.tax_amount or NOUGHT
    for rate in sorted({*nets, *bases}):
        net = sum(nets[rate], NOUGHT)
        if net != bases[rate]:
            yield Finding(
                Code.VAT_BASE, Severity.HOLD, "BT-116", "", _text(net), _text(bases[rate]),
                _rate_text(rate),
            )  # fmt: skip
        yield from _vat_amount(rate, nets[rate], taxes[rate])


def _rate_text(rate: Rate) -> str:
    return f"{rate[0]} {rate[1].normalize():f}%"


def _vat_amount(rate: Rate, nets: list[Decimal], tax: Decimal) -> Findings:
    ways = legitimate_vat(nets, rate[1])
    way = next((way for way, amount in ways.items() if amount == tax), None)
    if way is None:
        expected = " / ".join(_text(amount) for amount in sorted(set(ways.values())))
        yield Finding(
            Code.VAT_AMOUNT, Severity.HOLD, "BT-117", "", expected, _text(tax), _rate_text(rate)
        )
    elif way is not Rounding.DOCUMENT:
        expected = _text(ways[Rounding.DOCUMENT])
        yield Finding(Code.VAT_ROUNDING, Severity.NOTE, "BT-117", "", expected, _text(tax), way)


def _payment(invoice: Invoice) -> Findings:
    totals = invoice.totals
    rounding, prepaid = totals.rounding_amount or NOUGHT, totals.prepaid_amount or NOUGHT
    if abs(rounding) > LARGEST_ROUNDING:
        yield Finding(
            Code.ROUNDING, Severity.HOLD, "BT-114", "", _text(LARGEST_ROUNDING), _text(rounding)
        )
    if prepaid:
        yield Finding(Code.PREPAID, Severity.HOLD, "BT-113", "", "", _text(prepaid))
    if totals.payable_amount is not None and totals.payable_amount < 0:
        yield Finding(
            Code.CREDIT_DUE, Severity.HOLD, "BT-115", "", "0.00", _text(totals.payable_amount)
        )
