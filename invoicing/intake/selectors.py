"""Questions about what arrived and about invoices, from either side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from invoicing.matching.duplicates import number_key
from invoicing.matching.selectors import choices_of, findings_of
from invoicing.matching.told import Told, told, told_to_supplier
from invoicing.models import (
    Arrival,
    Choice,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    PaidInvoice,
    Payment,
    SupplierAccount,
)
from invoicing.states import ArrivalStatus, Severity
from marketplace.audit.models import Event
from marketplace.audit.selectors import timeline
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.models import TenantQuerySet
from marketplace.ordering.models import Order, OrderLine
from marketplace.ordering.orders.selectors.orders import ORDER_READERS
from marketplace.ordering.states import Answer, OrderStatus
from marketplace.organisations.models import Kind, Organisation, SupplierLink

# Of which orders something may be billed.
_BILLABLE = [
    OrderStatus.SENT.value,
    OrderStatus.ACKNOWLEDGED.value,
    OrderStatus.PARTLY_REFUSED.value,
]
MOST_SUPPLIERS_FOUND = 200


@dataclass(frozen=True, slots=True)
class Compared:
    """A line of an invoice beside the line of the order that it bills, each None without other."""

    billed: InvoiceLine | None
    ordered: OrderLine | None
    found: tuple[Told, ...]

    @property
    def has_hold(self) -> bool:
        """Whether something of this line keeps the invoice from being paid."""
        return any(_holds(each) for each in self.found)


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """An invoice with everything that is shown of it.

    Shapes: `holds` is what keeps it from being paid, `allowed` what differs by no more than the
    council allows, `notes` what is only to be read, `released` what somebody let through, each of
    the whole invoice and of lines; `choices` is what people said that it is for, by line, None for
    the whole. A supplier gets `holds`.
    """

    invoice: Invoice
    lines: list[InvoiceLine]
    taxes: list[InvoiceTax]
    compared: list[Compared]
    holds: list[Told]
    allowed: list[Told]
    notes: list[Told]
    released: list[Told]
    choices: dict[UUID | None, Choice]

    @property
    def said(self) -> list[Choice]:
        """Return what people said that it is for, the whole first, then line by line."""
        places = {line.pk: line.place for line in self.lines}
        return sorted(
            self.choices.values(),
            key=lambda each: places[each.invoice_line_id] if each.invoice_line_id else 0,
        )

    @property
    def told(self) -> list[Told]:
        """Return everything that was found, what holds it first."""
        return [*self.holds, *self.released, *self.allowed, *self.notes]


def _holds(each: Told) -> bool:
    return not each.finding.closed and each.finding.severity != Severity.NOTE


def invoices_of(reader: Actor) -> QuerySet[Invoice]:
    """Return what `reader` may see of their council's invoices, latest first ("-id" by key)."""
    rows = with_bank_day(_council_side(reader))
    return rows.select_related("supplier", "order").order_by("-id")


def invoices_from(supplier: Actor) -> QuerySet[Invoice]:
    """Return what councils have of a supplier's invoices, latest first ("-id" by key)."""
    rows = with_bank_day(_supplier_side(supplier))
    return rows.select_related("council", "order").order_by("-id")


def with_bank_day(rows: TenantQuerySet[Invoice]) -> TenantQuerySet[Any]:
    """Return invoices with `bank_paid_on`: when the bank paid them, None before it is known to."""
    standing = PaidInvoice.objects.filter(invoice=OuterRef("pk"), is_open=True)
    return rows.annotate(bank_paid_on=Subquery(standing.values("payment__settled_on")[:1]))


def returned_payments(invoice: Invoice) -> QuerySet[Payment]:
    """Return the payments of an invoice that the bank gave back, the latest first."""
    rows = Payment.objects.of(invoice.council_id).filter(
        documents__invoice=invoice, failed_at__isnull=False
    )
    return rows.order_by("-failed_at", "-id")


