"""Making an invoice of an order that was sent: the supplier types what it bills, and no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.formats.ubl import write_ubl
from invoicing.intake.flipping import invoice_of
from invoicing.intake.selectors import billable_lines, latest_account, order_to_bill, to_bill
from invoicing.intake.services.arrivals import take_invoice
from invoicing.matching.duplicates import number_key
from invoicing.models import Arrival, Invoice
from invoicing.states import Channel, InvoiceKind, InvoiceStatus
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, FieldProblem, Invalid
from marketplace.core.units import is_counted
from marketplace.core.vat import VatCategory
from marketplace.ordering.models import OrderLine

LONGEST_NUMBER = 50
_GONE = [InvoiceStatus.REPEAT.value, InvoiceStatus.SENT_BACK.value]


class NothingToBill(Conflict):
    """Of this order nothing is left that its supplier may bill."""

    code = "invoice.nothing-to-bill"
    title = gettext_lazy("There is nothing left to bill of this order.")


class FlipNotComplete(Invalid):
    """What was typed makes no invoice."""

    code = "invoice.flip-not-complete"
    title = gettext_lazy("Some of the invoice needs another look.")


def flip_order(
    *,
    order_id: UUID,
    supplier: Actor,
    number: str,
    issued_on: date,
    quantities: Mapping[UUID, Decimal],
    at: datetime,
) -> Arrival:
    """Make the electronic invoice of an order, or of part of it, and take it in like any other.

    Shapes: `quantities` by the keys of the order's lines; nought and what is left out is not
    billed. Every problem is told at once, at number, issued_on and lines/N/quantity.
    Raises: Missing; SendingNotAllowed; NothingToBill; FlipNotComplete; Busy.
    """
    order = order_to_bill(supplier, order_id)
    lines = list(billable_lines(order))
    if not any(to_bill(order, line) > 0 for line in lines):
        raise NothingToBill
    wanted = {key: quantity for key, quantity in quantities.items() if quantity}
    problems = [
        *_number_problems(supplier, order.council_id, number.strip()),
        *_day_problems(issued_on, timezone.localdate(at)),
        *_line_problems(lines, {line.pk: to_bill(order, line) for line in lines}, wanted),
    ]
    bears_vat = any(
        line.vat_category != VatCategory.ZERO and line.vat_rate_percent
        for line in lines
        if line.pk in wanted
    )
    if bears_vat and not order.supplier.vat_number:
        detail = _("Your VAT number is missing. Add it to your details first.")
        problems.append(FieldProblem("number", detail))
    if problems:
        raise FlipNotComplete(problems[0].detail, errors=problems)
    made = invoice_of(
        order,
        lines,
        wanted,
        number=number.strip(),
        issued_on=issued_on,
        account=latest_account(supplier),
    )
    return take_invoice(
        council_id=order.council_id,
        sender=supplier,
        supplier_id=order.supplier_id,
        name=f"{number.strip()}.xml",
        content=write_ubl(made),
        channel=Channel.FLIP,
        at=at,
    )


def _number_problems(supplier: Actor, council_id: UUID, number: str) -> Iterator[FieldProblem]:
    if not number:
        yield FieldProblem("number", _("Enter the number of your invoice."))
        return
    if len(number) > LONGEST_NUMBER:
        words = _("The number must have no more than %(most)d characters.")
        yield FieldProblem("number", words % {"most": LONGEST_NUMBER})
    rows = Invoice.objects.of(supplier.organisation_id).filter(
        council_id=council_id,
        supplier_id=supplier.organisation_id,
        kind=InvoiceKind.INVOICE.value,
        number_key=number_key(number)[:200],
    )
    if rows.exclude(status__in=_GONE).exists():
        yield FieldProblem(
            "number", _("You have sent this council an invoice with this number. Choose another.")
        )


def _day_problems(issued_on: date, today: date) -> Iterator[FieldProblem]:
    if issued_on > today:
        yield FieldProblem("issued_on", _("The day of the invoice cannot be still to come."))


def _line_problems(
    lines: Sequence[OrderLine], left: Mapping[UUID, Decimal], wanted: Mapping[UUID, Decimal]
) -> Iterator[FieldProblem]:
    if wanted.keys() - left.keys():
        yield FieldProblem("lines", _("One of the lines is not on this order."))
    if not wanted:
        yield FieldProblem("lines", _("Say how much you bill of at least one line."))
    for place, line in enumerate(lines):
        quantity = wanted.get(line.pk, Decimal(0))
        problem = _quantity_problem(line, quantity, left[line.pk])
        if problem:
            yield FieldProblem(f"lines/{place}/quantity", problem)


def _quantity_problem(line: OrderLine, quantity: Decimal, left: Decimal) -> str:
    facts = {"name": line.name, "left": f"{left.normalize():f}"}
    if quantity < 0:
        return _("%(name)s: enter a quantity of nought or more.") % facts
    if quantity > left:
        return _("%(name)s: no more than %(left)s is left to bill.") % facts
    exponent = quantity.as_tuple().exponent
    if is_counted(line.unit) and quantity % 1:
        return _("%(name)s: enter a whole number.") % facts
    if isinstance(exponent, int) and exponent < -3:
        return _("%(name)s: enter no more than three decimal places.") % facts
    return ""
