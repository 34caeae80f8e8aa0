"""Whether an invoice agrees with what was ordered and what has come: the three-way match.

Each line of the invoice is compared with the line of the order that it was paired with. Quantities
are compared cumulatively: what every other standing invoice billed of the same line counts, posted
or not, so that no order of arrival lets more be billed than came. Price is tested on its own, and
so is what the line comes to in all. What differs is a finding, with what was agreed, what was
asked and the limit; a finding that holds keeps the whole invoice from being paid until somebody
with the right to it releases it, or the cause goes away.

What differs by no more than the council allows is a note and holds nothing.
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
from invoicing.matching.tolerances import Limit, Tolerances
from marketplace.core.money import Money

NOUGHT = Decimal(0)
PENNY = Decimal("0.01")
# By how much a line that is billed in parts may come to more because each part was rounded.
MOST_BY_ROUNDING = Decimal("0.05")


class Code(StrEnum):
    """What may be found when an invoice is compared with its order."""

    NOT_ORDERED = "NOT_ORDERED"
    ON_NO_LINE = "ON_NO_LINE"
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
    VAT_BEYOND = "VAT_BEYOND"
    PAYABLE_BEYOND = "PAYABLE_BEYOND"
    MORE_TAKEN_BACK = "MORE_TAKEN_BACK"
    NOT_BILLED = "NOT_BILLED"
    CREDIT_TOO_LARGE = "CREDIT_TOO_LARGE"
    CREDIT_BEYOND_BILLED = "CREDIT_BEYOND_BILLED"
    VAT_SHORT = "VAT_SHORT"
    GIVES_BACK_LESS = "GIVES_BACK_LESS"


# What a council may allow a little of.
TOLERATED = frozenset(
    {Code.PRICE, Code.BEYOND_ORDERED, Code.BEYOND_RECEIVED, Code.LINE_TOTAL, Code.CHARGE}
)


class Severity(StrEnum):
    """What a finding does: keep the invoice from being paid, or only be read."""

    HOLD = "HOLD"
    NOTE = "NOTE"


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
    def is_allowed(self) -> bool:
        """Whether it is a difference that the council allows."""
        return self.severity is Severity.NOTE and self.code in TOLERATED

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
) -> Match:
    """Compare an invoice with its order, line by line and line by line in all.

    Shapes: the same input gives the same findings in the same order.
    Why: see the module.
    """
    pairs = pair_lines(billed, ordered)
    findings = [found for pair in pairs for found in _of_one_line(pair, tolerances)]
    findings += _of_lines_in_all(pairs, tolerances)
    return Match(tuple(_shares(pairs)), tuple(findings))


def _of_one_line(pair: Pair, tolerances: Tolerances) -> Iterator[Finding]:
    line, agreed = pair.billed, pair.ordered
    if agreed is None:
        yield _of_no_line(pair)
        return
    if pair.contradicts:
        yield _hold(Code.OTHER_GOODS, pair, agreed.part_number, line.part_number)
    if line.vat_percent != agreed.vat_percent:
        yield _hold(Code.VAT_RATE, pair, agreed.vat_percent, line.vat_percent)
    if line.unit != agreed.unit:
        # Neither a price nor a quantity of another unit says anything about this one.
        yield _hold(Code.UNIT, pair, agreed.unit, line.unit)
        return
    yield from _beyond(Code.PRICE, pair, tolerances.unit_price, agreed.unit_price, line.unit_price)
    if line.unit_price < agreed.unit_price:
        yield _found(Code.CHEAPER, Severity.NOTE, pair, agreed.unit_price, line.unit_price)


def _of_no_line(pair: Pair) -> Finding:
    """Return that an invoice's line is on no line of the order, or on which of several."""
    if pair.how is How.PERSON:
        code = Code.ON_NO_LINE
    else:
        code = Code.AMBIGUOUS if pair.candidates else Code.NOT_ORDERED
    return Finding(code, Severity.HOLD, pair.billed.place, None, "", pair.billed.part_number)


def _beyond(
    code: Code, pair: Pair, limit: Limit, agreed: Decimal, asked: Decimal
) -> Iterator[Finding]:
    """Yield that more is asked than was agreed: a note as far as the council allows it."""
    if asked > agreed:
        severity = Severity.NOTE if limit.allows(agreed, asked) else Severity.HOLD
        yield _found(code, severity, pair, agreed, asked)


def _hold(code: Code, pair: Pair, agreed: Decimal | str, asked: Decimal | str) -> Finding:
    return _found(code, Severity.HOLD, pair, agreed, asked)


