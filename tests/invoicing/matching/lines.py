"""Lines of orders and invoices for tests of the match."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from invoicing.judging.vat import legitimate_vat
from invoicing.matching.pairing import Billed, Ordered
from invoicing.matching.rules import Severity
from invoicing.matching.totals import Stated
from marketplace.core.money import Money


def ordered(place=1, quantity="10", price="2.50", *, received=None, part=None, **more):
    """An order line of which everything has come and nothing has been billed."""
    units, each = Decimal(quantity), Decimal(price)
    facts = {
        "line_id": UUID(int=place),
        "place": place,
        "part_number": part or f"P-{place}",
        "gtin": "",
        "unit": "EA",
        "quantity": units,
        "unit_price": each,
        "net_amount": Money.rounded(units * each).amount,
        "vat_percent": Decimal(20),
        "received_quantity": units if received is None else Decimal(received),
        "billed_quantity": Decimal(0),
        "billed_amount": Decimal(0),
        "billed_worth": Decimal(0),
    }
    return Ordered(**facts | more)


def billed(line, quantity=None, price=None, *, place=None, **more):
    """An invoice line that says what the order line says, but for what is given."""
    units = line.quantity if quantity is None else Decimal(quantity)
    each = line.unit_price if price is None else Decimal(price)
    facts = {
        "place": place or line.place,
        "reference": str(line.place),
        "part_number": line.part_number,
        "gtin": line.gtin,
        "unit": line.unit,
        "quantity": units,
        "unit_price": each,
        "net_amount": Money.rounded(units * each).amount,
        "vat_percent": line.vat_percent,
    }
    return Billed(**facts | more)


def after(line, bill):
    """The order line once the bill stands."""
    worth = Money.rounded(line.unit_price * bill.quantity).amount
    return replace(
        line,
        billed_quantity=line.billed_quantity + bill.quantity,
        billed_amount=line.billed_amount + bill.net_amount,
        billed_worth=line.billed_worth + worth,
    )


def asked(bills, **more):
    """What a document of these lines states when it is honest, but for what is given."""
    charges, percent = more.get("charges_amount", Decimal(0)), Decimal(20)
    nets = {percent: [charges]}
    for each in bills:
        nets.setdefault(each.vat_percent, []).append(each.net_amount)
    vat = sum((max(legitimate_vat(of, rate).values()) for rate, of in nets.items()), Decimal(0))
    net = sum((each for of in nets.values() for each in of), Decimal(0))
    facts = {"vat_amount": vat, "payable_amount": net + vat, "charges_percent": percent}
    return Stated(**facts | more)


def held(findings):
    """The codes of what holds among findings."""
    return [each.code for each in findings if each.severity is Severity.HOLD]
