"""Saying which order an invoice is for, and which line of it a line means."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.matching.selectors import choices_of
from invoicing.matching.services import (
    compare_invoice,
    record_comparison,
    undo_allocations,
)
from invoicing.models import Choice, Finding, Invoice, InvoiceLine
from invoicing.settling.choosable import ORDER_UNKNOWN, line_at, order_is_open, places_open
from invoicing.settling.services.approval import InvoiceChanged
from invoicing.states import Closed
from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.ids import uuid7
from marketplace.jobs.services import wake
from marketplace.ordering.models import Order, OrderLine


class ChoosingNotAllowed(Forbidden):
    """This person may not say what this invoice is for."""

    code = "invoice.choosing-not-allowed"
    title = gettext_lazy("You cannot say what this invoice is for.")


class NothingToChoose(Conflict):
    """The document says it plainly, or something else has to be known first."""

    code = "invoice.nothing-to-choose"
    title = gettext_lazy("There is nothing to choose here.")


class OrderOfAnotherSupplier(Invalid):
    """The order was not sent to whoever asks to be paid."""

    code = "invoice.order-of-another-supplier"
    title = gettext_lazy("This order was sent to another supplier.")


@transaction.atomic
def choose_order(
    *,
    invoice_id: UUID,
    order_id: UUID | None,
    finance: Actor,
    at: datetime,
    version: int | None = None,
) -> Invoice:
    """Say which order an invoice is for, where it does not say so itself, and compare the two.

    Shapes: `order_id` None takes back what was said before.
    Raises: Missing; InvoiceChanged; ChoosingNotAllowed; IllegalMove; NothingToChoose;
    OrderOfAnotherSupplier; CreditStandsAgainst; Busy.
    Why: whoever says so cannot approve it afterwards, as with a difference that is let through.
    """
    invoice = _held(invoice_id, finance, version)
    if not order_is_open(invoice, choices_of(invoice)):
        raise NothingToChoose(
            _("It names its order itself.")
            if invoice.supplier_id
            else _("Nobody knows whose invoice it is, so it cannot be for an order.")
        )
    order = _order(invoice, order_id, finance)
    former = invoice.order
    if former == order:
        return invoice
    # Of both orders in one statement, so that who chooses the other way round waits for nothing.
    OrderLine.objects.of(invoice.council_id).filter(order__in=[former, order]).hold()
    undo_allocations(invoice=invoice, at=at)
    invoice.order = order
    invoice.version += 1
    invoice.save(update_fields=["order", "version"])
    _choice(invoice, finance, at, order=order).save(force_insert=True)
    _end_or_raise_again(invoice, at)
    compared = compare_invoice(invoice=invoice, at=at)
    record(
        "invoice.order-chosen" if order else "invoice.order-choice-taken-back",
        invoice,
        actor=finance,
        at=at,
        organisation_id=invoice.council_id,
        before={"order": former.number if former else ""},
        after={"order": order.number if order else ""},
        note=order.number if order else "",
    )
    record_comparison(compared, at=at)
    if former is not None:
        _owe_comparison(invoice, former)
    return invoice


@transaction.atomic
def choose_line(
    *,
    invoice_id: UUID,
    place: int,
    order_line_id: UUID | None,
    finance: Actor,
    at: datetime,
    is_on_no_line: bool = False,
    version: int | None = None,
) -> Invoice:
    """Say which line of its order a line of an invoice means, or that it is none, and compare.

    Shapes: `place` counts the invoice's lines from 1. Without `order_line_id`, and unless it
    `is_on_no_line`, what was said before is taken back.
    Raises: Missing; InvoiceChanged; ChoosingNotAllowed; IllegalMove; NothingToChoose; Busy.
    Why: as choose_order.
    """
    invoice = _held(invoice_id, finance, version)
    line = line_at(invoice, place)
    if invoice.order is None:
        raise NothingToChoose(_("Say first which order the invoice is for."))
    _check_not_own(invoice.order, finance)
    former = choices_of(invoice).get(line.pk)
    if line.place not in places_open(invoice, [place] if former else [], _found_at(line)):
        raise NothingToChoose(_("It says plainly which line of the order it is."))
    chosen = None
    if order_line_id is not None:
        rows = OrderLine.objects.of(invoice.council_id).filter(order=invoice.order)
        chosen = rows.one(order_line_id)
    made = _choice(
        invoice,
        finance,
        at,
        invoice_line=line,
        order_line=chosen,
        is_on_no_line=is_on_no_line and chosen is None,
    )
    if _said(former) == _said(made):
        return invoice
    made.save(force_insert=True)
    invoice.version += 1
    invoice.save(update_fields=["version"])
    compared = compare_invoice(invoice=invoice, at=at)
    record(
        "invoice.line-chosen",
        invoice,
        actor=finance,
        at=at,
        organisation_id=invoice.council_id,
        before={"line": place, "order_line": _said(former)},
        after={"line": place, "order_line": _said(made)},
    )
    record_comparison(compared, at=at)
    return invoice


def _held(invoice_id: UUID, finance: Actor, version: int | None) -> Invoice:
    """Return an invoice that waits, held, if this person may say something of it."""
    council_id = finance.organisation_id
    invoice = Invoice.objects.of(council_id).filter(council_id=council_id).lock(invoice_id)
    if not finance.holds("finance"):
        raise ChoosingNotAllowed(_("Only finance staff can."))
    if version is not None and invoice.version != version:
        raise InvoiceChanged(current_version=invoice.version)
    invoice.check_move("hold")
    return invoice


def _order(invoice: Invoice, order_id: UUID | None, finance: Actor) -> Order | None:
    """Return the order that was chosen, if it may be."""
    if order_id is None:
        return None
    rows = Order.objects.of(invoice.council_id).filter(
        council_id=invoice.council_id, sent_at__isnull=False
    )
    order = rows.one(order_id)
    if order.supplier_id != invoice.supplier_id:
        raise OrderOfAnotherSupplier(
            _("Choose an order that was sent to the supplier of the invoice."), field="order_id"
        )
    _check_not_own(order, finance)
    return order


def _check_not_own(order: Order, finance: Actor) -> None:
    """Refuse whoever ordered it, as where a difference is let through.

    Raises: ChoosingNotAllowed.
    """
    if order.contact_id == finance.user_id:
        raise ChoosingNotAllowed(_("You ordered this, so somebody else must say so."))


def _choice(
    invoice: Invoice,
    finance: Actor,
    at: datetime,
    *,
    order: Order | None = None,
    invoice_line: InvoiceLine | None = None,
    order_line: OrderLine | None = None,
    is_on_no_line: bool = False,
) -> Choice:
    assert invoice.supplier_id is not None  # noqa: S101  # nobody chooses an order for nobody
    return Choice(
        council_id=invoice.council_id,
        supplier_id=invoice.supplier_id,
        invoice=invoice,
        invoice_line=invoice_line,
        order=order,
        order_line=order_line,
        is_on_no_line=is_on_no_line,
        at=at,
        by_id=finance.user_id,
        by_name=finance.name,
    )


def _said(choice: Choice | None) -> int | str:
    """Return which line of the order was chosen, by its number; 0 for none of them."""
    if choice is None:
        return ""
    if choice.order_line is not None:
        return choice.order_line.line_number
    return 0 if choice.is_on_no_line else ""


def _found_at(line: InvoiceLine) -> list[Finding]:
    rows = Finding.objects.of(line.council_id).filter(invoice_id=line.invoice_id)
    return list(rows.filter(place=line.place))


def _end_or_raise_again(invoice: Invoice, at: datetime) -> None:
    """End what was found because nobody knew the order; raise it again once nobody does any more.

    Why: what was found never changes, so that what comes back is found anew.
    """
    rows = Finding.objects.of(invoice.council_id).filter(ORDER_UNKNOWN, invoice=invoice)
    if invoice.order_id is not None:
        rows.filter(closed="").update(closed=Closed.GONE.value, closed_at=at)
        return
    gone = {each.facts_key: each for each in rows.filter(closed=Closed.GONE.value).order_by("id")}
    there = set(rows.exclude(closed=Closed.GONE.value).values_list("facts_key", flat=True))
    Finding.objects.bulk_create(_again(each, at) for key, each in gone.items() if key not in there)


def _again(finding: Finding, at: datetime) -> Finding:
    anew = copy(finding)
    anew.pk = uuid7()
    anew.raised_at, anew.closed, anew.closed_at = at, "", None
    return anew


def _owe_comparison(invoice: Invoice, former: Order) -> None:
    """Owe it to the others of the former order that they are compared with the room it leaves."""
    wake(
        "invoicing.rematch_order",
        key=f"invoice:{invoice.pk}:chosen:{invoice.version}",
        organisation_id=invoice.council_id,
        payload={"council_id": str(invoice.council_id), "order_id": str(former.pk)},
    )
