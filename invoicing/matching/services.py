"""Comparing invoices with their orders, and keeping what was found.

Whoever calls holds the invoice. The order's lines are held next, in the order of their keys, so
that what every invoice bills of a line is counted by one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.matching.crediting import (
    beyond_its_invoice,
    left_to_credit,
    match_credit_as_a_whole,
)
from invoicing.matching.found import Code, Found, by_the_match, kept_of
from invoicing.matching.rules import (
    Share,
    match_credit_lines,
    match_invoice_lines,
    worths_of,
)
from invoicing.matching.selectors import (
    WAITING,
    Standing,
    allowed_differences,
    billed_by_others,
    billed_of,
    choices_of,
    open_findings,
    ordered_of,
    orders_differing,
    standing_allocations,
    stated_of,
    tolerances_of,
)
from invoicing.matching.tolerances import Tolerances
from invoicing.matching.totals import match_totals
from invoicing.models import Allocation, Finding, Invoice, InvoiceLine
from invoicing.states import Closed, Severity, Source
from marketplace.audit.services import record
from marketplace.core.errors import Conflict
from marketplace.core.models import busy_if_held
from marketplace.jobs.services import wake
from marketplace.ordering.models import OrderLine

GBP = "GBP"
# What the columns of an allocation hold. No order is of so much, so that what is beyond is held.
_MOST_QUANTITY = Decimal(10) ** 9
_MOST_AMOUNT = Decimal(10) ** 12
_THOUSANDTH = Decimal("0.001")
# The first half of the key, which keeps clear of other advisory locks.
_COMPARING = 5_204_118


class CreditStandsAgainst(Conflict):
    """What an invoice bills was given back in part, so it cannot be taken out from under that."""

    code = "invoice.credit-stands-against"
    title = gettext_lazy("A credit note stands against this invoice.")


@dataclass(frozen=True, slots=True)
class _Compared:
    """What came of a comparison: what is billed of which line, and what differs.

    Shapes: `prices` by the order's lines, `line_ids` by the places of the invoice's.
    """

    shares: tuple[Share, ...] = ()
    found: tuple[Found, ...] = ()
    prices: dict[UUID, Decimal] = field(default_factory=dict)
    line_ids: dict[int, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing an invoice: how it stood before, how many things hold it now.

    Shapes: `allowed` of the differences are those that the council allows; where nothing changed
    there is nothing to record.
    """

    invoice: Invoice
    was: str
    holds: int
    allowed: int
    is_new: bool


def compare_invoice(*, invoice: Invoice, at: datetime) -> Comparison:
    """Compare an invoice with its order, count what it bills, and hold it or let it go on.

    Shapes: `invoice` is held by the caller, waits for its approval, and is recorded by the caller
    with record_comparison when all that has to be held is held. Run again on the same facts
    it changes nothing: findings keep their keys, and what a person let through is not raised again.
    Raises: IllegalMove; Busy.
    """
    held = hold_lines_of(invoice)
    # Nothing is counted of what was never compared.
    before = list(standing_allocations(invoice)) if invoice.matched_at else []
    compared = _compared(invoice, held)
    is_changed = _count(invoice, before, compared, at)
    is_changed |= keep_findings(
        invoice=invoice, sources=(Source.MATCH,), found=compared.found, at=at
    )
    holds = open_findings(invoice).count()
    allowed = sum(each.is_allowed for each in compared.found)
    verb = "hold" if holds else "match"
    was = invoice.status
    is_new = is_changed or not invoice.matched_at or invoice.check_move(verb) != was
    done = Comparison(invoice, was, holds, allowed, is_new)
    if not is_new:
        return done
    invoice.move(verb)
    invoice.matched_at = at
    invoice.version += 1
    invoice.save(update_fields=["status", "matched_at", "version"])
    return done


def record_comparison(done: Comparison, *, at: datetime) -> None:
    """Record what came of comparing an invoice, unless nothing changed."""
    if not done.is_new:
        return
    invoice = done.invoice
    record(
        "invoice.held" if done.holds else "invoice.matched",
        invoice,
        actor=None,
        at=at,
        organisation_id=invoice.council_id,
        counterparty_id=invoice.supplier_id,
        before={"status": done.was},
        after={"status": invoice.status, "holds": done.holds, "allowed": done.allowed},
    )


