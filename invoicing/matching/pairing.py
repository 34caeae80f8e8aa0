"""Which line of an order a line of an invoice speaks of.

A supplier may say so (BT-132), or name the goods by part number (BT-155) or GTIN (BT-157). It is
taken at its word only where exactly one line of the order answers to it: a guess between two would
bill one of them twice sooner or later, so that a person chooses. Nothing of the supplier's
document is ever changed; what is found here stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class How(StrEnum):
    """What a line of an invoice was recognised by."""

    REFERENCE = "REFERENCE"
    PART_NUMBER = "PART_NUMBER"
    GTIN = "GTIN"
    PERSON = "PERSON"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class Ordered:
    """A line of an order, and how far it has come.

    Units: `unit_price` in GBP without VAT for one `unit`, to six places; amounts in GBP, net.
    `billed_quantity` and `billed_amount` are those of every other invoice that stands, paid or
    not, less what was credited; `billed_worth` is what those quantities come to at this line's
    price, rounded once a document.
    """

    line_id: UUID
    place: int
    part_number: str
    gtin: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    net_amount: Decimal
    vat_percent: Decimal
    received_quantity: Decimal
    billed_quantity: Decimal
    billed_amount: Decimal
    billed_worth: Decimal


@dataclass(frozen=True, slots=True)
class Billed:
    """A line of an invoice, as the supplier wrote it.

    Shapes: `place` counts the lines of the document from 1; `reference` is the order line that it
    names (BT-132), "" if none; `chosen` is the order line that a person chose for it, and
    `is_on_no_line` says that a person found none for it.
    Units: `unit_price` in GBP without VAT for one `unit`; `quantity` and `net_amount` are below
    nought where the line takes something back.
    """

    place: int
    reference: str
    part_number: str
    gtin: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    net_amount: Decimal
    vat_percent: Decimal
    chosen: UUID | None = None
    is_on_no_line: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """What a line of an invoice was found to speak of.

    Shapes: `candidates` are the order lines that it might mean where no single one answers, in
    their order; `contradicts` says that the line it names is of other goods than it names.
    """

    billed: Billed
    ordered: Ordered | None
    how: How
    candidates: tuple[UUID, ...] = ()
    contradicts: bool = False


def pair_lines(billed: Sequence[Billed], ordered: Sequence[Ordered]) -> list[Pair]:
    """Return, for each line of an invoice in its order, the line of the order that it speaks of.

    Why: a person's choice goes before what the document says, the document's own reference before
    the goods' names; a tie that price and unit do not break is nobody's.
    """
    return [_pair(line, ordered) for line in billed]


def _pair(line: Billed, ordered: Sequence[Ordered]) -> Pair:
    return _by_a_person(line, ordered) or _by_the_document(line, ordered)


def _by_a_person(line: Billed, ordered: Sequence[Ordered]) -> Pair | None:
    """Return what a person said; what they chose of another order says nothing of this one."""
    if line.is_on_no_line:
        return Pair(line, None, How.PERSON)
    chosen = next((each for each in ordered if each.line_id == line.chosen), None)
    return Pair(line, chosen, How.PERSON) if chosen is not None else None


def _by_the_document(line: Billed, ordered: Sequence[Ordered]) -> Pair:
    named = [each for each in ordered if _same_place(line.reference, each.place)]
    if named:
        return Pair(line, named[0], How.REFERENCE, contradicts=_other_goods(line, named[0]))
    by: tuple[tuple[How, Callable[[Ordered], bool]], ...] = (
        (How.PART_NUMBER, lambda each: _same_code(line.part_number, each.part_number)),
        (How.GTIN, lambda each: _same_code(line.gtin, each.gtin)),
    )
    for how, answers in by:
        found: Sequence[Ordered] = [each for each in ordered if answers(each)]
        if len(found) > 1:
            found = _only_fitting(line, found)
        if len(found) == 1:
            return Pair(line, found[0], how)
        if found:
            return Pair(line, None, How.NOTHING, tuple(each.line_id for each in found))
    return Pair(line, None, How.NOTHING)


def _only_fitting(line: Billed, found: Sequence[Ordered]) -> Sequence[Ordered]:
    """Return the one line whose unit and price are the invoice's, or all that were found."""
    fitting = [
        each for each in found if (each.unit, each.unit_price) == (line.unit, line.unit_price)
    ]
    return fitting if len(fitting) == 1 else found


def _same_place(reference: str, place: int) -> bool:
    # "00010" and "10" are one line to a program that pads its numbers.
    return reference.isascii() and reference.isdigit() and reference.lstrip("0") == str(place)


def _other_goods(line: Billed, named: Ordered) -> bool:
    codes = ((line.part_number, named.part_number), (line.gtin, named.gtin))
    told = [(ours, theirs) for theirs, ours in codes if theirs.strip() and ours.strip()]
    return bool(told) and not any(_same_code(theirs, ours) for ours, theirs in told)


def _same_code(one: str, other: str) -> bool:
    """Tell whether two codes are one to somebody who reads them aloud."""
    return bool(plain_code(one)) and plain_code(one) == plain_code(other)


def plain_code(code: str) -> str:
    """Return a code without case, spaces, punctuation and noughts in front.

    Why: "ab-0012" on the order is "AB 0012" on the invoice, and nobody has other goods by either.

    >>> plain_code("ab-0012"), plain_code("000123"), plain_code("0")
    ('AB0012', '123', '')
    """
    return "".join(filter(str.isalnum, code.upper())).lstrip("0")
