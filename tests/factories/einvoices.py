"""An electronic invoice that is right in every figure, to be spoilt one figure at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from invoicing.formats import model
from invoicing.formats.profiles import PROFILES

ON = date(2026, 11, 23)
PENNY = Decimal("0.01")
STANDARD = model.TaxCategory("S", Decimal(20))
REDUCED = model.TaxCategory("S", Decimal(5))
ZERO = model.TaxCategory("Z", Decimal(0))
SELLER = model.Party(
    legal_name="Harbour Supplies Ltd",
    trading_name="Harbour",
    legal_identifier=model.Identifier("01234567"),
    electronic_address=model.Identifier("GB980780684", "9932"),
    tax_registrations=(model.TaxRegistration("GB980780684", "VAT"),),
    address=model.Address("1 Quay Road", town="Castermere", postcode="ZT1 1AA", country="GB"),
    contact=model.Contact("Ann Lee", "020 7946 0000", "ann@harbour.example"),
)
BUYER = model.Party(
    legal_name="Castermere City Council",
    electronic_address=model.Identifier("GB123456789", "9932"),
    address=model.Address("City Hall", town="Castermere", postcode="ZT1 2AA", country="GB"),
)
MEANS = model.PaymentMeans(
    code="30",
    payment_ids=("INV-1001",),
    account=model.Identifier("31926819"),
    account_name="Harbour Supplies Ltd",
    branch=model.Identifier("601613"),
)


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(PENNY, ROUND_HALF_UP)


def line(number: int, quantity="3", price="4.995", category=STANDARD, **more) -> model.Line:
    """A line whose net is right."""
    quantity, price = Decimal(quantity), Decimal(price)
    return model.Line(
        number=str(number),
        quantity=quantity,
        unit="EA",
        net_amount=rounded(quantity * price),
        order_line=str(number),
        price=model.Price(price),
        item=model.Item(name=f"Thing {number}", sellers_id=f"P-{number}", category=category),
        **more,
    )


def lines(count: int = 10) -> tuple[model.Line, ...]:
    """Lines of all three rates, with quantities and prices that need rounding."""
    rates = (STANDARD, STANDARD, REDUCED, ZERO)
    return tuple(line(n, f"{n}.5", f"{n}.335", rates[n % len(rates)]) for n in range(1, count + 1))


def invoice(of: tuple[model.Line, ...] | None = None, **more) -> model.Invoice:
    """An invoice whose sums are right for its lines, adjustments, prepayment and rounding."""
    said = model.Invoice(
        profile=PROFILES["peppol"].specification,
        process=PROFILES["peppol"].process,
        number="INV-1001",
        issued_on=date(2026, 11, 2),
        type_code="380",
        currency="GBP",
        due_on=date(2026, 12, 2),
        order="PO-77",
        seller=SELLER,
        buyer=BUYER,
        payment_means=(MEANS,),
        lines=lines() if of is None else of,
    )
    return summed(replace(said, **more))


def summed(said: model.Invoice, prepaid=None, rounding=None) -> model.Invoice:
    """The same invoice with totals that are right for it."""
    nets = defaultdict(Decimal)
    for each in said.lines:
        nets[each.item.category] += each.net_amount
    for adjustment in said.adjustments:
        nets[adjustment.category] += adjustment.amount * (1 if adjustment.is_charge else -1)
    rows = tuple(
        model.VatRow(net, rounded(net * category.rate_percent / 100), category)
        for category, net in nets.items()
    )
    charges = sum((a.amount for a in said.adjustments if a.is_charge), Decimal(0))
    allowances = sum((a.amount for a in said.adjustments if not a.is_charge), Decimal(0))
    line_net = sum((each.net_amount for each in said.lines), Decimal(0))
    net, vat = line_net - allowances + charges, sum((row.tax_amount for row in rows), Decimal(0))
    totals = model.Totals(
        line_net_amount=line_net,
        net_amount=net,
        gross_amount=net + vat,
        allowance_amount=allowances or None,
        charge_amount=charges or None,
        prepaid_amount=prepaid,
        rounding_amount=rounding,
        payable_amount=net + vat - (prepaid or 0) + (rounding or 0),
    )
    return replace(said, totals=totals, tax_totals=(model.TaxTotal(vat, said.currency, rows),))
