"""The first half of the story: from the requisition to what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from catalogue.models import Listing
from invoicing.matching.rules import Code
from invoicing.models import Invoice
from invoicing.rehearsal import deeds
from invoicing.rehearsal.arrivals import Fate, fate_of
from invoicing.rehearsal.founding import House
from invoicing.rehearsal.telling import StoryEnds, Teller, pounds
from invoicing.settling.services.sending_back import send_back_invoice
from invoicing.states import InvoiceStatus
from marketplace.documents.models import Document
from marketplace.documents.selectors import bytes_for_programs
from marketplace.ledger.models import Budget
from marketplace.ordering.models import Order, OrderLine
from marketplace.ordering.states import OrderStatus

HALF_AS_MUCH_AGAIN: Final = Decimal("1.5")
FIRST: Final = "SB-1001"
SECOND: Final = "SB-1002"
CREDIT: Final = "SB-C-1"
THOUSANDTH: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Bought:
    """An order of which everything has come, with what came in each of its two parts."""

    order: Order
    first: list[tuple[OrderLine, Decimal]]
    second: list[tuple[OrderLine, Decimal]]


def buy(house: House, listings: Sequence[Listing], teller: Teller) -> Bought:
    """Walk from the requisition to the goods at the door."""
    order = _order(house, listings, teller)
    lines = deeds.lines_of(house, order)
    teller.step("The supplier answers")
    answered = deeds.accept(house, order, lines, at=house.clock())
    deeds.work(house)
    teller.claim(
        f"{house.seller.name} accepts all {len(lines)} lines.",
        answered.status == OrderStatus.ACKNOWLEDGED,
        answered.status,
    )
    teller.step("The goods come in two parts")
    # Not halves: two invoices over the same sum within three days are looked at by a person.
    some = [(line, (line.quantity / deeds.PARTS).quantize(THOUSANDTH)) for line in lines]
    rest = [(line, line.quantity - part) for line, part in some]
    for note, part in (("DN-1", some), ("DN-2", rest)):
        receipt = deeds.receive(house, order, part, note, at=house.clock())
        deeds.work(house)
        teller.say(
            f"{receipt.number}, by delivery note {note}: {pounds(receipt.net_amount)} of goods.",
            **{f"receipt_{note.lower().replace('-', '_')}": receipt.net_amount},
        )
    spent, promised = _budget(house)
    teller.claim(
        f"All of it has come: {pounds(order.net_amount)} is spent and nothing promised any more.",
        spent == order.net_amount and not promised,
        f"{pounds(spent)} and {pounds(promised)}",
    )
    return Bought(order, some, rest)


def _order(house: House, listings: Sequence[Listing], teller: Teller) -> Order:
    teller.step("A requisition is raised, approved and ordered")
    asked = deeds.ask_for(house, listings, "Supplies for the libraries", at=house.clock())
    teller.say(
        f"{house.person('requester').name} asks for {len(listings)} lines:"
        f" {asked.number}, {pounds(asked.net_amount)} without VAT.",
        requisition=asked.number,
        lines=len(listings),
        net=asked.net_amount,
    )
    deeds.approve(house, asked, at=house.clock())
    _spent, promised = _budget(house)
    teller.claim(
        f"{house.person('approver').name} approves it: {pounds(promised)} of the budget is"
        " promised.",
        promised == asked.net_amount,
        pounds(promised),
    )
    deeds.work(house)
    order = deeds.order_of(house, asked.pk)
    if order.sent_at is None:
        raise StoryEnds(f"The order {order.number} was not sent.")
    with house.acting("requester"):
        papers = (
            Document.objects.of(house.council.pk)
            .defer("content")
            .in_bulk([key for key in (order.pdf_id, order.ubl_id) if key])
        )
    teller.say(f"The order {order.number} is sent to {house.supplier.name}:", order=order.number)
    for paper in papers.values():
        teller.say(f"  {paper.name}, {paper.size_bytes:,} bytes, SHA-256 {paper.sha256[:16]}…")
    return order


def bill(house: House, bought: Bought, teller: Teller) -> tuple[Invoice, list[Invoice]]:
    """Have e-invoices come that agree, ask too much and come twice.

    Shapes: the first one, and all that are owed.
    """
    order = bought.order
    teller.step("An e-invoice comes that agrees")
    quantities = {line.pk: quantity for line, quantity in bought.first}
    arrival = deeds.bill(house, order, FIRST, quantities, at=house.clock())
    first = _agreeing(house, fate_of(house, arrival), teller)

    teller.step("One comes that asks half as much again")
    rest = {line.pk: quantity for line, quantity in bought.second}
    dear = deeds.written(
        house, order, SECOND, rest, price_times=HALF_AS_MUCH_AGAIN, at=house.clock()
    )
    fate = fate_of(house, deeds.send_in(house, dear, f"{SECOND}.xml", at=house.clock()))
    _held(house, fate, teller)

    teller.step("The first one comes again")
    with house.acting("finance"):
        same = bytes_for_programs(house.council.pk, first.document_id)
    fate = fate_of(house, deeds.send_in(house, same, f"{FIRST}.xml", at=house.clock()))
    teller.claim(
        f"{FIRST} {fate.said}: the same file came before.",
        fate.status == InvoiceStatus.REPEAT
        and fate.invoice is not None
        and fate.invoice.repeats_id == first.pk,
        fate.said,
    )

    teller.step("The dear one comes again, mended")
    arrival = deeds.bill(house, order, SECOND, rest, at=house.clock())
    second = _agreeing(house, fate_of(house, arrival), teller)
    return first, [first, second]


def credit(house: House, bought: Bought, first: Invoice, teller: Teller) -> list[Invoice]:
    """Have something go back, and a credit note come for it."""
    teller.step("Something came broken, and a credit note comes for it")
    line, came = max(bought.first, key=lambda each: each[0].unit_price)
    quantity = min(Decimal(1), came) if line.unit_price >= 1 else came
    receipt = deeds.send_back_goods(house, bought.order, line, quantity, at=house.clock())
    deeds.work(house)
    teller.say(
        f"{receipt.number}: {quantity.normalize():f} of “{line.name}” goes back,"
        f" {pounds(-receipt.net_amount)}.",
        returned=-receipt.net_amount,
    )
    asked = deeds.written(house, bought.order, CREDIT, {line.pk: quantity}, at=house.clock())
    said = deeds.as_credit_note(asked, first)
    fate = fate_of(house, deeds.send_in(house, said, f"{CREDIT}.xml", at=house.clock()))
    return [_agreeing(house, fate, teller)]


def _agreeing(house: House, fate: Fate, teller: Teller) -> Invoice:
    """Tell of an invoice that must agree, and approve it.

    Raises: StoryEnds when it does not.
    """
    invoice = fate.invoice
    if invoice is None or fate.status != InvoiceStatus.MATCHED:
        raise StoryEnds(f"{fate.name} {fate.said} {' '.join(fate.why)}")
    teller.claim(
        f"{invoice.number} over {pounds(invoice.gross_amount)}, {pounds(invoice.vat_amount)} of it"
        " VAT, agrees with its order and with what came.",
        holds=True,
    )
    approved = deeds.approve_to_pay(house, invoice, at=house.clock())
    teller.say(
        f"{house.person('finance').name} approves it; it is to be paid by"
        f" {approved.pay_by_on:%-d %B %Y}.",
        number=invoice.number,
        gross=invoice.gross_amount,
        vat=invoice.vat_amount,
    )
    return approved


def _held(house: House, fate: Fate, teller: Teller) -> None:
    """Tell of the one that asks too much, and send it back."""
    invoice = fate.invoice
    if invoice is None:
        raise StoryEnds(f"{fate.name} {fate.said}")
    teller.claim(
        f"{invoice.number} over {pounds(invoice.gross_amount)} {fate.said}, for its price and"
        " nothing else.",
        fate.status == InvoiceStatus.HELD and set(fate.codes) == {Code.PRICE.value},
        f"{fate.status}, {', '.join(sorted(set(fate.codes)))}",
    )
    teller.listed(fate.why)
    teller.say(f"It is for a {fate.findings[0]['owner'] if fate.findings else 'nobody'} to decide.",
               held=fate.document())  # fmt: skip
    reason = f"{fate.why[0]} Please send it again at the price that we agreed." if fate.why else "?"
    with house.acting("finance") as finance:
        send_back_invoice(invoice_id=invoice.pk, finance=finance, reason=reason, at=house.clock())
    deeds.work(house)
    teller.say(f"{house.person('finance').name} sends it back, and the supplier is told why.")


def _budget(house: House) -> tuple[Decimal, Decimal]:
    """Return what is spent and what is promised of the one budget."""
    with house.acting("finance"):
        budget = Budget.objects.of(house.council.pk).get()
    return budget.actual_amount, budget.committed_amount
