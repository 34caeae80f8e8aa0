"""Whether an invoice agrees with what was ordered and what has come: the three-way match.

Each line of the invoice is compared with the line of the order that it was paired with. Quantities
are compared cumulatively: what every other standing invoice billed of the same line counts, posted
or not, so that no order of arrival lets more be billed than came. Price is tested on its own, and
so is what the line comes to in all. What differs is a finding, with what was agreed, what was
asked and the limit; a finding that holds keeps the whole invoice from being paid until somebody
with the right to it releases it, or the cause goes away.

A limit that is None is not tested; nought means exactly as agreed. The two are never one number.
Source: Oracle Payables' quantity and price tests (cumulative, each on its own) and D365 Finance's
price totals, described in their public manuals; Procurement Act 2023 s.68 (a dispute must be said
to the payee without undue delay, so each finding is in words that can be sent).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from invoicing.matching.pairing import Billed, How, Ordered, Pair, pair_lines
from marketplace.core.money import Money

NOUGHT = Decimal(0)


class Code(StrEnum):
    """What may be found when an invoice is compared with its order."""

    NOT_ORDERED = "NOT_ORDERED"
    AMBIGUOUS = "AMBIGUOUS"
    OTHER_GOODS = "OTHER_GOODS"
    UNIT = "UNIT"
    PRICE = "PRICE"
    CHEAPER = "CHEAPER"
    BEYOND_ORDERED = "BEYOND_ORDERED"
    BEYOND_RECEIVED = "BEYOND_RECEIVED"
    LINE_TOTAL = "LINE_TOTAL"
    VAT_RATE = "VAT_RATE"
    CHARGE = "CHARGE"
    MORE_TAKEN_BACK = "MORE_TAKEN_BACK"
    NOT_BILLED = "NOT_BILLED"
    CREDIT_TOO_LARGE = "CREDIT_TOO_LARGE"
    CREDIT_BEYOND_BILLED = "CREDIT_BEYOND_BILLED"


class Severity(StrEnum):
    """What a finding does: keep the invoice from being paid, or only be read."""

    HOLD = "HOLD"
    NOTE = "NOTE"


@dataclass(frozen=True, slots=True)
class Limit:
    """How far above what was agreed a figure may go.

    Shapes: None is not tested, nought is exact; where both are given both must hold.
    Units: `percent` of what was agreed; `amount` in the figure's own unit.
    """

    percent: Decimal | None = None
    amount: Decimal | None = None

    def allows(self, agreed: Decimal, asked: Decimal) -> bool:
        """Tell whether `asked` is near enough above `agreed`; below it always is.

        Of nothing agreed any percentage is nothing, so that goods free of charge are never billed
        within a tolerance.
        """
        beyond = asked - agreed
        if beyond <= 0:
            return True
        if self.percent is not None and beyond * 100 > agreed * self.percent:
            return False
        return self.amount is None or beyond <= self.amount


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How far an invoice may be from its order and still be paid without asking.

    Shapes: `needs_receipt` is False where a council pays on the order alone (two-way).
    Units: prices and totals in GBP without VAT; quantities in the order line's unit.
    """

    unit_price: Limit = Limit(percent=NOUGHT)
    ordered_quantity: Limit = Limit(percent=NOUGHT)
    received_quantity: Limit = Limit(percent=NOUGHT)
    line_total: Limit = Limit(percent=NOUGHT)
    charges: Limit = Limit(amount=NOUGHT)
    needs_receipt: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in which an invoice and its order differ.

    Shapes: `place` is the line of the invoice, None for the whole; `agreed` and `asked` are the
    two figures that differ, in words or numbers as the code has them.
    """

    code: Code
    severity: Severity
    place: int | None
    ordered_id: UUID | None = None
    agreed: Decimal | str = ""
    asked: Decimal | str = ""
    unit: str = ""

    @property
    def facts(self) -> tuple[str, ...]:
        """What makes it this finding and no other: the same facts are not held twice."""
        return (self.code, str(self.place), str(self.ordered_id), str(self.agreed), str(self.asked))


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a line of an order a line of an invoice bills; signed."""

    place: int
    ordered_id: UUID
    quantity: Decimal
    amount: Decimal
    how: How


