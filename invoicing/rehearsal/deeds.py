"""What the people of the line do, one deed each, and the worker's part done at once.

Each deed is one call of a service by whoever may do it, behind the same walls as in earnest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final
from uuid import UUID

from django.utils import timezone

from catalogue.models import Listing
from catalogue.states import ListingStatus
from invoicing.formats import model
from invoicing.formats.ubl import write_ubl
from invoicing.intake.flipping import invoice_of
from invoicing.intake.selectors import billable_lines, latest_account, order_to_bill
from invoicing.intake.services.arrivals import take_invoice
from invoicing.intake.services.flips import flip_order
from invoicing.models import Arrival, Invoice, PaymentRun
from invoicing.payments.accounts import BankAccount
from invoicing.payments.bank_days import next_bank_day
from invoicing.payments.services.exporting import export_run
from invoicing.payments.services.preparing import prepare_run
from invoicing.payments.services.runs import approve_run
from invoicing.payments.services.settlement import settle_run
from invoicing.rehearsal.founding import COST_CENTRE, DOOR, SPENT_ON, House
from invoicing.settling.services.approval import approve_invoice
from invoicing.states import Channel
from marketplace.core.units import is_counted
from marketplace.jobs.services import run_due_jobs
from marketplace.ordering.models import Order, OrderLine, Receipt, Requisition
from marketplace.ordering.orders.services.answers import LineAnswer, answer_order
from marketplace.ordering.receipts.rules import ReceivedLine
from marketplace.ordering.receipts.services.receipts import receive_goods
from marketplace.ordering.receipts.services.returns import Parcel, return_for_credit
from marketplace.ordering.requisitions.services.decisions import approve_requisition
from marketplace.ordering.requisitions.services.held_baskets import Details
from marketplace.ordering.requisitions.services.requisitions import WantedLine, create_requisition
from marketplace.ordering.requisitions.services.submissions import submit_requisition
from marketplace.ordering.states import Answer

# A quarter of each comes first, and the rest after it.
PARTS: Final = Decimal(4)
# The bank's own example of digits; no bank has this sort code.
PAYER: Final = BankAccount("Storybrook Council", sort_code="000000", account_number="87654321")
PRICE_PLACES: Final = Decimal("0.000001")
DAYS_LOOKED_AHEAD: Final = 60

Clock = Callable[[], datetime]


def work(house: House) -> int:
    """Do what the worker is owed, as it would."""
    return run_due_jobs(at=house.clock())


def goods(house: House, most: int) -> list[Listing]:
    """Return what the supplier offers, the first so many by part number."""
    with house.selling():
        rows = Listing.objects.of(house.supplier.pk).filter(status=ListingStatus.LIVE)
        return list(rows.defer("search").order_by("part_number", "id")[:most])


def enough_of(listing: Listing) -> Decimal:
    """Return how much of a thing is bought: so much that it can come in two parts."""
    worth_a_pound = (1 / listing.unit_price).to_integral_value(ROUND_CEILING)
    least = max(PARTS, listing.minimum_quantity, worth_a_pound)
    if is_counted(listing.unit):
        return (least / PARTS).to_integral_value(ROUND_CEILING) * PARTS
    return least


def ask_for(house: House, listings: Sequence[Listing], title: str, *, at: datetime) -> Requisition:
    """Raise a requisition over some goods and submit it."""
    wanted = [
        WantedLine(each.pk, enough_of(each), cost_centre=COST_CENTRE, account=SPENT_ON)
        for each in listings
    ]
    details = Details(title, "The shelves are empty.", DOOR)
    with house.acting("requester") as requester:
        draft = create_requisition(requester=requester, details=details, wanted=wanted, at=at)
        return submit_requisition(requisition_id=draft.pk, requester=requester, at=at)


def approve(house: House, requisition: Requisition, *, at: datetime) -> Requisition:
    """Approve a requisition, which commits its money."""
    with house.acting("approver") as approver:
        return approve_requisition(
            requisition_id=requisition.pk,
            approver=approver,
            content_hash=requisition.content_hash,
            at=at,
        )


def order_of(house: House, requisition_id: UUID) -> Order:
    """Return the order that came of a requisition, as it is now."""
    with house.acting("requester"):
        return Order.objects.of(house.council.pk).get(requisition_id=requisition_id)


def lines_of(house: House, order: Order) -> list[OrderLine]:
    """Return an order's lines as they are now."""
    with house.acting("requester"):
        return list(
            OrderLine.objects.of(house.council.pk).filter(order=order).order_by("line_number")
        )


