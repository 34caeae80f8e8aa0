"""Value added tax: categories, rates by date, and the breakdown of a document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from marketplace.core.money import Money


class VatCategory(StrEnum):
    """How a supply is taxed in the United Kingdom.

    Source: VAT Act 1994, s.2 (standard), s.29A and Sch.7A (reduced), s.30 and Sch.8 (zero),
    s.31 and Sch.9 (exempt).
    """

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"
    EXEMPT = "exempt"


# Each rate holds from its day until the next row of the same category.
# Source: VAT Act 1994 s.2(1) as amended by Finance (No. 3) Act 2010 s.3 (20 % from 4 January 2011);
# s.29A(1) (5 %).
RATES: dict[VatCategory, tuple[tuple[date, Decimal], ...]] = {
    VatCategory.STANDARD: ((date(2011, 1, 4), Decimal(20)),),
    VatCategory.REDUCED: ((date(1997, 9, 1), Decimal(5)),),
    VatCategory.ZERO: ((date(1973, 4, 1), Decimal(0)),),
    VatCategory.EXEMPT: ((date(1973, 4, 1), Decimal(0)),),
}

# Source: UNCL 5305 as used by EN 16931-1 (BT-118, BT-151).
UBL_CATEGORY = {
    VatCategory.STANDARD: "S",
    VatCategory.REDUCED: "S",
    VatCategory.ZERO: "Z",
    VatCategory.EXEMPT: "E",
}


def rate_percent(category: VatCategory | str, on: date) -> Decimal:
    """Return the rate in force on a day.

    Units: percent (20, not 0.2).
    Raises: ValueError for a day before the first rate that is known here.
    """
    for since, rate in reversed(RATES[VatCategory(category)]):
        if on >= since:
            return rate
    raise ValueError(f"No {category} rate is known for {on}.")


@dataclass(frozen=True, slots=True)
class VatLine:
    """One row of a breakdown: everything that bears one rate in one category."""

    category: VatCategory
    rate_percent: Decimal
    net: Money
    vat: Money


def vat_breakdown(lines: Iterable[tuple[Money, VatCategory, Decimal]]) -> list[VatLine]:
    """Tax each rate once, on the sum of its lines, and round once.

    Shapes: in, (line net, category, rate) triples in any order; out, one VatLine for each category
    and rate, lowest rate first.
    Units: rates in percent; money in one currency, to the penny.
    Source: EN 16931-1 BG-23; BR-CO-17.

    >>> third = (Money(Decimal("0.33")), VatCategory.STANDARD, Decimal(20))
    >>> vat_breakdown([third, third, third])[0].vat.amount
    Decimal('0.20')
    """
    nets: dict[tuple[Decimal, VatCategory], list[Money]] = defaultdict(list)
    for net, category, rate in lines:
        nets[rate, VatCategory(category)].append(net)
    result = []
    for (rate, category), parts in sorted(nets.items()):
        net = Money.total(parts, parts[0].currency)
        result.append(
            VatLine(category, rate, net, Money.rounded(net.amount * rate / 100, net.currency))
        )
    return result
