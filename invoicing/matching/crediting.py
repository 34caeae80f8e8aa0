"""What is left to give back of the invoice that a credit note names, and whether it is too much.

A credit note that is held for giving back more than there is counts nothing against others: it
will be sent back, and an honest one must not wait for that.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Sum

from invoicing.matching import rules
from invoicing.matching.found import Code, Found
from invoicing.matching.pairing import Billed
from invoicing.matching.rules import Creditable
from invoicing.matching.selectors import GONE, NOUGHT, stated_of
from invoicing.matching.totals import match_credit_totals
from invoicing.models import Allocation, Finding, Invoice, InvoiceLine
from invoicing.states import Severity, Source

_TOO_MUCH = (
    Code.CREDIT_ABOVE_INVOICE.value,
    rules.Code.CREDIT_TOO_LARGE.value,
    rules.Code.CREDIT_BEYOND_BILLED.value,
    rules.Code.NOT_BILLED.value,
)


def _counted(credit_note: Invoice) -> QuerySet[Invoice]:
    """Return the other credit notes of an invoice that count, the earliest first."""
    too_much = Finding.objects.of(credit_note.council_id).filter(
        invoice=OuterRef("pk"), source=Source.MATCH.value, code__in=_TOO_MUCH, closed=""
    )
    rows = Invoice.objects.of(credit_note.council_id).filter(credits=credit_note.credits_id)
    rows = rows.exclude(pk=credit_note.pk).exclude(status__in=GONE)
    return rows.exclude(Exists(too_much)).order_by("id")


def left_to_credit(credit_note: Invoice) -> dict[UUID, Creditable]:
    """Return what is left to give back of the invoice that a credit note names, by order line."""
    named = credit_note.credits_id
    if named is None:
        return {}
    rows = Allocation.objects.of(credit_note.council_id).filter(
        Q(invoice_id=named) | Q(invoice__in=_counted(credit_note).order_by().values("pk"))
    )
    sums = rows.order_by().values("order_line_id").annotate(
        q=Sum("quantity"),
        a=Sum("amount"),
        rate=Max("invoice_line__vat_rate_percent", filter=Q(invoice_id=named)),
    )  # fmt: skip
    return {
        each["order_line_id"]: Creditable(
            max(each["q"], NOUGHT), max(each["a"], NOUGHT), each["rate"]
        )
        for each in sums
    }


def beyond_its_invoice(credit_note: Invoice) -> tuple[Found, ...]:
    """Hold a credit note that gives back more than is left of its invoice, lines or no lines.

    Shapes: with what came before it and left so little, where something did.
    """
    credited = credit_note.credits
    if not credit_note.is_credit_note or credited is None:
        return ()
    before = list(_counted(credit_note).values_list("pk", "net_amount"))
    left = max(credited.net_amount - sum((net for _pk, net in before), NOUGHT), NOUGHT)
    if credit_note.net_amount <= left:
        return ()
    return (
        Found(
            Source.MATCH,
            Code.CREDIT_ABOVE_INVOICE.value,
            Severity.HOLD,
            agreed=f"£{left:,.2f}",
            asked=f"£{credit_note.net_amount:,.2f}",
            other_id=before[-1][0] if before else credited.pk,
        ),
    )


def match_credit_as_a_whole(
    credit_note: Invoice, billed: list[Billed]
) -> tuple[rules.Finding, ...]:
    """Compare what a credit note gives back in all with its lines, and with its invoice."""
    stated = replace(stated_of(credit_note), charged_before=NOUGHT)
    kept_back = _taken_off(credit_note, [line.net_amount for line in billed])
    credited, taken_off = credit_note.credits, NOUGHT
    if kept_back > 0 and credited is not None:
        lines = InvoiceLine.objects.of(credit_note.council_id).filter(invoice=credited)
        taken_off = _taken_off(credited, list(lines.values_list("net_amount", flat=True)))
    return match_credit_totals(stated, billed, kept_back=kept_back, taken_off=taken_off)


def _taken_off(invoice: Invoice, nets: list[Decimal]) -> Decimal:
    """Return what a document takes off its lines and charges (BT-107). Units: GBP, net."""
    taken: Decimal = sum(nets, NOUGHT) + invoice.charges_amount - invoice.net_amount
    return max(taken, NOUGHT)