def accept(house: House, order: Order, lines: Sequence[OrderLine], *, at: datetime) -> Order:
    """Let the supplier accept every line."""
    answers = [LineAnswer(line.pk, Answer.ACCEPTED) for line in lines]
    with house.selling() as seller:
        return answer_order(order_id=order.pk, supplier=seller, answers=answers, at=at)


def receive(
    house: House, order: Order, counted: Sequence[tuple[OrderLine, Decimal]], note: str, *,
    at: datetime,
) -> Receipt:  # fmt: skip
    """Book in what has come."""
    with house.acting("receiver") as receiver:
        return receive_goods(
            order_id=order.pk,
            receiver=receiver,
            lines=[ReceivedLine(line.pk, quantity) for line, quantity in counted if quantity],
            received_on=timezone.localdate(at),
            delivery_note=note,
            at=at,
        )


def send_back_goods(
    house: House, order: Order, line: OrderLine, quantity: Decimal, *, at: datetime
) -> Receipt:
    """Book out goods that are not replaced."""
    parcel = Parcel([ReceivedLine(line.pk, quantity)], timezone.localdate(at), "It came broken.")
    with house.acting("receiver") as receiver:
        return return_for_credit(order_id=order.pk, receiver=receiver, parcel=parcel, at=at)


def bill(
    house: House, order: Order, number: str, quantities: dict[UUID, Decimal], *, at: datetime
) -> Arrival:
    """Let the supplier make its e-invoice of the order, and send it in."""
    with house.selling() as seller:
        return flip_order(
            order_id=order.pk,
            supplier=seller,
            number=number,
            issued_on=timezone.localdate(at),
            quantities=quantities,
            at=at,
        )


def written(
    house: House, order: Order, number: str, quantities: dict[UUID, Decimal], *,
    price_times: Decimal = Decimal(1), at: datetime,
) -> model.Invoice:  # fmt: skip
    """Return the e-invoice of an order as the supplier's own program would write it."""
    with house.selling() as seller:
        known = order_to_bill(seller, order.pk)
        lines = [_dearer(line, price_times) for line in billable_lines(known)]
        return invoice_of(
            known,
            lines,
            quantities,
            number=number,
            issued_on=timezone.localdate(at),
            account=latest_account(seller),
        )


def _dearer(line: OrderLine, times: Decimal) -> OrderLine:
    changed = copy(line)
    changed.unit_price = (line.unit_price * times).quantize(PRICE_PLACES)
    return changed


def as_credit_note(invoice: model.Invoice, credited: Invoice) -> model.Invoice:
    """Return what gives the same back that an e-invoice would ask for."""
    return replace(
        invoice,
        is_credit_note=True,
        type_code="381",  # UNCL 1001
        preceding=(model.PrecedingInvoice(credited.number, credited.issued_on),),
    )


def send_in(house: House, content: bytes | model.Invoice, name: str, *, at: datetime) -> Arrival:
    """Let the supplier send in a file."""
    with house.selling() as seller:
        return take_invoice(
            council_id=house.council.pk,
            sender=seller,
            supplier_id=house.supplier.pk,
            name=name,
            content=content if isinstance(content, bytes) else write_ubl(content),
            channel=Channel.PORTAL,
            at=at,
        )


def approve_to_pay(house: House, invoice: Invoice, *, at: datetime) -> Invoice:
    """Approve an invoice that agrees; it is posted and owed."""
    with house.acting("finance") as finance:
        return approve_invoice(invoice_id=invoice.pk, approver=finance, at=at)


def prepare(house: House, *, at: datetime) -> PaymentRun:
    """Bring together everything that is owed."""
    today = timezone.localdate(at)
    with house.acting("payments") as preparer:
        return prepare_run(
            preparer=preparer,
            payer=PAYER,
            pay_on=next_bank_day(today),
            due_by_on=today + timedelta(days=DAYS_LOOKED_AHEAD),
            at=at,
        ).run


def pay(house: House, run: PaymentRun, *, at: datetime) -> PaymentRun:
    """Approve a run as a second person, make the bank's file, and note that the bank paid."""
    with house.acting("checker") as checker:
        approve_run(run_id=run.pk, approver=checker, frozen_sha256=run.frozen_sha256, at=at)
    with house.acting("payments") as payments:
        export_run(run_id=run.pk, payments=payments, at=at)
        day = max(run.pay_on, timezone.localdate(at))
        then = at + (day - timezone.localdate(at))
        return settle_run(run_id=run.pk, payments=payments, settled_on=day, at=then)
