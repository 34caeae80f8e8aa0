"""Invoices as suppliers send them, and as they stand with a council, for tests.

What is sent is a whole electronic invoice of an order, right in every figure unless a test spoils
it; it is taken in, read and compared by the services themselves.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from invoicing.formats import model
from invoicing.formats.ubl import write_ubl
from invoicing.intake.services.arrivals import take_invoice
from invoicing.intake.services.reading import read_arrival
from invoicing.models import Arrival, Finding, Invoice
from invoicing.states import Channel
from marketplace.core.actors import Actor
from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Order, OrderLine
from tests.factories import einvoices, ordering, organisations, receipts
from tests.factories.ordering import NOON, Market

ISSUED_ON = date(2026, 11, 20)
CATEGORIES = {"standard": "S", "reduced": "S", "zero": "Z", "exempt": "E"}


def market(**options: object) -> Market:
    """Keep a market whose council has books and takes goods in, and whose supplier bears VAT."""
    made = receipts.market_with_books(**options)
    made.supplier.vat_number = "GB980780684"
    with stewardship():
        made.supplier.save(update_fields=["vat_number"])
    return made


def finance(market: Market) -> Actor:
    """Keep a finance officer of the council."""
    return organisations.actor(market.council, "finance", name="Fay Finance")


def delivered(market: Market, **options: object) -> Order:
    """Send an order of which everything has come."""
    order = ordering.answered(market, **options)
    receipts.received(market, order)
    return order


def line_of(line: OrderLine, quantity: Decimal | str | None = None, **more: object) -> model.Line:
    """Return what bills so much of an order's line, at its price."""
    units = line.quantity if quantity is None else Decimal(quantity)
    category = model.TaxCategory(
        CATEGORIES[line.vat_category], Decimal(f"{line.vat_rate_percent.normalize():f}")
    )
    made = model.Line(
        number=str(line.line_number),
        quantity=units,
        unit=line.unit,
        net_amount=einvoices.rounded(units * line.unit_price),
        order_line=str(line.line_number),
        price=model.Price(Decimal(f"{line.unit_price.normalize():f}")),
        item=model.Item(name=line.name, sellers_id=line.part_number, category=category),
    )
    return replace(made, **more)


def said_of(
    market: Market, of: Order, *, lines: tuple[model.Line, ...] | None = None, **more: object
) -> model.Invoice:
    """Return the electronic invoice of an order, all of it unless some lines are given."""
    billed = lines or tuple(line_of(each) for each in receipts.lines_of(of))
    supplier, council = market.supplier, market.council
    seller = replace(
        einvoices.SELLER,
        legal_name=supplier.name,
        trading_name="",
        legal_identifier=model.Identifier(supplier.company_number or "01234567"),
        electronic_address=model.Identifier(supplier.vat_number, "9932"),
        tax_registrations=(model.TaxRegistration(supplier.vat_number, "VAT"),),
    )
    facts = {
        "order": of.number,
        "issued_on": ISSUED_ON,
        "due_on": date(2026, 12, 20),
        "seller": seller,
        "buyer": replace(einvoices.BUYER, legal_name=council.name),
        "payment_means": (replace(einvoices.MEANS, account_name=supplier.name),),
        **more,
    }
    return einvoices.invoice(billed, **facts)


def credit_of(said: model.Invoice, **more: object) -> model.Invoice:
    """Return the credit note that gives an invoice back, whole unless told otherwise."""
    facts = {
        "is_credit_note": True,
        "type_code": "381",
        "number": f"CN-{said.number}",
        "preceding": (model.PrecedingInvoice(said.number, said.issued_on),),
        **more,
    }
    return einvoices.summed(replace(said, **facts))


def arrived(
    market: Market,
    content: bytes | model.Invoice,
    *,
    sender: Actor | None = None,
    name: str = "invoice.xml",
    at: datetime = NOON,
) -> Arrival:
    """Have the supplier send in a file, or somebody of the council."""
    who = sender or market.seller
    is_sellers = who.organisation_id == market.supplier.pk
    with market.selling() if is_sellers else market.acting():
        return take_invoice(
            council_id=market.council.pk,
            sender=who,
            supplier_id=market.supplier.pk if is_sellers else None,
            name=name,
            content=content if isinstance(content, bytes) else write_ubl(content),
            channel=Channel.PORTAL if is_sellers else Channel.UPLOAD,
            at=at,
        )


def read(market: Market, arrival: Arrival, *, at: datetime = NOON) -> Arrival:
    """Have the worker read a file that arrived."""
    with market.acting():
        return read_arrival(council_id=market.council.pk, arrival_id=arrival.pk, at=at)


def taken(
    market: Market, content: bytes | model.Invoice, *, at: datetime = NOON, **facts: object
) -> Invoice:
    """Send a file in, have it read, and return its invoice."""
    arrival = read(market, arrived(market, content, at=at, **facts), at=at)
    assert arrival.status == "TAKEN", arrival.refusal_detail
    return invoice_of(arrival.pk)


def invoice_of(arrival_id: UUID) -> Invoice:
    """Return the invoice of an arrival as it is now."""
    with stewardship():
        return Invoice.objects.get(arrival_id=arrival_id)


def found_in(invoice: Invoice, *, closed: str = "") -> list[str]:
    """Return the codes of what was found in an invoice and holds it, or of what ended so."""
    with stewardship():
        rows = Finding.objects.filter(invoice=invoice, closed=closed).exclude(severity="NOTE")
        return sorted(rows.values_list("code", flat=True))


def now(row: Invoice) -> Invoice:
    """Return an invoice as it is now."""
    with stewardship():
        return Invoice.objects.get(pk=row.pk)