@dataclass(frozen=True, slots=True)
class Match:
    """What came of comparing an invoice with its order."""

    shares: tuple[Share, ...]
    findings: tuple[Finding, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing that was found keeps it from being paid."""
        return not any(each.severity is Severity.HOLD for each in self.findings)


def match_invoice_lines(
    billed: Sequence[Billed],
    ordered: Sequence[Ordered],
    tolerances: Tolerances,
    *,
    charges_amount: Decimal = NOUGHT,
) -> Match:
    """Compare an invoice with its order, line by line and line by line in all.

    Shapes: `charges_amount` is what the document charges beyond its lines (BT-108). The same input
    gives the same findings in the same order.
    Why: see the module.
    """
    pairs = pair_lines(billed, ordered)
    findings = [found for pair in pairs for found in _of_one_line(pair, tolerances)]
    findings += _of_lines_in_all(pairs, tolerances)
    if not tolerances.charges.allows(NOUGHT, charges_amount):
        findings.append(Finding(Code.CHARGE, Severity.HOLD, None, None, NOUGHT, charges_amount))
    return Match(tuple(_shares(pairs)), tuple(findings))


def _of_one_line(pair: Pair, tolerances: Tolerances) -> Iterator[Finding]:
    line, agreed = pair.billed, pair.ordered
    if agreed is None:
        code = Code.AMBIGUOUS if pair.candidates else Code.NOT_ORDERED
        yield Finding(code, Severity.HOLD, line.place, None, "", line.part_number)
        return
    if pair.contradicts:
        yield _hold(Code.OTHER_GOODS, pair, agreed.part_number, line.part_number)
    if line.unit != agreed.unit:
        # Neither a price nor a quantity of another unit says anything about this one.
        yield _hold(Code.UNIT, pair, agreed.unit, line.unit)
        return
    if not tolerances.unit_price.allows(agreed.unit_price, line.unit_price):
        yield _hold(Code.PRICE, pair, agreed.unit_price, line.unit_price)
    elif line.unit_price < agreed.unit_price:
        yield Finding(
            Code.CHEAPER, Severity.NOTE, line.place, agreed.line_id, agreed.unit_price,
            line.unit_price, agreed.unit,
        )  # fmt: skip
    if line.vat_percent != agreed.vat_percent:
        yield _hold(Code.VAT_RATE, pair, agreed.vat_percent, line.vat_percent)


def _hold(code: Code, pair: Pair, agreed: Decimal | str, asked: Decimal | str) -> Finding:
    ordered = pair.ordered
    return Finding(
        code,
        Severity.HOLD,
        pair.billed.place,
        ordered.line_id if ordered else None,
        agreed,
        asked,
        ordered.unit if ordered else "",
    )


def _of_lines_in_all(pairs: Sequence[Pair], tolerances: Tolerances) -> Iterator[Finding]:
    """Compare what is billed of each order line, by this invoice and every other, with its whole.

    A finding stands at the last line of the invoice that bills the order line: without it there
    would be none.
    """
    by_line: dict[UUID, list[Pair]] = {}
    for pair in pairs:
        if pair.ordered is not None and pair.billed.unit == pair.ordered.unit:
            by_line.setdefault(pair.ordered.line_id, []).append(pair)
    for together in by_line.values():
        yield from _of_one_whole(together, tolerances)


def _of_one_whole(together: Sequence[Pair], tolerances: Tolerances) -> Iterator[Finding]:
    last = together[-1]
    agreed = last.ordered
    assert agreed is not None  # noqa: S101  # only paired lines come here
    quantity = agreed.billed_quantity + sum(each.billed.quantity for each in together)
    amount = agreed.billed_amount + sum(each.billed.net_amount for each in together)
    worth = agreed.billed_worth + sum(
        Money.rounded(agreed.unit_price * each.billed.quantity).amount for each in together
    )
    if quantity < 0 or amount < 0:
        yield _hold(Code.MORE_TAKEN_BACK, last, agreed.billed_amount, amount)
        return
    if not tolerances.ordered_quantity.allows(agreed.quantity, quantity):
        yield _hold(Code.BEYOND_ORDERED, last, agreed.quantity, quantity)
    if tolerances.needs_receipt and not tolerances.received_quantity.allows(
        agreed.received_quantity, quantity
    ):
        yield _hold(Code.BEYOND_RECEIVED, last, agreed.received_quantity, quantity)
    # A price beyond its own limit has been said already, and is the reason for this one.
    dear = any(
        not tolerances.unit_price.allows(agreed.unit_price, each.billed.unit_price)
        for each in together
    )
    if not dear and not tolerances.line_total.allows(worth, amount):
        yield _hold(Code.LINE_TOTAL, last, worth, amount)


def _shares(pairs: Iterable[Pair]) -> Iterator[Share]:
    """Yield what is billed of which line; nothing while it is billed in another unit."""
    for pair in pairs:
        if pair.ordered is not None and pair.billed.unit == pair.ordered.unit:
            line = pair.billed
            yield Share(line.place, pair.ordered.line_id, line.quantity, line.net_amount, pair.how)


@dataclass(frozen=True, slots=True)
class Creditable:
    """What is left to credit of an order line within one invoice. Units: GBP, net."""

    quantity: Decimal
    amount: Decimal


def match_credit_lines(
    credited: Sequence[Billed],
    ordered: Sequence[Ordered],
    left: Mapping[UUID, Creditable],
) -> Match:
    """Compare a credit note with what its invoice billed, less what was credited before.

    Shapes: figures of a credit note are above nought, as the document has them; the shares that
    are returned are below, since they take back.
    Why: a credit may not give back more than was billed (buying practice; EN 16931-1 BG-3 names
    the invoice), and of a line that was never billed there is nothing to give back.
    """
    pairs = pair_lines(credited, ordered)
    findings: list[Finding] = []
    sums: dict[UUID, list[Pair]] = {}
    for pair in pairs:
        if pair.ordered is None:
            code = Code.AMBIGUOUS if pair.candidates else Code.NOT_ORDERED
            findings.append(
                Finding(code, Severity.HOLD, pair.billed.place, None, "", pair.billed.part_number)
            )
        elif pair.billed.unit != pair.ordered.unit:
            findings.append(_hold(Code.UNIT, pair, pair.ordered.unit, pair.billed.unit))
        else:
            sums.setdefault(pair.ordered.line_id, []).append(pair)
    for line_id, together in sums.items():
        rest, last = left.get(line_id), together[-1]
        amount = sum((each.billed.net_amount for each in together), NOUGHT)
        quantity = sum((each.billed.quantity for each in together), NOUGHT)
        if rest is None:
            findings.append(_hold(Code.NOT_BILLED, last, NOUGHT, amount))
        elif amount > rest.amount:
            findings.append(_hold(Code.CREDIT_TOO_LARGE, last, rest.amount, amount))
        elif quantity > rest.quantity:
            findings.append(_hold(Code.CREDIT_BEYOND_BILLED, last, rest.quantity, quantity))
    shares = (
        Share(each.place, each.ordered_id, -each.quantity, -each.amount, each.how)
        for each in _shares(pairs)
    )
    return Match(tuple(shares), tuple(findings))
