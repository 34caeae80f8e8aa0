"""Questions about orders, from either side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Concat, Lower
from django.utils import timezone

from marketplace.approvals.selectors.cases import cases_awaiting
from marketplace.core.actors import Actor, OrganisationKind
from marketplace.core.models import TenantQuerySet
from marketplace.ordering.bought.rules import Totals, still_due, totals
from marketplace.ordering.bought.selectors.words import has_part, keys_with, parts
from marketplace.ordering.models import Order, OrderLine, Requisition, Transmission
from marketplace.ordering.models.orders import COMES_LATER
from marketplace.ordering.models.words import BLANK
from marketplace.ordering.requisitions.selectors.ordered import with_later
from marketplace.ordering.requisitions.selectors.requisitions import READERS
from marketplace.ordering.states import OrderStatus, RequisitionStatus
from marketplace.organisations.models import Organisation

R = TypeVar("R", bound=Model)
# Who may read every order of their council; others read what they ordered.
ORDER_READERS = (*READERS, "receiver", "payments")


@dataclass(frozen=True, slots=True)
class OrderPage:
    """An order with its lines and sums, for a page or a paper.

    Shapes: `totals` is what was ordered; `due` leaves out what was refused or cancelled.
    """

    order: Order
    lines: list[OrderLine]
    totals: Totals
    due: Totals

    @property
    def late_lines(self) -> list[OrderLine]:
        """Return what is still to come, after the day on which it is needed."""
        needed = self.order.needed_by_on
        return [
            line
            for line in self.lines
            if needed and line.comes_later and line.promised_on and line.promised_on > needed
        ]


@dataclass(frozen=True, slots=True)
class CouncilCounts:
    """What waits for somebody on their home page."""

    basket_lines: int
    awaiting_you: int
    unanswered_orders: int


@dataclass(frozen=True, slots=True)
class SupplierCounts:
    """What waits for a supplier on their home page."""

    to_answer: int


def orders_of(reader: Actor) -> QuerySet[Order]:
    """Return what `reader` may see of their council's orders, latest first ("-id" by key)."""
    rows = with_later(_council_side(reader).select_related("supplier"))
    return rows.order_by("-id")


def orders_for(supplier: Actor) -> QuerySet[Order]:
    """Return what councils sent to a supplier, latest first ("-id" by key)."""
    rows = with_later(_supplier_side(supplier).select_related("council"))
    return rows.order_by("-id")


def late_orders(reader: Actor) -> QuerySet[Order]:
    """Return the orders of which something is promised for after the day it is needed by.

    Shapes: those that were cancelled, or have wholly arrived, are not among them.
    """
    late = OrderLine.objects.of(reader.organisation_id).filter(
        COMES_LATER, order=OuterRef("pk"), promised_on__gt=OuterRef("needed_by_on")
    )
    return _council_side(reader).filter(
        Exists(late), status__in=[OrderStatus.ACKNOWLEDGED, OrderStatus.PARTLY_REFUSED]
    )


def orders_found(rows: QuerySet[Order], *, words: str = "", status: str = "") -> QuerySet[Order]:
    """Return those among orders that have a status, and words in number or the names on them."""
    if status:
        rows = rows.filter(status=status)
    return speaking_of(rows, words, key="pk", text="words")


def speaking_of(rows: QuerySet[R], words: str, *, key: str, text: str) -> QuerySet[R]:
    """Return those among rows with both sides whose order has words in its number or names.

    Shapes: `key` is the path from a row to its order's key, `text` the one to its order's words.
    """
    wanted = parts(words)
    keys = keys_with("order", wanted) if wanted else None
    if keys is not None:
        return rows.filter(**{f"{key}__in": keys})
    named = Organisation.objects.alias(words=Lower(Concat(BLANK, "name"))).values("pk")
    for part in wanted:
        sides = named.filter(words__contains=part)
        is_side = Q(supplier_id__in=sides) | Q(council_id__in=sides)
        rows = rows.filter(Q(has_part(part, text)) | is_side)
    return rows


