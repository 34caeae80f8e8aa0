"""Sums of what is bought: lines, VAT, and what is still to be paid. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from marketplace.core.dates import years_after
from marketplace.core.money import Money, Quantity, UnitPrice
from marketplace.core.vat import VatCategory, VatLine, vat_breakdown
from marketplace.ordering.states import Answer

LARGEST_QUANTITY = Decimal(1_000_000)
LARGEST_LINE = Decimal("99999999.99")
DELIVERY_YEARS_AHEAD = 2


def last_delivery_on(today: date) -> date:
    """Return the last day for which goods can be asked for or promised.

    Why: nobody orders for a later one, so whoever writes it has mistaken the year.
    """
    return years_after(today, DELIVERY_YEARS_AHEAD)


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
    """A line of an order: what was answered to it, and how much of it was cancelled."""

    answer: str
    quantity: Decimal
    cancelled_quantity: Decimal


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


def part_of(net_amount: Decimal, quantity: Decimal, part: Decimal) -> Decimal:
    """Return what so much of a line is worth.

    Units: GBP, to the penny; `part` in the unit of `quantity`.
    Why: what comes in several parts is worth the difference of this before and after each, so that
    the parts come to the line to the penny, whatever was rounded on the way.
    """
    return Money.rounded(net_amount * part / quantity).amount


def still_due(line: Ordered) -> Due:
    """Return what is still to be paid of a line: nothing of one that the supplier refused.

    Why: what was refused or cancelled will never be billed, so it must not be shown as owed.
    """
    left = line.quantity - line.cancelled_quantity
    if line.answer == Answer.REFUSED:
        left = Decimal(0)
    net_amount = part_of(line.net_amount, line.quantity, left)
    return Due(net_amount, line.vat_category, line.vat_rate_percent)


def order_number(prefix: str, financial_year: int, number: int) -> str:
    """Return an order's number as it is written.

    Why: a council's own prefix, the year in two digits and six digits sort and read well.

    >>> order_number("PO", 2026, 123)
    'PO-26-000123'
    """
    return f"{prefix}-{financial_year % 100:02d}-{number:06d}"
