"""What a person may still say of an invoice: for which order it is, which line of it a line means.

Asks and never writes. Only what the document does not say plainly is open: what it names itself is
the supplier's word, and is sent back where it is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from invoicing.judging.findings import Code as Judged
from invoicing.matching.found import Code as Found
from invoicing.matching.rules import Code
from invoicing.matching.selectors import WAITING
from invoicing.models import Choice, Finding, Invoice, InvoiceLine
from invoicing.states import Closed, Source
from marketplace.core.actors import Actor
from marketplace.ordering.models import Order, OrderLine

# What is found where nobody could tell the order, and what ends when somebody says it.
ORDER_UNKNOWN: Final = Q(
    source=Source.INTAKE.value,
    code__in=[Found.UNKNOWN_ORDER.value, Found.OTHER_SUPPLIER.value],
) | Q(source=Source.JUDGE.value, code=Judged.NO_ORDER.value)
_LINE_UNKNOWN: Final = frozenset(
    {Code.NOT_ORDERED, Code.AMBIGUOUS, Code.OTHER_GOODS, Code.ON_NO_LINE}
)
ORDER_KEYS: Final = ("-id",)
LINE_KEYS: Final = ("line_number", "id")


@dataclass(frozen=True, slots=True)
class Choosing:
    """What was said of an invoice, and what somebody may say of it now.

    Shapes: `order` and `lines`, by their place, are what counts; `may_order` and `may_lines` what
    this person may say.
    """

    order: Choice | None = None
    lines: dict[int, Choice] = field(default_factory=dict)
    may_order: bool = False
    may_lines: frozenset[int] = frozenset()


def choosing_of(
    reader: Actor,
    invoice: Invoice,
    places: Mapping[UUID, int],
    choices: Mapping[UUID | None, Choice],
    findings: Iterable[Finding],
) -> Choosing:
    """Return what was said of an invoice, and what this person may say of it now.

    Shapes: `places` are those of its lines by their keys; `findings` what did not go away.
    """
    lines = {places[key]: each for key, each in choices.items() if key is not None}
    may = reader.holds("finance")
    return Choosing(
        order=choices.get(None),
        lines=lines,
        may_order=may and order_is_open(invoice, choices),
        may_lines=places_open(invoice, lines, findings) if may else frozenset(),
    )


def order_is_open(invoice: Invoice, choices: Mapping[UUID | None, Choice]) -> bool:
    """Tell whether a person may say which order an invoice is for."""
    is_unnamed = invoice.order_id is None or None in choices
    return invoice.status in WAITING and invoice.supplier_id is not None and is_unnamed


def places_open(
    invoice: Invoice, said: Iterable[int], findings: Iterable[Finding]
) -> frozenset[int]:
    """Return the places of the lines of which a person may say which line of the order they mean.

    Shapes: `said` are those of which somebody said so already.
    """
    if invoice.status not in WAITING or invoice.order_id is None:
        return frozenset()
    unknown = {
        each.place
        for each in findings
        if each.place is not None
        and each.source == Source.MATCH
        and each.code in _LINE_UNKNOWN
        and each.closed != Closed.GONE
    }
    return frozenset(unknown | {*said})


def orders_to_choose(invoice: Invoice, words: str = "") -> QuerySet[Order]:
    """Return the orders of a council that were sent to an invoice's supplier, latest first.

    Shapes: those whose number has these letters in it; ORDER_KEYS.
    """
    rows = Order.objects.of(invoice.council_id).filter(
        council_id=invoice.council_id, supplier_id=invoice.supplier_id, sent_at__isnull=False
    )
    wanted = words.strip().upper()
    if wanted:
        rows = rows.filter(number__contains=wanted)
    return rows.order_by(*ORDER_KEYS)


def lines_to_choose(invoice: Invoice) -> QuerySet[OrderLine]:
    """Return the lines of an invoice's order, in its order (LINE_KEYS)."""
    rows = OrderLine.objects.of(invoice.council_id).filter(order=invoice.order)
    return rows.order_by(*LINE_KEYS)


def line_at(invoice: Invoice, place: int) -> InvoiceLine:
    """Return the line of an invoice that stands at a place.

    Raises: Missing.
    """
    rows = InvoiceLine.objects.of(invoice.council_id).filter(invoice=invoice)
    key = rows.filter(place=place).values_list("pk", flat=True).first()
    return rows.one(key or invoice.pk)