@transaction.atomic
def rematch_order(*, council_id: UUID, order_id: UUID, at: datetime) -> list[Invoice]:
    """Compare every invoice of an order that waits for approval with it again.

    Shapes: those that are held or agree, held in the order of their keys, and all compared
    before any is recorded.
    Raises: Busy.
    """
    rows = Invoice.objects.of(council_id).filter(order_id=order_id, status__in=WAITING)
    done = [compare_invoice(invoice=each, at=at) for each in rows.hold()]
    for each in done:
        record_comparison(each, at=at)
    return [each.invoice for each in done]


def rematch_differing(*, council_id: UUID, version: int) -> int:
    """Owe a comparison of every order whose waiting invoices differ in what the council may allow.

    Shapes: `version` of what it allows; return how many orders. Those that agree to the penny
    agree whatever is allowed, and are left alone.
    Why: an invoice that is being compared by what was allowed before is not seen to differ yet, so
    that we wait for it here, where nothing else is held.
    Raises: Busy.
    """
    hold_comparing(council_id, alone=True)
    orders = orders_differing(council_id)
    for order_id in orders:
        wake(
            "invoicing.rematch_order",
            key=f"order:{order_id}:allowed:{version}",
            organisation_id=council_id,
            payload={"council_id": str(council_id), "order_id": str(order_id)},
        )
    return len(orders)


def hold_comparing(council_id: UUID, *, alone: bool) -> None:
    """Take part in comparing a council's invoices, or wait till nobody does, until the end.

    Raises: Busy when that has taken longer than lock_timeout.
    """
    lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with busy_if_held(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s, hashtext(%s))", [_COMPARING, str(council_id)])


def undo_allocations(*, invoice: Invoice, at: datetime) -> int:
    """Take back what an invoice bills, by a row that is equal and opposite; return how many.

    Shapes: the caller holds the invoice and records why.
    Raises: CreditStandsAgainst; Busy.
    """
    if invoice.order_id is None:
        return 0
    held = hold_lines_of(invoice)
    standing = list(standing_allocations(invoice))
    others = billed_by_others(invoice, invoice.order_id).counted
    if any(others.get(line.pk, Standing()).quantity < 0 for line in held):
        raise CreditStandsAgainst(
            _("Send the credit note back first, or let both go on: together they come to nothing.")
        )
    Allocation.objects.bulk_create([_opposite(each, at) for each in standing])
    return len(standing)


def hold_lines_of(invoice: Invoice) -> list[OrderLine]:
    """Return the lines of an invoice's order, held, in the order of their keys.

    Raises: Busy.
    """
    if invoice.order_id is None:
        return []
    rows = OrderLine.objects.of(invoice.council_id).filter(order=invoice.order)
    return rows.hold()


def _compared(invoice: Invoice, held: Sequence[OrderLine]) -> _Compared:
    order, beyond = invoice.order, beyond_its_invoice(invoice)
    if order is None:
        return _Compared(found=beyond)
    if invoice.currency != GBP:
        asked = invoice.currency or "?"
        found = Found(Source.MATCH, Code.NOT_COMPARED.value, Severity.HOLD, asked=asked)
        return _Compared(found=(found, *beyond))
    lines = list(InvoiceLine.objects.filter(invoice=invoice).order_by("place"))
    others = billed_by_others(invoice, order.pk)
    # Nobody chooses before it was compared once.
    billed = billed_of(lines, choices_of(invoice) if invoice.matched_at else {})
    if invoice.is_credit_note:
        left = left_to_credit(invoice)
        matched = match_credit_lines(billed, ordered_of(order, held, others.counted), left)
        whole = match_credit_as_a_whole(invoice, billed)
    else:
        allowed = _allowed_now(invoice.council_id)
        matched = match_invoice_lines(billed, ordered_of(order, held, others.sure), allowed)
        whole = match_totals(stated_of(invoice), billed, allowed, shares=matched.shares)
    return _Compared(
        tuple(_countable(matched.shares, others.counted, held)),
        (*map(by_the_match, (*matched.findings, *whole)), *beyond),
        {line.pk: line.unit_price for line in held},
        {line.place: line.pk for line in lines},
    )


def _allowed_now(council_id: UUID) -> Tolerances:
    """Return what a council allows; who compares again because it changed waits for us.

    Raises: Busy.
    """
    hold_comparing(council_id, alone=False)
    return tolerances_of(allowed_differences(council_id))


