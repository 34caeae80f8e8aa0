"""Questions about what has come, from either side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from marketplace.core.actors import Actor, OrganisationKind
from marketplace.core.models import TenantQuerySet
from marketplace.ordering.models import Order, OrderLine, Receipt, ReceiptLine
from marketplace.ordering.models.orders import TO_COME
from marketplace.ordering.orders.selectors.orders import ORDER_READERS, orders_found, speaking_of
from marketplace.ordering.orders.selectors.orders import order as order_of
from marketplace.ordering.orders.selectors.receiving import late_on, may_receive
from marketplace.ordering.receipts.rules import PREFIX
from marketplace.ordering.states import RECEIVABLE, ReceiptKind


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A receipt with its lines, and what it belongs to.

    Shapes: `counts` says how much came, or went, of each line of the order by now, corrections
    and all; above nought.
    """

    receipt: Receipt
    order: Order
    lines: list[ReceiptLine]
    corrections: list[Receipt]
    counts: dict[UUID, Decimal]
    may_correct: bool


@dataclass(frozen=True, slots=True)
class Door:
    """An order at the door: what may still come, and what may go back."""

    order: Order
    to_come: list[OrderLine]
    here: list[OrderLine]


def receipts_of(reader: Actor) -> TenantQuerySet[Receipt]:
    """Return the receipts that `reader` may see, from either side, latest first ("-id" by key)."""
    rows = Receipt.objects.of(reader.organisation_id)
    if reader.kind == OrganisationKind.SUPPLIER:
        rows = rows.filter(supplier_id=reader.organisation_id)
    else:
        rows = rows.filter(council_id=reader.organisation_id)
        if not reader.holds(*ORDER_READERS):
            rows = rows.filter(order__contact_id=reader.user_id)
    return rows.select_related("order", "corrects").order_by("-id")


def receipts_found(
    rows: QuerySet[Receipt],
    *,
    words: str = "",
    kind: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[Receipt]:
    """Return those among receipts of what came or went on some days, or that words speak of.

    Shapes: words are a receipt's own number, or are in the number of its order or in the names on
    that.
    """
    if kind:
        rows = rows.filter(kind=kind)
    if since is not None:
        rows = rows.filter(received_on__gte=since)
    if until is not None:
        rows = rows.filter(received_on__lte=until)
    said = words.strip()
    if said.upper().startswith(f"{PREFIX}-"):
        return rows.filter(number=said.upper())
    return speaking_of(rows, said, key="order", text="order__words")


def receipts_of_order(reader: Actor, order_id: UUID) -> QuerySet[Receipt]:
    """Return the receipts of an order that `reader` may see, latest first.

    Raises: Missing when they may not see the order.
    """
    return receipts_of(reader).filter(order=order_of(reader, order_id))


def receipt(reader: Actor, receipt_id: UUID) -> Receipt:
    """Return one receipt that `reader` may see.

    Raises: Missing.
    """
    return receipts_of(reader).one(receipt_id)


def receipt_lines(receipt: Receipt) -> list[ReceiptLine]:
    """Return what a receipt says, in the order of the order's lines."""
    rows = receipt.lines.select_related("order_line")
    return list(rows.order_by("order_line__line_number"))


def receipt_page(reader: Actor, receipt_id: UUID) -> ReceiptPage:
    """Return a receipt with its lines and its corrections.

    Raises: Missing.
    """
    found = receipt(reader, receipt_id)
    order = order_of(reader, found.order_id)
    lines = receipt_lines(found)
    corrections = list(found.corrections.select_related("corrects").order_by("id"))
    counts = {line.order_line_id: line.quantity for line in lines}
    for line in ReceiptLine.objects.of(reader.organisation_id).filter(receipt__corrects=found):
        counts[line.order_line_id] += line.quantity
    return ReceiptPage(
        receipt=found,
        order=order,
        lines=lines,
        corrections=corrections,
        counts={key: abs(count) for key, count in counts.items()},
        may_correct=found.kind != ReceiptKind.CORRECTED and may_receive(order, reader),
    )


def orders_to_receive(
    reader: Actor, words: str = "", *, late_before: date | None = None
) -> QuerySet[Order]:
    """Return the orders of which something is to come and that `reader` may book in.

    Shapes: the latest first ("-id" by key), with their supplier, `due_on`, the first day on which
    something should come, and `coming_lines`, how many lines are to come; with `late_before` only
    those of which something should have come before that day.
    Why: behind the walls, the lines to come are few and have an index of their own, whatever was
    ever ordered.
    """
    council_id = reader.organisation_id
    coming = OrderLine.objects.of(council_id).filter(TO_COME, council_id=council_id)
    wanted = coming if late_before is None else coming.filter(late_on(late_before))
    rows = Order.objects.of(council_id).filter(
        council_id=council_id, status__in=RECEIVABLE, pk__in=wanted.values("order")
    )
    if not reader.holds("receiver", "buyer"):
        rows = rows.filter(contact_id=reader.user_id)
    of_it = coming.filter(order=OuterRef("pk")).order_by().values("order")
    shown = rows.select_related("supplier").annotate(
        due_on=Coalesce(
            Subquery(of_it.annotate(first=Min("promised_on")).values("first")), F("needed_by_on")
        ),
        coming_lines=Subquery(of_it.annotate(lines=Count("pk")).values("lines")),
    )
    return orders_found(shown, words=words).order_by("-id")


def door(reader: Actor, order_id: UUID) -> Door:
    """Return an order with what may still come of it, and what is here and may go back.

    Raises: Missing.
    """
    found = order_of(reader, order_id)
    lines = list(found.lines.order_by("line_number"))
    is_open = found.status in RECEIVABLE
    return Door(
        order=found,
        to_come=[line for line in lines if is_open and line.to_come_quantity > 0],
        here=[line for line in lines if line.received_quantity > 0],
    )
