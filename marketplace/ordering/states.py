"""What may become of a requisition, an order and the answer to an order's line.

A requisition begins as DRAFT: that is somebody's basket. When they submit it, it is SUBMITTED and
waits for approval; while it waits they may withdraw it. It becomes APPROVED with its last
approval, at which its money is committed, or REJECTED with a reason. When its orders have been
raised it is ORDERED. A basket that was emptied for good, or a request taken back, is WITHDRAWN.

An order is RAISED when it is numbered, and SENT once the supplier can see it. The supplier answers
every line at once: the order is then ACKNOWLEDGED, PARTLY_REFUSED or REFUSED. While nothing of it
has come or been billed the council may cancel it: CANCELLED. Later it cancels what is left, which
is a quantity of each line and no status. Sending an order again changes nothing.

An order's line WAITS for its answer, and is then ACCEPTED, accepted for a LATER day, or REFUSED.

What has come of an order is no status either, but reckoned: a line is still to come while what was
received and what was cancelled are less than what was ordered. Goods are RECEIVED, RETURNED to the
supplier, or a receipt that was typed wrongly is CORRECTED; each is a paper of its own, which never
changes.
"""

from __future__ import annotations

from enum import StrEnum

from marketplace.core.states import Machine, move


class RequisitionStatus(StrEnum):
    """How a requisition stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    ORDERED = "ORDERED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class OrderStatus(StrEnum):
    """How an order stands."""

    RAISED = "RAISED"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    PARTLY_REFUSED = "PARTLY_REFUSED"
    REFUSED = "REFUSED"
    CANCELLED = "CANCELLED"


class Answer(StrEnum):
    """What the supplier says to one line."""

    WAITS = "WAITS"
    ACCEPTED = "ACCEPTED"
    LATER = "LATER"
    REFUSED = "REFUSED"


class Channel(StrEnum):
    """By which way an order reached its supplier."""

    PORTAL = "PORTAL"
    EMAIL = "EMAIL"


class ReceiptKind(StrEnum):
    """What a receipt says: that goods came, went back, or were counted wrongly."""

    RECEIVED = "RECEIVED"
    RETURNED = "RETURNED"
    CORRECTED = "CORRECTED"


# An order of which goods may come.
RECEIVABLE = (OrderStatus.SENT, OrderStatus.ACKNOWLEDGED, OrderStatus.PARTLY_REFUSED)

REQUISITION = Machine(
    move("submit", RequisitionStatus.DRAFT, RequisitionStatus.SUBMITTED),
    move("approve", RequisitionStatus.SUBMITTED, RequisitionStatus.APPROVED),
    move("reject", RequisitionStatus.SUBMITTED, RequisitionStatus.REJECTED),
    move(
        "withdraw",
        [RequisitionStatus.DRAFT, RequisitionStatus.SUBMITTED],
        RequisitionStatus.WITHDRAWN,
    ),
    move("order", RequisitionStatus.APPROVED, RequisitionStatus.ORDERED),
)

ORDER = Machine(
    move("send", OrderStatus.RAISED, OrderStatus.SENT),
    move("acknowledge", OrderStatus.SENT, OrderStatus.ACKNOWLEDGED),
    move("part_refuse", OrderStatus.SENT, OrderStatus.PARTLY_REFUSED),
    move("refuse", OrderStatus.SENT, OrderStatus.REFUSED),
    move(
        "cancel",
        [
            OrderStatus.RAISED,
            OrderStatus.SENT,
            OrderStatus.ACKNOWLEDGED,
            OrderStatus.PARTLY_REFUSED,
        ],
        OrderStatus.CANCELLED,
    ),
)