def invoices_found(
    rows: QuerySet[Invoice], *, words: str = "", status: str = ""
) -> QuerySet[Invoice]:
    """Return those among invoices that have a status, and a number, an order or a name on them.

    Shapes: numbers as they are written, whatever stands between the digits; part of a name.
    """
    if status:
        rows = rows.filter(status=status)
    wanted = words.strip()
    if wanted:
        # By keys, so that each of these may be answered by an index of the invoices.
        named = Organisation.objects.filter(name__icontains=wanted).order_by("pk")
        sides = list(named.values_list("pk", flat=True)[:MOST_SUPPLIERS_FOUND])
        numbered = Order.objects.filter(number__in={wanted, wanted.upper()}).order_by("pk")
        orders = list(numbered.values_list("pk", flat=True)[:MOST_SUPPLIERS_FOUND])
        rows = rows.filter(
            Q(number_key=number_key(wanted)[:200])
            | Q(order_id__in=orders)
            | Q(supplier_id__in=sides)
            | Q(council_id__in=sides)
        )
    return rows


def invoice(reader: Actor, invoice_id: UUID) -> Invoice:
    """Return one invoice that `reader` may see, from either side.

    Raises: Missing.
    """
    rows = with_bank_day(_readable_by(reader)).select_related(
        "council", "supplier", "order", "credits", "repeats", "arrival", "document"
    )
    found: Invoice = rows.defer("document__content").one(invoice_id)
    return found


def invoice_page(reader: Actor, invoice_id: UUID) -> InvoicePage:
    """Return an invoice with its lines beside those of its order, and what was found.

    Raises: Missing.
    """
    found = invoice(reader, invoice_id)
    lines = list(found.lines.order_by("place"))
    numbers = {line.place: line.number for line in lines}
    findings = findings_of(found, reader.organisation_id)
    is_ours = found.council_id == reader.organisation_id
    tell = told if is_ours else told_to_supplier
    words = [tell(each, numbers) for each in findings]
    choices = choices_of(found) if is_ours else {}
    return InvoicePage(
        invoice=found,
        lines=lines,
        taxes=list(found.taxes.order_by("place")),
        compared=_compared(reader.organisation_id, found, lines, words, choices),
        holds=[each for each in words if _holds(each)],
        allowed=[each for each in words if each.is_allowed],
        notes=[
            each for each in words if each.finding.severity == Severity.NOTE and not each.is_allowed
        ],
        released=[each for each in words if each.finding.closed],
        choices=choices,
    )


def _compared(
    reader_id: UUID,
    invoice: Invoice,
    lines: list[InvoiceLine],
    words: list[Told],
    choices: Mapping[UUID | None, Choice],
) -> list[Compared]:
    """Put each line of an invoice beside the order's line that it bills, then what is not billed.

    Shapes: by what was counted, or what somebody said, or else by the number that it names itself.
    """
    ordered = {}
    if invoice.order_id is not None:
        rows = OrderLine.objects.of(reader_id).filter(order_id=invoice.order_id)
        ordered = {line.pk: line for line in rows.order_by("line_number")}
    counted = dict(
        invoice.allocations.filter(undoes__isnull=True, undone_by__isnull=True).values_list(
            "invoice_line_id", "order_line_id"
        )
    )
    by_number = {str(line.line_number): line for line in ordered.values()}
    of_line: dict[int | None, list[Told]] = {}
    for each in words:
        of_line.setdefault(each.finding.place, []).append(each)
    rows_shown, taken = [], set()
    for line in lines:
        beside = by_number.get(line.order_line_reference.lstrip("0"))
        if line.pk in choices:
            chosen = choices[line.pk].order_line_id
            beside = ordered.get(chosen) if chosen else None
        if counted.get(line.pk) in ordered:
            beside = ordered[counted[line.pk]]
        taken.add(beside.pk if beside else None)
        rows_shown.append(Compared(line, beside, tuple(of_line.get(line.place, ()))))
    left = [Compared(None, line, ()) for key, line in ordered.items() if key not in taken]
    return [*rows_shown, *left]


