"""Carrying out the plan of what happened, each deed through the service that people use.

What a worker would do a moment later (raise orders, send them, settle answers) is done here at
the instant of the plan; the jobs that were owed meanwhile then find nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from catalogue.models import Listing
from fixtures.councils import council
from fixtures.history import Deed, PlannedRequisition, deeds_in_order, history
from marketplace.core.dates import add_working_days
from marketplace.core.tenancy import tenant
from marketplace.demonstration.founding import Consortium
from marketplace.ledger.models import CostCentre
from marketplace.ordering.models import DeliveryPoint, Order, OrderLine, Requisition
from marketplace.ordering.orders.services.answers import LineAnswer, answer_order, settle_answer
from marketplace.ordering.orders.services.orders import cancel_order, raise_orders
from marketplace.ordering.orders.services.sending import send_order
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


def tell(consortium: Consortium, size: str, today: date, on_deed: Callable[[int], None]) -> int:
    """Carry out a plan, oldest deed first; return how many requisitions it has.

    Shapes: `on_deed` is called with how many deeds there are in all, after each.
    """
    plan = list(history(size))
    deeds = deeds_in_order(plan)
    teller = Teller(consortium, today)
    for each, deed in deeds:
        teller.do(each, deed)
        on_deed(len(deeds))
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
