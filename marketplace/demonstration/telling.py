"""Carrying out the plan of what happened, each deed through the service that people use.

What a worker would do a moment later (raise orders, send them, settle answers) is done here at
the instant of the plan; the jobs that were owed meanwhile then find nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_UP, Decimal
from functools import partial
from operator import itemgetter
from uuid import UUID

from django.utils import timezone

from catalogue.models import Listing
from fixtures.billing import billing
from fixtures.councils import council
from fixtures.history import Deed, PlannedRequisition, deeds_in_order, history
from marketplace.core.dates import add_working_days
from marketplace.core.tenancy import tenant
from marketplace.demonstration.billing import Biller
from marketplace.demonstration.founding import Consortium
from marketplace.ledger.models import CostCentre
from marketplace.ordering.models import (
    DeliveryPoint,
    Order,
    OrderLine,
    ReceiptLine,
    Requisition,
)
from marketplace.ordering.orders.services.answers import LineAnswer, answer_order, settle_answer
from marketplace.ordering.orders.services.orders import cancel_order, raise_orders
from marketplace.ordering.orders.services.sending import send_order
from marketplace.ordering.receipts.rules import ReceivedLine
from marketplace.ordering.receipts.services.corrections import correct_receipt
from marketplace.ordering.receipts.services.receipts import receive_goods
from marketplace.ordering.receipts.services.returns import (
    Parcel,
    return_for_credit,
    return_for_replacement,
)
from marketplace.ordering.requisitions.services.baskets import add_to_basket
from marketplace.ordering.requisitions.services.decisions import (
    approve_requisition,
    reject_requisition,
)
from marketplace.ordering.requisitions.services.held_baskets import Details
from marketplace.ordering.requisitions.services.submissions import (
    submit_requisition,
    withdraw_requisition,
)
from marketplace.ordering.states import Answer, RequisitionStatus

WORKER_TAKES = timedelta(seconds=20)
LATER_BY_DAYS = 15
BOUGHT, BILLED = "What they have been buying", "What was billed and paid"


def tell(
    consortium: Consortium, size: str, today: date, on_step: Callable[[str, int], None]
) -> int:
    """Carry out a plan, oldest deed first; return how many requisitions it has.

    Shapes: `on_step` is called after each deed with what it belongs to, and how many there are.
    """
    plan = list(history(size))
    deeds, errands = deeds_in_order(plan), billing()
    teller = Teller(consortium, today)
    biller = Biller(consortium, today, teller.requisitions)
    begun = [(deed.moment.place, BOUGHT, partial(teller.do, each, deed)) for each, deed in deeds]
    begun += [(errand.moment.place, BILLED, partial(biller.do, errand)) for errand in errands]
    of = {BOUGHT: len(deeds), BILLED: len(errands)}
    for _place, what, do in sorted(begun, key=itemgetter(0)):
        do()
        on_step(what, of[what])
    return len(plan)


class Teller:
    """Does the deeds of a plan one after another, and remembers which requisition is which."""

    def __init__(self, consortium: Consortium, today: date) -> None:
        self.consortium = consortium
        self.today = today
        self.requisitions: dict[str, UUID] = {}
        self.listings: dict[str, dict[str, UUID]] = {}
        self.verbs: dict[str, Callable[[PlannedRequisition, Deed, datetime], None]] = {
            "fill": self.fill,
            "submit": self.submit,
            "approve": self.approve,
            "reject": self.reject,
            "withdraw": self.withdraw,
            "answer": self.answer,
            "cancel": self.cancel,
            "receive": self.receive,
            "send-back": self.send_back,
            "correct": self.correct,
        }

    def do(self, each: PlannedRequisition, deed: Deed) -> None:
        """Do one deed as whoever does it, for the organisation that they act for."""
        whose = deed.supplier or each.council
        with tenant(self.consortium.id_of(whose)):
            self.verbs[deed.verb](each, deed, deed.moment.at(self.today))

    def fill(self, each: PlannedRequisition, deed: Deed, at: datetime) -> None:
        """Put every line into the basket and say what pays for it."""
        requester = self.consortium.actor(each.council, deed.who)
        centres = CostCentre.objects.of(requester.organisation_id)
        payer = centres.get(code=each.lines[0].cost_centre)
        for line in each.lines:
            put = add_to_basket(
                requester=requester,
                listing_id=self._listing(each.council, line.supplier, line.part_number),
                quantity=line.quantity,
                cost_centre_id=payer.pk,
                at=at,
            )
            self.requisitions[each.key] = put.requisition_id

    def submit(self, each: PlannedRequisition, deed: Deed, at: datetime) -> None:
        """Ask for approval."""
        requester = self.consortium.actor(each.council, deed.who)
        doors = DeliveryPoint.objects.of(requester.organisation_id)
        door = doors.get(code=each.delivery_point)
        submit_requisition(
            requisition_id=self.requisitions[each.key],
            requester=requester,
            at=at,
            details=Details(
                title=each.title,
                reason=each.reason,
                deliver_to=f"{door.name}\n{door.address}",
                needed_by_on=add_working_days(timezone.localdate(at), each.needed_in_days),
            ),
        )

    def approve(self, each: PlannedRequisition, deed: Deed, at: datetime) -> None:
        """Say yes; after the last yes the orders are raised and sent."""
        requisition = self._requisition(each)
        done = approve_requisition(
            requisition_id=requisition.pk,
            approver=self.consortium.actor(each.council, deed.who),
            content_hash=requisition.content_hash,
            over_budget_reason=deed.note if deed.allows_over_budget else "",
            at=at,
        )
        if done.status == RequisitionStatus.APPROVED:
            council_id, at = done.council_id, at + WORKER_TAKES
            for order in raise_orders(council_id=council_id, requisition_id=done.pk, at=at):
                send_order(council_id=council_id, order_id=order.pk, at=at + WORKER_TAKES)

    def reject(self, each: PlannedRequisition, deed: Deed, at: datetime) -> None:
        """Say no, with the reason."""
        requisition = self._requisition(each)
        reject_requisition(
            requisition_id=requisition.pk,
            approver=self.consortium.actor(each.council, deed.who),
            content_hash=requisition.content_hash,
            reason=deed.note,
            at=at,
        )

    def withdraw(self, each: PlannedRequisition, deed: Deed, at: datetime) -> None:
        """Take it back."""
        withdraw_requisition(
            requisition_id=self.requisitions[each.key],
            requester=self.consortium.actor(each.council, deed.who),
            at=at,
        )

    def answer(self, each: PlannedRequisition, deed: Deed, at: datetime) -> None:
        """Let the supplier answer its order; the council's side follows."""
        supplier_id = self.consortium.id_of(deed.supplier)
        orders = Order.objects.of(supplier_id)
        order = orders.get(requisition_id=self.requisitions[each.key])
        promised_on = add_working_days(timezone.localdate(at), LATER_BY_DAYS)
        answer_order(
            order_id=order.pk,
            supplier=self.consortium.actor(deed.supplier, deed.who),
            answers=[_said(line, deed, promised_on) for line in order.lines.all()],
            note="",
            at=at,
        )
        with tenant(order.council_id):
            settle_answer(council_id=order.council_id, order_id=order.pk, at=at + WORKER_TAKES)

    def cancel(self, each: PlannedRequisition, deed: Deed, at: datetime) -> None:
        """Cancel every order that came of it."""
        orders = Order.objects.of(self.consortium.id_of(each.council))
        for order in orders.filter(requisition_id=self.requisitions[each.key]).order_by("number"):
            cancel_order(
                order_id=order.pk,
                buyer=self.consortium.actor(each.council, deed.who),
                reason=deed.note,
                at=at,
            )

    def receive(self, each: PlannedRequisition, deed: Deed, at: datetime) -> None:
        """Book in a part of what is still to come of every order that came of it, or all."""
        for order in self._orders(each):
            lines = [
                ReceivedLine(line.pk, _share(line.to_come_quantity, deed.parts))
                for line in order.lines.order_by("line_number")
                if line.to_come_quantity and line.answer != Answer.LATER
            ]
            if lines:
                receive_goods(
                    order_id=order.pk,
                    receiver=self.consortium.actor(each.council, deed.who),
                    lines=lines,
                    received_on=timezone.localdate(at),
                    delivery_note=f"DN {order.number[-6:]}",
                    note=deed.note,
                    at=at,
                )

    def send_back(self, each: PlannedRequisition, deed: Deed, at: datetime) -> None:
        """Send one back of the first thing that came, if anything did."""
        service = return_for_replacement if deed.is_replaced else return_for_credit
        came = OrderLine.objects.filter(order__in=self._orders(each), received_quantity__gte=1)
        for line in came.order_by("order__number", "line_number")[:1]:
            service(
                order_id=line.order_id,
                receiver=self.consortium.actor(each.council, deed.who),
                parcel=Parcel(
                    [ReceivedLine(line.pk, Decimal(1))], timezone.localdate(at), deed.note
                ),
                at=at,
            )

    def correct(self, each: PlannedRequisition, deed: Deed, at: datetime) -> None:
        """Put right that one was counted too many of the first thing that came, if anything did."""
        came = ReceiptLine.objects.filter(receipt__order__in=self._orders(each), quantity__gte=1)
        for line in came.order_by("receipt__number", "order_line__line_number")[:1]:
            correct_receipt(
                receipt_id=line.receipt_id,
                receiver=self.consortium.actor(each.council, deed.who),
                lines=[ReceivedLine(line.order_line_id, line.quantity - 1)],
                reason=deed.note,
                at=at,
            )

    def _orders(self, each: PlannedRequisition) -> list[Order]:
        rows = Order.objects.of(self.consortium.id_of(each.council))
        return list(rows.filter(requisition_id=self.requisitions[each.key]).order_by("number"))

    def _requisition(self, each: PlannedRequisition) -> Requisition:
        rows = Requisition.objects.of(self.consortium.id_of(each.council))
        return rows.one(self.requisitions[each.key])

    def _listing(self, council_slug: str, supplier_slug: str, part_number: str) -> UUID:
        known = self.listings.get(supplier_slug)
        if known is None:
            supplier_id = self.consortium.id_of(supplier_slug)
            with tenant(supplier_id):
                rows = Listing.objects.of(supplier_id).values_list("part_number", "pk")
                known = self.listings[supplier_slug] = dict(rows)
        return known[part_number]


def _share(quantity: Decimal, parts: Decimal) -> Decimal:
    """Return so much of a quantity, in whole things."""
    return (quantity * parts).to_integral_value(ROUND_UP)


def _said(line: OrderLine, deed: Deed, promised_on: date) -> LineAnswer:
    if line.part_number in deed.refused:
        return LineAnswer(line.pk, Answer.REFUSED, reason=deed.note)
    if line.part_number in deed.later:
        return LineAnswer(line.pk, Answer.LATER, promised_on=promised_on)
    return LineAnswer(line.pk, Answer.ACCEPTED)


def is_told(consortium: Consortium) -> bool:
    """Tell whether the plan was carried out before."""
    first = next(history("small"))
    buyer = council(first.council)
    with tenant(consortium.id_of(buyer.slug)):
        rows = Requisition.objects.of(consortium.id_of(buyer.slug))
        return rows.filter(title=first.title).exists()
