"""How far an invoice may be from its order and still be paid without asking anybody.

A limit that is None is not tested; nought means exactly as agreed. The two are never one number.
Whatever the other limits allow, what is billed of a line in all has the last word, and it counts
every invoice: many small differences come to no more than one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

NOUGHT = Decimal(0)
# A tenth: what goes further is no small difference of an order but another one.
# Source: Procurement Act 2023 s.74(4), which lets a contract for goods be changed by no more.
MOST_PERCENT = Decimal(10)
# Where only an amount is given, nothing else keeps a cheap line from being billed many times over.
MOST_POUNDS = Decimal(100)


@dataclass(frozen=True, slots=True)
class Limit:
    """How far above what was agreed a figure may go.

    Shapes: None is not tested, nought is exact; where both are given both must hold.
    Units: `percent` of what was agreed; `amount` in the figure's own unit.
    """

    percent: Decimal | None = None
    amount: Decimal | None = None

    @property
    def is_tested(self) -> bool:
        """Whether it says anything at all."""
        return self.percent is not None or self.amount is not None

    def allows(self, agreed: Decimal, asked: Decimal) -> bool:
        """Tell whether `asked` is near enough above `agreed`; below it always is.

        Of nothing agreed nothing is near enough, so that goods free of charge, refused or not come
        at all are never billed within a tolerance.
        """
        beyond = asked - agreed
        if beyond <= 0 or not self.is_tested:
            return True
        if agreed <= 0:
            return False
        if self.percent is not None and beyond * 100 > agreed * self.percent:
            return False
        return self.amount is None or beyond <= self.amount


EXACT = Limit(percent=NOUGHT)


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How far an invoice may be from its order and still be paid without asking.

    Shapes: `needs_receipt` is False where a council pays on the order alone (two-way).
    Units: prices and totals in GBP without VAT; quantities in the order line's unit; `charges` in
    GBP for all invoices of an order together, beyond what was ordered.
    """

    unit_price: Limit = EXACT
    ordered_quantity: Limit = EXACT
    received_quantity: Limit = EXACT
    line_total: Limit = EXACT
    charges: Decimal = NOUGHT
    needs_receipt: bool = True


class Fault(StrEnum):
    """What is wrong with a limit that somebody wants to set."""

    BELOW_NOUGHT = "BELOW_NOUGHT"
    TOO_MANY_PERCENT = "TOO_MANY_PERCENT"
    TOO_MANY_POUNDS = "TOO_MANY_POUNDS"
    NOT_TESTED = "NOT_TESTED"


def faults(wanted: Tolerances) -> list[tuple[str, Fault]]:
    """Return what keeps limits from being set, each with the figure that it is about.

    Shapes: figures by name, "line_total.percent"; empty where all is well.
    Why: a price may go untested, since the total of the line still is; that total and both
    quantities may not, or nothing would keep an invoice to its order. Of quantities an amount only
    narrows the percentage: two things too many are little of a hundred and all of two.
    """
    found: list[tuple[str, Fault]] = []
    for name in ("unit_price", "ordered_quantity", "received_quantity", "line_total"):
        limit: Limit = getattr(wanted, name)
        found += [
            (f"{name}.{part}", fault)
            for part, figure in (("percent", limit.percent), ("amount", limit.amount))
            if (fault := _out_of_bounds(name, part, figure, limit)) is not None
        ]
    if wanted.charges < 0:
        found.append(("charges", Fault.BELOW_NOUGHT))
    elif wanted.charges > MOST_POUNDS:
        found.append(("charges", Fault.TOO_MANY_POUNDS))
    if not wanted.line_total.is_tested:
        found.append(("line_total.percent", Fault.NOT_TESTED))
    if wanted.ordered_quantity.percent is None:
        found.append(("ordered_quantity.percent", Fault.NOT_TESTED))
    if wanted.needs_receipt and wanted.received_quantity.percent is None:
        found.append(("received_quantity.percent", Fault.NOT_TESTED))
    return found


def _out_of_bounds(name: str, part: str, figure: Decimal | None, limit: Limit) -> Fault | None:
    if figure is None:
        return None
    if figure < 0:
        return Fault.BELOW_NOUGHT
    if part == "percent":
        return Fault.TOO_MANY_PERCENT if figure > MOST_PERCENT else None
    is_alone = limit.percent is None and not name.endswith("_quantity")
    return Fault.TOO_MANY_POUNDS if is_alone and figure > MOST_POUNDS else None