def invoice_timeline(invoice: Invoice) -> QuerySet[Event]:
    """Return what was done to an invoice, oldest first, as far as the reader may see it."""
    return timeline(invoice)


def arrivals_of(reader: Actor) -> QuerySet[Arrival]:
    """Return what came to a council, or from a supplier, and is no invoice: latest first."""
    rows = Arrival.objects.of(reader.organisation_id).exclude(status=ArrivalStatus.TAKEN.value)
    return rows.select_related("council", "supplier").order_by("-id")


def arrival(reader: Actor, arrival_id: UUID) -> Arrival:
    """Return one file that arrived, with what became of it.

    Raises: Missing.
    """
    rows = Arrival.objects.of(reader.organisation_id).select_related("council", "supplier")
    return rows.one(arrival_id)


def invoice_id_of(reader: Actor, arrival: Arrival) -> UUID | None:
    """Return the key of the invoice that was read of an arrival, if `reader` may see it."""
    return _readable_by(reader).filter(arrival=arrival).values_list("pk", flat=True).first()


def is_paper_for(reader: Actor, document_id: UUID) -> bool:
    """Tell whether a document is what came in as an invoice that `reader` may see."""
    if _readable_by(reader).filter(document_id=document_id).exists():
        return True
    if reader.kind == OrganisationKind.COUNCIL and not reader.holds(Role.FINANCE, Role.AUDITOR):
        return False
    return Arrival.objects.of(reader.organisation_id).filter(document_id=document_id).exists()


def councils_for(supplier_id: UUID) -> QuerySet[Organisation]:
    """Return the councils that buy from a supplier, by name."""
    links = SupplierLink.objects.of(supplier_id).filter(supplier_id=supplier_id)
    rows = Organisation.objects.filter(kind=Kind.COUNCIL, pk__in=links.values("council_id"))
    return rows.order_by("name", "pk")


def order_to_bill(supplier: Actor, order_id: UUID) -> Order:
    """Return an order that was sent to a supplier, with both sides joined in.

    Raises: Missing.
    """
    rows = Order.objects.of(supplier.organisation_id).filter(
        supplier_id=supplier.organisation_id, sent_at__isnull=False
    )
    return rows.select_related("council", "supplier").one(order_id)


def billable_lines(order: Order) -> QuerySet[OrderLine]:
    """Return an order's lines in order, as its supplier may read them."""
    rows = OrderLine.objects.of(order.supplier_id).filter(order=order)
    return rows.order_by("line_number")


def to_bill(order: Order, line: OrderLine) -> Decimal:
    """Return how much of a line its supplier may still bill."""
    if order.status not in _BILLABLE or line.answer == Answer.REFUSED:
        return Decimal(0)
    left: Decimal = line.quantity - line.cancelled_quantity - line.billed_quantity
    return max(left, Decimal(0))


def latest_account(supplier: Actor) -> SupplierAccount | None:
    """Return the account that a supplier last said it wants to be paid to."""
    rows = SupplierAccount.objects.of(supplier.organisation_id)
    return rows.filter(supplier_id=supplier.organisation_id).order_by("-id").first()


def _readable_by(reader: Actor) -> TenantQuerySet[Invoice]:
    is_council = reader.kind == OrganisationKind.COUNCIL
    return _council_side(reader) if is_council else _supplier_side(reader)


def _council_side(reader: Actor) -> TenantQuerySet[Invoice]:
    rows = Invoice.objects.of(reader.organisation_id).filter(council_id=reader.organisation_id)
    return rows if reader.holds(*ORDER_READERS) else rows.filter(order__contact_id=reader.user_id)


def _supplier_side(supplier: Actor) -> TenantQuerySet[Invoice]:
    rows = Invoice.objects.of(supplier.organisation_id)
    return rows.filter(supplier_id=supplier.organisation_id)