def _found(
    code: Code, severity: Severity, pair: Pair, agreed: Decimal | str, asked: Decimal | str
) -> Finding:
    ordered = pair.ordered
    return Finding(
        code,
        severity,
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
    asks = _sum_of(agreed, together, tolerances.unit_price)
    quantity = agreed.billed_quantity + asks.quantity
    amount = agreed.billed_amount + asks.amount
    if quantity < 0 or amount < 0:
        yield _hold(Code.MORE_TAKEN_BACK, last, agreed.billed_amount, amount)
        return
    ordered, received = tolerances.ordered_quantity, tolerances.received_quantity
    yield from _beyond(Code.BEYOND_ORDERED, last, ordered, agreed.quantity, quantity)
    come = received if tolerances.needs_receipt else Limit()
    yield from _beyond(Code.BEYOND_RECEIVED, last, come, agreed.received_quantity, quantity)
    yield from _of_one_total(together, asks, quantity, amount, tolerances)


def _of_one_total(
    together: Sequence[Pair], asks: _Asked, quantity: Decimal, amount: Decimal, allowed: Tolerances
) -> Iterator[Finding]:
    """Compare what is billed of an order line in all with what it was to cost.

    Why: more of a thing within its own limit is still no more money than the line's own limit, so
    that the two never add up. Each document rounds what it bills of a line once, and all of them
    together come to a few pennies more than the line at most. What asks for no more than its own
    worth within that is not the one to blame, unless it takes back and so leaves others' excess on
    less. A price beyond its own limit is said by itself, and hides nothing else: what it comes to
    is worth that much.
    """
    agreed = together[-1].ordered
    assert agreed is not None  # noqa: S101  # as above
    is_over = quantity > agreed.quantity
    is_more_allowed = is_over and allowed.ordered_quantity.allows(agreed.quantity, quantity)
    worth, whole = agreed.billed_worth + asks.worth, agreed.billed_worth + asks.amount
    if is_more_allowed or not is_over:
        most = Money.rounded(agreed.unit_price * agreed.quantity).amount + asks.dearer
        worth = min(worth, most + MOST_BY_ROUNDING)
    is_fair = asks.amount <= asks.worth and whole <= worth and asks.least_quantity >= 0
    if is_fair and not is_over:
        return
    for found in _beyond(Code.LINE_TOTAL, together[-1], allowed.line_total, worth, amount):
        # What a note about price or quantity explains needs no second note.
        if found.severity is Severity.HOLD or not (asks.is_dear or is_more_allowed):
            yield found


@dataclass(frozen=True, slots=True)
class _Asked:
    """What lines of one invoice ask of one order line.

    Shapes: `worth` is what they come to at the price that was agreed, and `dearer` is in it: what
    prices beyond their own limit come to above that. `is_dear` says that a price is above what was
    agreed at all.
    Units: the line's unit; GBP, net.
    """

    quantity: Decimal
    amount: Decimal
    worth: Decimal
    dearer: Decimal
    is_dear: bool
    least_quantity: Decimal


def _sum_of(agreed: Ordered, together: Sequence[Pair], limit: Limit) -> _Asked:
    lines = [each.billed for each in together]
    quantity = sum((each.quantity for each in lines), NOUGHT)
    dear = [each for each in lines if each.unit_price > agreed.unit_price]
    beyond = [each for each in dear if not limit.allows(agreed.unit_price, each.unit_price)]
    parts = [_at(agreed.unit_price, each) for each in lines]
    worth = Money.rounded(agreed.unit_price * quantity).amount
    # Lines are rounded each by itself; that is worth a penny to a document and no more.
    worth = min(sum(parts, NOUGHT), worth + PENNY)
    dearer = sum(
        (_at(each.unit_price, each) - _at(agreed.unit_price, each) for each in beyond), NOUGHT
    )
    return _Asked(
        quantity=quantity,
        amount=sum((each.net_amount for each in lines), NOUGHT),
        worth=worth + dearer,
        dearer=dearer,
        is_dear=bool(dear),
        least_quantity=min(each.quantity for each in lines),
    )


def _at(unit_price: Decimal, line: Billed) -> Decimal:
    return Money.rounded(unit_price * line.quantity).amount


def _shares(pairs: Iterable[Pair]) -> Iterator[Share]:
    """Yield what is billed of which line; nothing while it is billed in another unit."""
    for pair in pairs:
        if pair.ordered is not None and pair.billed.unit == pair.ordered.unit:
            line = pair.billed
            yield Share(line.place, pair.ordered.line_id, line.quantity, line.net_amount, pair.how)


def worths_of(shares: Sequence[Share], prices: Mapping[UUID, Decimal]) -> list[Decimal]:
    """Return what each share of a document is worth at the order's price.

    Shapes: `prices` by the order's lines. Units: GBP, net.
    Why: a document rounds what it bills of a line once, in however many lines it does so; or two
    hundred halves of a penny would be worth two hundred pennies.
    """
    billed: dict[UUID, Decimal] = {}
    found = []
    for share in shares:
        before = billed.get(share.ordered_id, NOUGHT)
        billed[share.ordered_id] = now = before + share.quantity
        price = prices[share.ordered_id]
        found.append(Money.rounded(price * now).amount - Money.rounded(price * before).amount)
    return found


@dataclass(frozen=True, slots=True)
class Creditable:
    """What is left to credit of an order line within one invoice, and the VAT that it bore.

    Units: GBP, net; percent, None where nobody knows.
    """

    quantity: Decimal
    amount: Decimal
    vat_percent: Decimal | None = None


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
            findings.append(_of_no_line(pair))
        elif pair.billed.unit != pair.ordered.unit:
            findings.append(_hold(Code.UNIT, pair, pair.ordered.unit, pair.billed.unit))
        else:
            sums.setdefault(pair.ordered.line_id, []).append(pair)
            findings += _of_another_rate(pair, left.get(pair.ordered.line_id))
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


def _of_another_rate(pair: Pair, rest: Creditable | None) -> Iterator[Finding]:
    """Yield that VAT comes back at another rate than it was asked at."""
    billed = rest.vat_percent if rest is not None else None
    if billed is not None and billed != pair.billed.vat_percent:
        yield _hold(Code.VAT_RATE, pair, billed, pair.billed.vat_percent)
