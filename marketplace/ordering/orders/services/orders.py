"""Raising orders from what was approved, and cancelling them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.ids import uuid7
from marketplace.jobs.services import wake
from marketplace.ledger.services.commitments import (
    Document,
    LineMove,
    move_commitment,
    release_commitment,
)
from marketplace.notifications.services import notify
from marketplace.ordering.bought import rules
from marketplace.ordering.links import supplier_order_link
from marketplace.ordering.models import Order, OrderLine, Requisition, RequisitionLine
from marketplace.ordering.requisitions.lines import lines_of
from marketplace.ordering.states import RequisitionStatus
from marketplace.organisations.models import Organisation
from marketplace.organisations.services.numbers import next_number

KIND = "order"
CARRIED = (
    "council_id", "supplier_id", "listing_id", "listing_version", "part_number", "name", "category",
    "unit", "pack_size", "quantity", "unit_price", "vat_category", "vat_rate_percent", "net_amount",
    "cost_centre_id", "account_id",
)  # fmt: skip


class CancelNotAllowed(Forbidden):
    """This person may not cancel this order."""

    code = "order.cancel-not-allowed"
    title = gettext_lazy("You cannot cancel this order.")


class CancelReasonNeeded(Invalid):
    """Cancelling needs a reason."""

    code = "order.reason-needed"
    title = gettext_lazy("Say why you cancel the order.")


class OrderChanged(Conflict):
    """The order was changed after it was read."""

    code = "order.changed-meanwhile"
    title = gettext_lazy("Somebody else has changed this order since you read it.")


class PartHasCome(Conflict):
    """Some of it came or was billed, so only the rest can be cancelled."""

    code = "order.part-has-come"
    title = gettext_lazy("Part of this order has come or been billed.")


@transaction.atomic
def raise_orders(*, council_id: UUID, requisition_id: UUID, at: datetime) -> list[Order]:
    """Make one order for each supplier of an approved requisition, and move its money along.

    Shapes: run again for the same requisition it does nothing and returns nothing.
    """
    requisition = Requisition.objects.of(council_id).lock(requisition_id)
    if requisition.status != RequisitionStatus.APPROVED:
        return []
    lines = lines_of(requisition)
    council = Organisation.objects.get(pk=council_id)
    by_supplier: dict[UUID, list[RequisitionLine]] = {}
    for line in lines:
        by_supplier.setdefault(line.supplier_id, []).append(line)
    orders = [
        _new_order(requisition, council, supplier_id, part, at)
        for supplier_id, part in by_supplier.items()
    ]
    Order.objects.bulk_create(orders)
    order_lines = [
        _new_line(order, place, line)
        for order in orders
        for place, line in enumerate(by_supplier[order.supplier_id], start=1)
    ]
    OrderLine.objects.bulk_create(order_lines)
    move_commitment(
        council_id=council_id,
        document=Document("requisition", requisition.pk),
        to_kind=KIND,
        moves=[LineMove(each.requisition_line_id, each.order_id, each.pk) for each in order_lines],
        at=at,
    )
    requisition.move("order")
    requisition.version += 1
    requisition.save(update_fields=["status", "version"])
    record(
        "requisition.ordered",
        requisition,
        actor=None,
        at=at,
        organisation_id=council_id,
        before={"status": RequisitionStatus.APPROVED.value},
        after={"status": requisition.status, "orders": [order.number for order in orders]},
    )
    for order in orders:
        wake(
            "ordering.send_order",
            key=f"order:{order.pk}:send",
            organisation_id=council_id,
            payload={"council_id": str(council_id), "order_id": str(order.pk)},
        )
    return orders


@transaction.atomic
def cancel_order(
    *, order_id: UUID, buyer: Actor, reason: str, at: datetime, version: int | None = None
) -> Order:
    """Cancel an order of which nothing has come or been billed, and give its money back.

    Shapes: `version` is the one that was seen, None for whatever there is.
    Raises: Missing; CancelNotAllowed; OrderChanged; CancelReasonNeeded; IllegalMove; PartHasCome;
    Busy.
    """
    order = hold_to_cancel(order_id, buyer, reason, version)
    order.check_move("cancel")
    lines = hold_lines(order)
    if any(line.received_quantity or line.billed_quantity for line in lines):
        raise PartHasCome(_("Cancel what is still to come instead."))
    before = {"status": order.status}
    order.move("cancel")
    order.cancelled_at, order.cancelled_by_id = at, buyer.user_id
    order.cancelled_by_name, order.cancellation_reason = buyer.name, reason.strip()
    order.version += 1
    order.save(
        update_fields=[
            "status", "cancelled_at", "cancelled_by_id", "cancelled_by_name",
            "cancellation_reason", "version",
        ]
    )  # fmt: skip
    order.lines.update(cancelled_quantity=F("quantity"))
    released = release_commitment(
        council_id=order.council_id,
        document=Document(KIND, order.pk),
        amounts={line.pk: None for line in lines},
        at=at,
        reason=reason.strip(),
    )
    record(
        "order.cancelled",
        order,
        actor=buyer,
        at=at,
        organisation_id=order.council_id,
        counterparty_id=order.supplier_id if order.sent_at else None,
        before=before,
        after={"status": order.status, "released_amount": sum(released.values(), Decimal(0))},
        note=reason.strip(),
    )
    _tell_supplier(order, at)
    return order


def hold_to_cancel(order_id: UUID, buyer: Actor, reason: str, version: int | None) -> Order:
    """Return an order, held, of which this person may cancel something for this reason.

    Raises: Missing; CancelNotAllowed; OrderChanged; CancelReasonNeeded; Busy.
    """
    orders = Order.objects.of(buyer.organisation_id).filter(council_id=buyer.organisation_id)
    order = orders.lock(order_id)
    if order.contact_id != buyer.user_id and not buyer.holds("buyer", "finance"):
        raise CancelNotAllowed(_("Only the person who ordered it, or a buyer, can cancel it."))
    check_version(order, version)
    if not reason.strip():
        raise CancelReasonNeeded(_("The supplier will read it."), field="reason")
    return order


def hold_lines(order: Order) -> list[OrderLine]:
    """Return an order's lines, held, in the order of their keys.

    Why: who compares an invoice holds the lines that it bills and not the order, and what is
    billed meanwhile must not be cancelled.
    Raises: Busy.
    """
    return OrderLine.objects.of(order.council_id).filter(order=order).hold()


def check_version(order: Order, version: int | None) -> None:
    """Let a change pass that was meant for this version of an order, or for whatever there is.

    Raises: OrderChanged.
    """
    if version is not None and order.version != version:
        raise OrderChanged(current_version=order.version)


def _new_order(
    requisition: Requisition,
    council: Organisation,
    supplier_id: UUID,
    lines: Sequence[RequisitionLine],
    at: datetime,
) -> Order:
    year = financial_year(timezone.localdate(at))
    sums = rules.totals(lines)
    return Order(
        pk=uuid7(),
        council=council,
        supplier_id=supplier_id,
        requisition=requisition,
        number=rules.order_number(
            council.order_prefix or "PO", year, next_number(council.pk, KIND, year)
        ),
        financial_year=year,
        deliver_to=requisition.deliver_to,
        needed_by_on=requisition.needed_by_on,
        contact_id=requisition.raised_by_id,
        contact_name=requisition.raised_by_name,
        contact_email=requisition.raised_by_email,
        net_amount=sums.net_amount,
        vat_amount=sums.vat_amount,
        raised_at=at,
    )


def _new_line(order: Order, place: int, line: RequisitionLine) -> OrderLine:
    carried = {name: getattr(line, name) for name in CARRIED}
    return OrderLine(order=order, requisition_line=line, line_number=place, **carried)


def _tell_supplier(order: Order, at: datetime) -> None:
    """Write to the supplier, if it knows of the order and has an address."""
    supplier = Organisation.objects.get(pk=order.supplier_id)
    if order.sent_at is None or not supplier.email:
        return
    notify(
        organisation_id=order.council_id,
        to=supplier.email,
        subject=_("Order %(number)s is cancelled") % {"number": order.number},
        body=_("Please deliver nothing more for order %(number)s. The reason: %(reason)s")
        % {"number": order.number, "reason": order.cancellation_reason},
        link=supplier_order_link(order.pk),
        key=f"order:{order.pk}:cancelled",
        at=at,
    )
