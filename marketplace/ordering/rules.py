"""Sums, hashes and shares of requisitions and orders. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from marketplace.core.money import Money, Quantity, UnitPrice
from marketplace.core.vat import VatCategory, VatLine, vat_breakdown
from marketplace.ordering.states import Answer

LARGEST_QUANTITY = Decimal(1_000_000)
LARGEST_LINE = Decimal("99999999.99")
LONGEST_PART_NUMBER = 64
MOST_ADDRESS_LINES = 10
LONGEST_ADDRESS_LINE = 100
# Digits with or without commas between thousands. A comma anywhere else is never guessed at.
_NUMBER = re.compile(r"([0-9]{1,9}|[0-9]{1,3}(,[0-9]{3}){1,2})(\.[0-9]{1,6})?")
_CELLS = re.compile(r"[\t;|]")


class Taxed(Protocol):
    """Anything with a net amount and how it is taxed."""

    @property
    def net_amount(self) -> Decimal:
        """What it costs without VAT."""

    @property
    def vat_category(self) -> str:
        """How it is taxed."""

    @property
    def vat_rate_percent(self) -> Decimal:
        """At which rate, in percent."""


class Ordered(Taxed, Protocol):
    """A line of an order: what was answered to it, and how far it has come."""

    answer: str
    quantity: Decimal
    received_quantity: Decimal
    billed_quantity: Decimal


@dataclass(frozen=True, slots=True)
class Due:
    """What is still to be paid of a line. Units: GBP."""

    net_amount: Decimal
    vat_category: str
    vat_rate_percent: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """What lines come to. Units: GBP."""

    net_amount: Decimal
    vat_amount: Decimal
    breakdown: tuple[VatLine, ...]

    @property
    def gross_amount(self) -> Decimal:
        """Return what is to be paid."""
        return self.net_amount + self.vat_amount


@dataclass(frozen=True, slots=True)
class SeenLine:
    """What an approver sees of a line, and so approves."""

    line_number: int
    listing_id: UUID
    supplier_id: UUID
    part_number: str
    name: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    vat_category: str
    vat_rate_percent: Decimal
    cost_centre_id: UUID | None
    account_id: UUID | None


@dataclass(frozen=True, slots=True)
class PastedRow:
    """One row of a list that was pasted; `quantity` is None when what stands there is no number."""

    row: int
    part_number: str
    quantity: Decimal | None


def read_rows(text: str) -> list[PastedRow]:
    """Return the rows of a pasted list.

    Shapes: a row is a part number, then perhaps a quantity, with tabs, spaces, semicolons or a
    comma between them; the quantity is 1 when it is left out; empty rows are passed over and
    counted, so that `row` is the one that the person sees.
    Why: people paste from spreadsheets, letters and other systems. A comma that could be a decimal
    point is not guessed at: fifteen chairs for one and a half is the dearer mistake.
    """
    rows = []
    for row, line in enumerate(text.splitlines(), start=1):
        typed = line.strip(" \t,;|")
        if typed:
            part, quantity = _split(typed)
            rows.append(PastedRow(row, part[:LONGEST_PART_NUMBER], quantity))
    return rows


def _split(typed: str) -> tuple[str, Decimal | None]:
    cells = [cell.strip() for cell in _CELLS.split(typed) if cell.strip()]
    if len(cells) > 1:
        return cells[0], _number(cells[1].replace(" ", ""))
    words = typed.rsplit(maxsplit=1)
    last = words[-1].lstrip(",")
    if len(words) > 1 and last[:1].isdigit() and not last.strip("0123456789.,"):
        return words[0].rstrip(" ,"), _number(last)
    part, *rest = typed.split(",")
    if len(words) == 1 and rest and not "".join(rest).strip("0123456789."):
        return part, _number(",".join(rest))
    return typed, Decimal(1)


def _number(text: str) -> Decimal | None:
    return Decimal(text.replace(",", "")) if _NUMBER.fullmatch(text) else None


def line_net(unit_price: Decimal, quantity: Decimal, unit: str) -> Decimal:
    """Return price times quantity, rounded once to the penny.

    Source: EN 16931-1 BT-131.
    """
    return UnitPrice(unit_price, unit).extend(Quantity(quantity, unit)).amount


def totals(lines: Iterable[Taxed]) -> Totals:
    """Return the sums of lines, with VAT reckoned once a rate.

    Source: EN 16931-1 BR-CO-10, BR-CO-14, BR-CO-17.
    """
    breakdown = vat_breakdown(
        (Money(line.net_amount), VatCategory(line.vat_category), Decimal(line.vat_rate_percent))
        for line in lines
    )
    net = sum((row.net.amount for row in breakdown), Decimal("0.00"))
    vat = sum((row.vat.amount for row in breakdown), Decimal("0.00"))
    return Totals(net, vat, tuple(breakdown))


def address_fits(address: str) -> bool:
    """Tell whether a delivery address is short enough to stand on an order.

    Why: an order is a page of paper, a label on a parcel and a message to another computer.
    """
    lines = address.splitlines()
    return len(lines) <= MOST_ADDRESS_LINES and all(
        len(line) <= LONGEST_ADDRESS_LINE for line in lines
    )


def content_hash(
    *,
    title: str,
    reason: str,
    deliver_to: str,
    needed_by_on: date | None,
    lines: Sequence[SeenLine],
) -> str:
    """Return the hash of all that an approver is asked to agree to.

    Shapes: the order of the lines given does not matter; numbers that are equal hash alike,
    however many noughts they are written with.
    Why: an approval is for what was seen. If anything here differs, it was not seen.
    """
    seen = [
        {name: _plain(value) for name, value in asdict(line).items()}
        for line in sorted(lines, key=lambda line: line.line_number)
    ]
    facts = {
        "title": title,
        "reason": reason,
        "deliver_to": deliver_to,
        "needed_by_on": needed_by_on.isoformat() if needed_by_on else None,
        "lines": seen,
    }
    words = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(words.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value) if isinstance(value, UUID) else value


def cancelled_share(
    *, net_amount: Decimal, quantity: Decimal, received: Decimal, billed: Decimal
) -> Decimal:
    """Return how much of a line's money is given back when the rest of it is cancelled.

    Units: GBP, to the penny.
    Why: what was delivered will be billed and what was billed will be paid, so only what is
    neither is free: the lesser of undelivered and unbilled.
    """
    left = max(min(quantity - received, quantity - billed), Decimal(0))
    return Money.rounded(net_amount * left / quantity).amount


def still_due(line: Ordered, *, is_cancelled: bool) -> Due:
    """Return what is still to be paid of a line: nothing of one that the supplier refused.

    Why: what was refused or cancelled will never be billed, so it must not be shown as owed.
    """
    net_amount = line.net_amount
    if line.answer == Answer.REFUSED:
        net_amount = Decimal("0.00")
    elif is_cancelled:
        net_amount -= cancelled_share(
            net_amount=net_amount,
            quantity=line.quantity,
            received=line.received_quantity,
            billed=line.billed_quantity,
        )
    return Due(net_amount, line.vat_category, line.vat_rate_percent)


def order_number(prefix: str, financial_year: int, number: int) -> str:
    """Return an order's number as it is written.

    Why: a council's own prefix, the year in two digits and six digits sort and read well.

    >>> order_number("PO", 2026, 123)
    'PO-26-000123'
    """
    return f"{prefix}-{financial_year % 100:02d}-{number:06d}"
