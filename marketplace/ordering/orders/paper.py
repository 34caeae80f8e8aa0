"""What stands on an order, whichever form it takes: the neutral shape of the PDF and the UBL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from marketplace.core.ubl import Party
from marketplace.core.vat import VatLine


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line. Units: `unit_price` and `net_amount` in GBP without VAT; `unit` by Rec 20."""

    line_number: int
    part_number: str
    name: str
    category: str
    unit: str
    unit_label: str
    pack_size: int
    quantity: Decimal
    unit_price: Decimal
    net_amount: Decimal
    vat_category: str
    vat_rate_percent: Decimal


@dataclass(frozen=True, slots=True)
class OrderPaper:
    """A whole order.

    Shapes: `issued_at` is when it was raised, and `ordered_on` the council's day of it; `link` is
    where the order can be read as a page.
    Units: amounts in GBP.
    """

    number: str
    issued_at: datetime
    ordered_on: date
    council: Party
    supplier: Party
    deliver_to: str
    needed_by_on: date | None
    lines: tuple[PaperLine, ...]
    vat: tuple[VatLine, ...]
    net_amount: Decimal
    vat_amount: Decimal
    link: str
    colour: str = "#1d70b8"

    @property
    def gross_amount(self) -> Decimal:
        """Return what is to be paid."""
        return self.net_amount + self.vat_amount
