"""Whether what an invoice asks in all is what its lines come to, and no more.

Lines are compared one by one; a document can still ask for more beneath them: by a charge, by VAT
that no line bears (an allowance at one rate beside a charge at another comes to nothing without
VAT, and to a fifth of itself with it), or by an amount to pay that is more than its gross. Each of
these is held by itself, whatever else makes up for it.
Source: EN 16931-1 BT-92 to BT-115; HMRC VATREC12010, VATREC12020 for the roundings of VAT.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from invoicing.judging.totals import LARGEST_ROUNDING
from invoicing.judging.vat import legitimate_vat
from invoicing.matching.pairing import Billed
from invoicing.matching.rules import Code, Finding, Severity, Share
from invoicing.matching.tolerances import Tolerances

NOUGHT = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Stated:
    """What a document states for the whole of itself, above nought for a credit note too.

    Shapes: `charges_amount` is everything that it adds beyond its lines, before whatever it takes
    off; `charged_before` what every other invoice of the order adds; `charges_percent` the highest
    rate of VAT in it, which its charges may bear.
    Units: GBP; charges net.
    """

    vat_amount: Decimal
    payable_amount: Decimal
    charges_amount: Decimal = NOUGHT
    charged_before: Decimal = NOUGHT
    charges_percent: Decimal = NOUGHT


def match_totals(
    stated: Stated,
    billed: Sequence[Billed],
    tolerances: Tolerances,
    *,
    shares: Sequence[Share] = (),
) -> tuple[Finding, ...]:
    """Return in what an invoice asks for more than its lines and its charges come to.

    Shapes: `shares` say which lines are of one line of the order. VAT that is rounded line by line
    is rounded once for all of these; or a line that is split into a hundred would bear a hundred
    pennies more.
    Why: the rate of each line is held against the order's by itself, so that the lines' own rates
    say here how much VAT they bear, by whichever rounding gives the most of it.
    """
    return (*_charges(stated, tolerances), *_beyond(stated, _together(billed, shares)))


def match_credit_totals(
    stated: Stated,
    credited: Sequence[Billed],
    *,
    kept_back: Decimal = NOUGHT,
    taken_off: Decimal = NOUGHT,
) -> tuple[Finding, ...]:
    """Return in what a credit note gives back more, or less, than its lines and charges come to.

    Shapes: `kept_back` is what it takes off what it gives back, `taken_off` what its invoice took
    off what it asked: no more than that may be kept back.
    Units: GBP, net.
    Why: money that was asked with VAT comes back with it, or the council pays for nothing.
    """
    nets = _by_rate(stated, credited)
    allowed = min(kept_back, taken_off)
    least_vat = sum((min(_ways(parts, rate)) for rate, parts in nets.items()), NOUGHT)
    if allowed > 0:
        least_vat -= max(_ways([allowed], max(nets, default=NOUGHT)))
    found = list(_beyond(stated, credited))
    if stated.vat_amount < least_vat:
        found.append(
            Finding(Code.VAT_SHORT, Severity.HOLD, None, None, least_vat, stated.vat_amount)
        )
    least = _sum(nets) - allowed + min(least_vat, stated.vat_amount)
    if stated.payable_amount < least - LARGEST_ROUNDING:
        asked = stated.payable_amount
        found.append(Finding(Code.GIVES_BACK_LESS, Severity.HOLD, None, None, least, asked))
    return tuple(found)


def _charges(stated: Stated, tolerances: Tolerances) -> Iterator[Finding]:
    charged = stated.charged_before + stated.charges_amount
    if stated.charges_amount > 0 and charged > 0:
        severity = Severity.NOTE if charged <= tolerances.charges else Severity.HOLD
        yield Finding(Code.CHARGE, severity, None, None, Decimal(0), charged)


def _together(billed: Sequence[Billed], shares: Sequence[Share]) -> list[Billed]:
    """Return the lines of an invoice, those of one order line and one rate as a single one."""
    whole = {each.place: each.ordered_id for each in shares}
    found: dict[tuple[object, Decimal], Billed] = {}
    for line in billed:
        key = (whole.get(line.place, line.place), line.vat_percent)
        before = found[key].net_amount if key in found else NOUGHT
        found[key] = replace(line, net_amount=before + line.net_amount)
    return list(found.values())


def _beyond(stated: Stated, billed: Sequence[Billed]) -> Iterator[Finding]:
    nets = _by_rate(stated, billed)
    most_vat = sum((max(_ways(parts, rate)) for rate, parts in nets.items()), NOUGHT)
    if stated.vat_amount > most_vat:
        yield Finding(Code.VAT_BEYOND, Severity.HOLD, None, None, most_vat, stated.vat_amount)
    # What is wrong with VAT has been said already.
    most = _sum(nets) + max(most_vat, stated.vat_amount)
    if stated.payable_amount > most + LARGEST_ROUNDING:
        asked = stated.payable_amount
        yield Finding(Code.PAYABLE_BEYOND, Severity.HOLD, None, None, most, asked)


def _by_rate(stated: Stated, lines: Sequence[Billed]) -> dict[Decimal, list[Decimal]]:
    """Return what bears which rate, net: the lines, and the charges at the highest there is."""
    nets: dict[Decimal, list[Decimal]] = defaultdict(list)
    for line in lines:
        nets[line.vat_percent].append(line.net_amount)
    if stated.charges_amount:
        nets[stated.charges_percent].append(stated.charges_amount)
    return nets


def _sum(nets: dict[Decimal, list[Decimal]]) -> Decimal:
    return sum((each for parts in nets.values() for each in parts), NOUGHT)


def _ways(nets: Sequence[Decimal], rate_percent: Decimal) -> list[Decimal]:
    return list(legitimate_vat(nets, rate_percent).values())