def _countable(
    shares: Sequence[Share], others: dict[UUID, Standing], held: Sequence[OrderLine]
) -> list[Share]:
    """Return the shares that can be counted; what cannot be is held, and bills nothing meanwhile.

    Why: nobody can have billed less than nothing of a line, and no order is of so much.
    """
    billed = {line.pk: others.get(line.pk, Standing()).quantity for line in held}
    for share in shares:
        billed[share.ordered_id] += share.quantity
    prices = {line.pk: line.unit_price for line in held}
    return [
        share
        for share in shares
        if billed[share.ordered_id] >= 0
        and abs(billed[share.ordered_id]) < _MOST_QUANTITY
        and abs(share.quantity) < _MOST_QUANTITY
        and abs(prices[share.ordered_id] * share.quantity) < _MOST_AMOUNT
        and (share.quantity.quantize(_THOUSANDTH) or share.amount)
    ]


def _count(
    invoice: Invoice, before: Sequence[Allocation], compared: _Compared, at: datetime
) -> bool:
    """Write what an invoice bills now, unless it is written already; tell whether it was not.

    In one statement with what takes the former rows back, since what is billed of a line may not
    be below nought in between.
    """
    worths = worths_of(compared.shares, compared.prices)
    made = [
        _allocation(invoice, compared, share, worth, at)
        for share, worth in zip(compared.shares, worths, strict=True)
    ]
    if [_said(each) for each in before] == [_said(each) for each in made]:
        return False
    Allocation.objects.bulk_create([*(_opposite(each, at) for each in before), *made])
    return True


def _said(row: Allocation) -> tuple[object, ...]:
    return (row.invoice_line_id, row.order_line_id, row.quantity, row.amount, row.how)


def _allocation(
    invoice: Invoice, compared: _Compared, share: Share, worth: Decimal, at: datetime
) -> Allocation:
    assert invoice.supplier_id is not None  # noqa: S101  # whoever has an order is known
    return Allocation(
        council_id=invoice.council_id,
        supplier_id=invoice.supplier_id,
        invoice=invoice,
        invoice_line_id=compared.line_ids[share.place],
        order_line_id=share.ordered_id,
        quantity=share.quantity.quantize(_THOUSANDTH),
        amount=share.amount,
        worth_amount=worth,
        how=share.how.value,
        at=at,
    )


def _opposite(row: Allocation, at: datetime) -> Allocation:
    return Allocation(
        council_id=row.council_id,
        supplier_id=row.supplier_id,
        invoice_id=row.invoice_id,
        invoice_line_id=row.invoice_line_id,
        order_line_id=row.order_line_id,
        undoes=row,
        quantity=-row.quantity,
        amount=-row.amount,
        worth_amount=-row.worth_amount,
        how=row.how,
        at=at,
    )


def keep_findings(
    *, invoice: Invoice, sources: Sequence[Source], found: Sequence[Found], at: datetime
) -> bool:
    """Keep what was found by these sources now, and close what is gone; tell whether any changed.

    Shapes: what is there already, open or let through, is left as it is.
    """
    now = {each.facts_key: each for each in kept_of(list(found))}
    rows = Finding.objects.of(invoice.council_id).filter(
        invoice=invoice, source__in=[each.value for each in sources]
    )
    there: dict[str, str] = {}
    if invoice.matched_at:  # nothing was found of what was never compared
        there = dict(rows.exclude(closed=Closed.GONE.value).values_list("facts_key", "closed"))
    gone = [key for key, closed in there.items() if not closed and key not in now]
    if gone:
        rows.filter(facts_key__in=gone, closed="").update(closed=Closed.GONE.value, closed_at=at)
    new = [_finding(invoice, key, each, at) for key, each in now.items() if key not in there]
    if new:
        Finding.objects.bulk_create(new)
    return bool(gone or new)


def _finding(invoice: Invoice, key: str, found: Found, at: datetime) -> Finding:
    return Finding(
        council_id=invoice.council_id,
        supplier_id=invoice.supplier_id,
        invoice=invoice,
        source=found.source.value,
        code=found.code,
        severity=found.severity.value,
        place=found.place,
        where=found.where,
        order_line_id=found.order_line_id,
        agreed=found.agreed,
        asked=found.asked,
        unit=found.unit,
        text=found.text,
        other_id=found.other_id,
        facts_key=key,
        owner=found.owner.value,
        raised_at=at,
    )
