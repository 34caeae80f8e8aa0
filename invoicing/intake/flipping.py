"""An electronic invoice made from an order: what its supplier would have written itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from invoicing.formats import model
from invoicing.formats.profiles import PROFILES
from invoicing.intake.rules import DAYS_TO_PAY
from invoicing.models import SupplierAccount
from marketplace.core.money import Money
from marketplace.core.ubl import address_from_text, bare_vat_number
from marketplace.core.vat import UBL_CATEGORY, VatCategory, VatLine, vat_breakdown
from marketplace.ordering.models import Order, OrderLine
from marketplace.organisations.models import Organisation

COMMERCIAL_INVOICE: Final = "380"  # UNCL 1001
CREDIT_TRANSFER: Final = "30"  # UNCL 4461
# Said in the language of the document. Source: VATA 1994 s.31; EN 16931-1 BT-120.
EXEMPT: Final = "Exempt from VAT (VAT Act 1994, Schedule 9)"


def invoice_of(
    order: Order,
    lines: Sequence[OrderLine],
    quantities: Mapping[UUID, Decimal],
    *,
    number: str,
    issued_on: date,
    account: SupplierAccount | None,
) -> model.Invoice:
    """Return the invoice of an order: each line at its price, VAT once a rate, to the penny.

    Shapes: `quantities` by the keys of the lines; what is not in it is not billed. Both sides are
    joined to `order`.
    Source: EN 16931-1; BR-CO-10 to BR-CO-16.
    """
    billed = [_line(line, quantities[line.pk]) for line in lines if line.pk in quantities]
    breakdown = vat_breakdown(
        (Money(net), VatCategory(line.vat_category), line.vat_rate_percent)
        for line, net in ((line, _net(line, quantities)) for line in lines)
        if line.pk in quantities
    )
    net = sum((row.net.amount for row in breakdown), Decimal("0.00"))
    vat = sum((row.vat.amount for row in breakdown), Decimal("0.00"))
    return model.Invoice(
        profile=PROFILES["en16931"].specification,
        number=number,
        issued_on=issued_on,
        type_code=COMMERCIAL_INVOICE,
        currency="GBP",
        due_on=issued_on + timedelta(days=DAYS_TO_PAY),
        order=order.number,
        seller=_party(order.supplier),
        buyer=_party(order.council),
        payment_means=_means(account, number),
        tax_totals=(model.TaxTotal(vat, "GBP", tuple(map(_vat_row, breakdown))),),
        totals=model.Totals(
            line_net_amount=net, net_amount=net, gross_amount=net + vat, payable_amount=net + vat
        ),
        lines=tuple(billed),
    )


def _net(line: OrderLine, quantities: Mapping[UUID, Decimal]) -> Decimal:
    return Money.rounded(line.unit_price * quantities.get(line.pk, Decimal(0))).amount


def _line(line: OrderLine, quantity: Decimal) -> model.Line:
    return model.Line(
        number=str(line.line_number),
        quantity=_short(quantity),
        unit=line.unit,
        net_amount=Money.rounded(line.unit_price * quantity).amount,
        order_line=str(line.line_number),
        price=model.Price(_short(line.unit_price)),
        item=model.Item(
            name=line.name,
            sellers_id=line.part_number,
            category=_category(VatCategory(line.vat_category), line.vat_rate_percent),
        ),
    )


def _short(figure: Decimal) -> Decimal:
    return Decimal(f"{figure.normalize():f}")


def _category(category: VatCategory, rate_percent: Decimal) -> model.TaxCategory:
    return model.TaxCategory(UBL_CATEGORY[category], _short(rate_percent))


def _vat_row(row: VatLine) -> model.VatRow:
    reason = EXEMPT if row.category is VatCategory.EXEMPT else ""
    category = model.TaxCategory(
        UBL_CATEGORY[row.category], _short(row.rate_percent), exemption_reason=reason
    )
    return model.VatRow(row.net.amount, row.vat.amount, category)


def _party(organisation: Organisation) -> model.Party:
    number = organisation.vat_number
    place = address_from_text(organisation.address, organisation.postcode)
    lines = (*place.lines, "", "", "")
    return model.Party(
        legal_name=organisation.name,
        legal_identifier=model.Identifier(organisation.company_number),
        tax_registrations=(model.TaxRegistration(f"GB{bare_vat_number(number)}", model.VAT),)
        if number
        else (),
        address=model.Address(
            lines[0], lines[1], lines[2], town=place.town, postcode=place.postcode, country="GB"
        ),
    )


def _means(account: SupplierAccount | None, number: str) -> tuple[model.PaymentMeans, ...]:
    if account is None:
        return ()
    return (
        model.PaymentMeans(
            code=CREDIT_TRANSFER,
            payment_ids=(number,),
            account=model.Identifier(account.account_number),
            account_name=account.name,
            branch=model.Identifier(account.sort_code),
        ),
    )
