"""What the match compares: lines of an order as they stand, and lines of an invoice as written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from catalogue.models import Listing
from invoicing.matching.pairing import Billed, Ordered
from invoicing.matching.rules import TOLERATED, Code
from invoicing.matching.tolerances import Limit, Tolerances
from invoicing.matching.totals import Stated
from invoicing.models import (
    Allocation,
    AllowedDifferences,
    Choice,
    Finding,
    Invoice,
    InvoiceLine,
    InvoiceTax,
)
from invoicing.states import Closed, InvoiceKind, InvoiceStatus, Severity, Source
from marketplace.core.unit_labels import EACH
from marketplace.core.units import unit_code
from marketplace.ordering.models import Order, OrderLine
from marketplace.ordering.states import Answer, OrderStatus

NOUGHT = Decimal("0.00")
# What was approved is in the books, and stays.
POSTED = (InvoiceStatus.APPROVED.value, InvoiceStatus.PAID.value, InvoiceStatus.SETTLED.value)
WAITING = (InvoiceStatus.HELD.value, InvoiceStatus.MATCHED.value)
GONE = (InvoiceStatus.SENT_BACK.value, InvoiceStatus.REPEAT.value)
# A difference that the council allows is kept as a note.
IS_ALLOWED = Q(
    source=Source.MATCH.value,
    code__in=[each.value for each in TOLERATED],
    severity=Severity.NOTE.value,
    closed="",
)
_NOTHING_MORE = frozenset({OrderStatus.REFUSED.value, OrderStatus.CANCELLED.value})


@dataclass(frozen=True, slots=True)
class Standing:
    """What is billed of an order's line. Units: the line's unit; GBP, net."""

    quantity: Decimal = Decimal(0)
    amount: Decimal = NOUGHT
    worth: Decimal = NOUGHT


def standing_allocations(invoice: Invoice) -> QuerySet[Allocation]:
    """Return what an invoice bills now: the rows that were not taken back, in their order."""
    rows = Allocation.objects.of(invoice.council_id).filter(invoice=invoice)
    return rows.filter(undoes__isnull=True, undone_by__isnull=True).order_by("id")


@dataclass(frozen=True, slots=True)
class Others:
    """What every other invoice and credit note bills of an order, by its lines.

    Shapes: `counted` is the sum of all that stands, those that wait for approval as much as those
    that were paid. `sure` leaves out what takes back and was not approved, and what is held for
    billing more than was ordered.
    """

    counted: dict[UUID, Standing]
    sure: dict[UUID, Standing]


def billed_by_others(invoice: Invoice, order_id: UUID) -> Others:
    """Return what others than an invoice bill of an order: one statement.

    Why: a credit note that waits may yet be sent back. An invoice that was approved in the room
    that it made would then have billed the same goods a second time. What is held since it bills
    more of a line than was ordered counts nothing of that line: it will be sent back, and an honest
    one must not wait for that. Let through, it counts.
    """
    too_much = Finding.objects.of(invoice.council_id).filter(
        invoice=OuterRef("invoice"),
        order_line=OuterRef("order_line"),
        source=Source.MATCH.value,
        code=Code.BEYOND_ORDERED.value,
        severity=Severity.HOLD.value,
        closed="",
    )
    rows = (
        Allocation.objects.of(invoice.council_id)
        .filter(order_line__order_id=order_id)
        .exclude(invoice=invoice)
    )
    is_sure = Q(undoes__isnull=True, undone_by__isnull=True) & (
        Q(invoice__status__in=POSTED) | (Q(quantity__gte=0, amount__gte=0) & Q(~Exists(too_much)))
    )
    sums = (
        rows.order_by()
        .values("order_line_id")
        .annotate(
            q=Sum("quantity"),
            a=Sum("amount"),
            w=Sum("worth_amount"),
            sure_q=Coalesce(Sum("quantity", filter=is_sure), NOUGHT),
            sure_a=Coalesce(Sum("amount", filter=is_sure), NOUGHT),
            sure_w=Coalesce(Sum("worth_amount", filter=is_sure), NOUGHT),
        )
    )
    counted, sure = {}, {}
    for each in sums:
        line_id = each["order_line_id"]
        counted[line_id] = Standing(each["q"], each["a"], each["w"])
        sure[line_id] = Standing(each["sure_q"], each["sure_a"], each["sure_w"])
    return Others(counted, sure)


def barcodes_of(lines: Sequence[OrderLine]) -> dict[UUID, str]:
    """Return the barcode numbers (GTIN) that listings have now, by the key of the listing."""
    rows = Listing.objects.filter(pk__in={line.listing_id for line in lines}).exclude(gtin="")
    return dict(rows.values_list("pk", "gtin"))


def ordered_of(
    order: Order, lines: Sequence[OrderLine], others: dict[UUID, Standing]
) -> list[Ordered]:
    """Return an order's lines as the match wants them, in the order's own order.

    Why: what the supplier refused, or the council cancelled, was never to be billed.
    """
    nothing_more = order.status in _NOTHING_MORE
    barcodes = barcodes_of(lines)
    made = []
    for line in sorted(lines, key=lambda each: each.line_number):
        billed = others.get(line.pk, Standing())
        is_off = nothing_more or line.answer == Answer.REFUSED
        made.append(
            Ordered(
                line_id=line.pk,
                place=line.line_number,
                part_number=line.part_number,
                gtin=barcodes.get(line.listing_id, ""),
                unit=_one_name(line.unit),
                quantity=Decimal(0) if is_off else line.quantity - line.cancelled_quantity,
                unit_price=line.unit_price,
                net_amount=line.net_amount,
                vat_percent=line.vat_rate_percent,
                received_quantity=line.received_quantity,
                billed_quantity=billed.quantity,
                billed_amount=billed.amount,
                billed_worth=billed.worth,
            )
        )
    return made


def allowed_differences(council_id: UUID) -> AllowedDifferences | None:
    """Return what a council allows, None where it allows nothing."""
    return AllowedDifferences.objects.of(council_id).first()


def tolerances_of(allowed: AllowedDifferences | None) -> Tolerances:
    """Return what a council allows as invoices are compared by it."""
    if allowed is None:
        return Tolerances()
    return Tolerances(
        unit_price=Limit(allowed.price_percent, allowed.price_amount),
        ordered_quantity=Limit(allowed.ordered_percent, allowed.ordered_quantity),
        received_quantity=Limit(allowed.received_percent, allowed.received_quantity),
        line_total=Limit(allowed.line_percent, allowed.line_amount),
        charges=allowed.charges_amount,
        needs_receipt=allowed.needs_receipt,
    )


def charged_by_others(invoice: Invoice) -> Decimal:
    """Return what every other invoice of an order charges beyond its lines, credits taken off.

    Shapes: what is held for its charges is not among them.
    Units: GBP, net.
    """
    rows = Invoice.objects.of(invoice.council_id).filter(order=invoice.order_id)
    is_credit = Q(kind=InvoiceKind.CREDIT_NOTE.value)
    too_much = Finding.objects.of(invoice.council_id).filter(
        invoice=OuterRef("pk"),
        source=Source.MATCH.value,
        code=Code.CHARGE.value,
        severity=Severity.HOLD.value,
        closed="",
    )
    sums = (
        rows.exclude(pk=invoice.pk)
        .exclude(status__in=GONE)
        .exclude(Exists(too_much))
        .aggregate(
            asked=Coalesce(Sum("charges_amount", filter=~is_credit), NOUGHT),
            given=Coalesce(Sum("charges_amount", filter=is_credit), NOUGHT),
        )
    )
    charged: Decimal = sums["asked"] - sums["given"]
    return charged


def stated_of(invoice: Invoice) -> Stated:
    """Return what an invoice states for the whole of itself, as it is compared."""
    stated = Stated(invoice.vat_amount, invoice.payable_amount)
    if not invoice.charges_amount:
        return stated
    taxes = InvoiceTax.objects.of(invoice.council_id).filter(invoice=invoice)
    return replace(
        stated,
        charges_amount=invoice.charges_amount,
        charged_before=charged_by_others(invoice),
        charges_percent=taxes.aggregate(most=Max("rate_percent"))["most"] or NOUGHT,
    )


def orders_differing(council_id: UUID) -> list[UUID]:
    """Return the orders of invoices that wait and differ in what a council may allow.

    Shapes: whether that holds them or is allowed as it is.
    """
    rows = Finding.objects.of(council_id).filter(
        source=Source.MATCH.value,
        code__in=[each.value for each in TOLERATED],
        closed="",
        invoice__status__in=WAITING,
        invoice__order__isnull=False,
    )
    orders = rows.order_by("invoice__order_id").values_list("invoice__order_id", flat=True)
    return list(orders.distinct())


def choices_of(invoice: Invoice) -> dict[UUID | None, Choice]:
    """Return what people said last about an invoice, by its line; None for the whole.

    Shapes: what takes an earlier choice back is not among them.
    """
    rows = Choice.objects.of(invoice.council_id).filter(invoice=invoice)
    latest = rows.order_by("invoice_line_id", "-id").distinct("invoice_line_id")
    return {
        each.invoice_line_id: each
        for each in latest.select_related("order", "order_line", "invoice_line")
        if each.order_id or each.order_line_id or each.is_on_no_line
    }


def billed_of(lines: Sequence[InvoiceLine], choices: Mapping[UUID | None, Choice]) -> list[Billed]:
    """Return an invoice's lines as the match wants them, with what people said of them.

    Why: "EACH" means EA, and EA and C62 are one thing counted; nothing else is converted, since a
    box is never guessed to be so many of anything.
    """
    return [
        Billed(
            place=line.place,
            reference=line.order_line_reference,
            part_number=line.part_number,
            gtin=line.gtin,
            unit=_one_name(unit_code(line.unit) or line.unit),
            quantity=line.quantity,
            unit_price=line.unit_price,
            net_amount=line.net_amount,
            vat_percent=line.vat_rate_percent,
            chosen=choices[line.pk].order_line_id if line.pk in choices else None,
            is_on_no_line=line.pk in choices and choices[line.pk].is_on_no_line,
        )
        for line in lines
    ]


def _one_name(unit: str) -> str:
    return "EA" if unit in EACH else unit


def released_beyond_received(
    council_id: UUID, invoice_ids: Collection[UUID]
) -> dict[tuple[UUID, UUID], list[tuple[Decimal, Decimal]]]:
    """Return how much more than came somebody let through, by invoice and order line.

    Shapes: what was there and what was billed in all, each time that it was let through.
    Units: the order line's unit.
    """
    rows = Finding.objects.of(council_id).filter(
        invoice_id__in=invoice_ids,
        source=Source.MATCH.value,
        code=Code.BEYOND_RECEIVED.value,
        closed=Closed.RELEASED.value,
    )
    found: dict[tuple[UUID, UUID], list[tuple[Decimal, Decimal]]] = {}
    for invoice_id, line_id, agreed, asked in rows.values_list(
        "invoice_id", "order_line_id", "agreed", "asked"
    ):
        found.setdefault((invoice_id, line_id), []).append((Decimal(agreed), Decimal(asked)))
    return found


def open_findings(invoice: Invoice) -> QuerySet[Finding]:
    """Return what keeps an invoice from being paid now, in the order in which it was found."""
    rows = Finding.objects.of(invoice.council_id).filter(invoice=invoice, closed="")
    return rows.exclude(severity=Severity.NOTE.value).order_by("place", "id")


def findings_of(invoice: Invoice, reader_id: UUID) -> QuerySet[Finding]:
    """Return what an organisation may read of what was found and has not gone away by itself.

    Shapes: what is open first, the gravest of it before the rest, then what was let through. A
    supplier may read what is open and holds its invoice.
    """
    rows = Finding.objects.of(reader_id).filter(invoice=invoice)
    rows = rows.exclude(closed=Closed.GONE.value).select_related("other")
    return rows.order_by("closed", "severity", "place", "id")