def order(reader: Actor, order_id: UUID) -> Order:
    """Return one order that `reader` may see, from either side, with both sides joined in.

    Raises: Missing.
    """
    rows = with_later(_readable_by(reader))
    joined = rows.select_related("council", "supplier", "pdf", "ubl")
    return joined.defer("pdf__content", "ubl__content").one(order_id)


def is_paper_for(reader: Actor, document_id: UUID) -> bool:
    """Tell whether a document is a paper of an order that `reader` may see."""
    papers = Q(pdf_id=document_id) | Q(ubl_id=document_id)
    return _readable_by(reader).filter(papers).exists()


def order_page(reader: Actor, order_id: UUID) -> OrderPage:
    """Return an order with its lines in order.

    Raises: Missing.
    """
    found = order(reader, order_id)
    lines = list(order_lines(found, reader))
    return OrderPage(found, lines, totals(lines), totals(still_due(line) for line in lines))


def order_lines(order: Order, reader: Actor) -> QuerySet[OrderLine]:
    """Return an order's lines in order; to the council with their coding joined in.

    Shapes: a supplier must not be given the coding, and a join to it would hide the lines.
    """
    rows = order.lines.order_by("line_number")
    if reader.kind == OrganisationKind.COUNCIL:
        rows = rows.select_related("cost_centre", "account")
    return rows


def transmissions_of(order: Order) -> QuerySet[Transmission]:
    """Return how and when an order was sent, latest first."""
    rows = order.transmissions.select_related("document").defer("document__content")
    return rows.order_by("-at", "-id")


def order_verbs(order: Order, reader: Actor) -> list[str]:
    """Return the verbs that `reader` can be offered now, in the machine's order.

    Shapes: "answer" stands for the supplier's three verbs, and "resend" for sending it again.
    """
    possible = order.verbs()
    offered = []
    if reader.kind == OrganisationKind.SUPPLIER:
        if "acknowledge" in possible and reader.holds("supplier"):
            offered.append("answer")
        return offered
    may_change = order.contact_id == reader.user_id or reader.holds("buyer", "finance")
    if order.status == OrderStatus.SENT and may_change:
        offered.append("resend")
    if "cancel" in possible and may_change:
        offered.append("cancel")
    return offered


def council_counts(reader: Actor, at: datetime) -> CouncilCounts:
    """Return what waits for a member of a council: three statements, however much there is.

    Shapes: each looks only at rows of the statuses that it counts, and at lines of the person's own
    baskets, so that what is over costs nothing.
    """
    baskets = Requisition.objects.of(reader.organisation_id).filter(
        raised_by_id=reader.user_id, status=RequisitionStatus.DRAFT
    )
    awaiting = 0
    if reader.holds("approver"):
        awaiting = cases_awaiting(reader, timezone.localdate(at)).count()
    return CouncilCounts(
        basket_lines=baskets.aggregate(lines=Count("lines"))["lines"],
        awaiting_you=awaiting,
        unanswered_orders=_council_side(reader).filter(status=OrderStatus.SENT).count(),
    )


def supplier_counts(supplier: Actor) -> SupplierCounts:
    """Return what waits for a supplier: one statement."""
    return SupplierCounts(
        to_answer=_supplier_side(supplier).filter(status=OrderStatus.SENT).count()
    )


def _readable_by(reader: Actor) -> TenantQuerySet[Order]:
    is_council = reader.kind == OrganisationKind.COUNCIL
    return _council_side(reader) if is_council else _supplier_side(reader)


def _council_side(reader: Actor) -> TenantQuerySet[Order]:
    rows = Order.objects.of(reader.organisation_id).filter(council_id=reader.organisation_id)
    return rows if reader.holds(*ORDER_READERS) else rows.filter(contact_id=reader.user_id)


def _supplier_side(supplier: Actor) -> TenantQuerySet[Order]:
    rows = Order.objects.of(supplier.organisation_id)
    return rows.filter(supplier_id=supplier.organisation_id, sent_at__isnull=False)
