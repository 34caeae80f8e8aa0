"""Cancelling what has not come of an order of which something has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict
from marketplace.core.states import IllegalMove
from marketplace.ledger.services.commitments import Document, release_commitment
from marketplace.notifications.services import notify
from marketplace.ordering.bought.rules import part_of
from marketplace.ordering.links import supplier_order_link
from marketplace.ordering.models import Order, OrderLine
from marketplace.ordering.orders.services.orders import KIND, hold_lines, hold_to_cancel
from marketplace.ordering.states import RECEIVABLE, Answer
from marketplace.organisations.models import Organisation

# What is billed and has not come is still owed to us, so it stays to be received.
_LEFT_OUT = Greatest(
    F("cancelled_quantity"),
    F("quantity") - Greatest(F("received_quantity"), F("billed_quantity")),
)


class NothingToCancel(Conflict):
    """Everything has arrived, was billed or was cancelled before."""

    code = "order.nothing-to-cancel"
    title = gettext_lazy("Nothing is left to cancel.")


class NothingHasCome(Conflict):
    """Nothing came or was billed, so the whole order is cancelled or none of it."""

    code = "order.nothing-has-come"
    title = gettext_lazy("Nothing of this order has come yet.")


@transaction.atomic
def cancel_remainder(
    *, order_id: UUID, buyer: Actor, reason: str, at: datetime, version: int | None = None
) -> Order:
    """Cancel what has neither come nor been billed of an order, and give its money back.

    Shapes: the status stays; `version` is the one that was seen, None for whatever there is.
    Raises: Missing; CancelNotAllowed; OrderChanged; CancelReasonNeeded; IllegalMove;
    NothingHasCome; NothingToCancel; Busy.
    """
    order = hold_to_cancel(order_id, buyer, reason, version)
    if order.status not in RECEIVABLE:
        raise IllegalMove(_("Nothing of it is still to come."), current_status=str(order.status))
    lines = [line for line in hold_lines(order) if line.answer != Answer.REFUSED]
    if not any(line.received_quantity or line.billed_quantity for line in lines):
        raise NothingHasCome(_("Cancel the order instead."))
    shares = _shares(lines)
    if not shares:
        raise NothingToCancel(_("Everything has come, has been billed or was cancelled."))
    order.version += 1
    order.save(update_fields=["version"])
    order.lines.filter(pk__in=list(shares)).update(cancelled_quantity=_LEFT_OUT)
    released = release_commitment(
        council_id=order.council_id,
        document=Document(KIND, order.pk),
        amounts=shares,
        at=at,
        reason=reason.strip(),
    )
    record(
        "order.remainder-cancelled",
        order,
        actor=buyer,
        at=at,
        organisation_id=order.council_id,
        counterparty_id=order.supplier_id,
        after={"lines": len(shares), "released_amount": sum(released.values(), Decimal(0))},
        note=reason.strip(),
    )
    _tell_supplier(order, reason.strip(), at)
    return order


def _shares(lines: Sequence[OrderLine]) -> dict[UUID, Decimal | None]:
    """Return what is given back of each line of which something is cancelled, None for all."""
    found: dict[UUID, Decimal | None] = {}
    for line in lines:
        kept = max(line.billed_quantity - line.received_quantity, Decimal(0))
        if line.to_come_quantity > kept:
            last = line.received_quantity + line.to_come_quantity
            upto = line.received_quantity + kept
            worth = [part_of(line.net_amount, line.quantity, each) for each in (last, upto)]
            found[line.pk] = worth[0] - worth[1] if kept else None
    return found


def _tell_supplier(order: Order, reason: str, at: datetime) -> None:
    """Write to the supplier, if it has an address."""
    supplier = Organisation.objects.get(pk=order.supplier_id)
    if not supplier.email:
        return
    notify(
        organisation_id=order.council_id,
        to=supplier.email,
        subject=_("Order %(number)s: please deliver no more") % {"number": order.number},
        body=_("Please deliver nothing more for order %(number)s. The reason: %(reason)s")
        % {"number": order.number, "reason": reason},
        link=supplier_order_link(order.pk),
        key=f"order:{order.pk}:remainder:{order.version}",
        at=at,
    )
