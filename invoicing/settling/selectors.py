"""Questions that stand before an approval: who took part, and what was billed before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from invoicing.judging.britain import REVERSE_CHARGE
from invoicing.matching.selectors import IS_ALLOWED, POSTED, allowed_differences
from invoicing.models import Allocation, Choice, Finding, Invoice, InvoiceTax
from invoicing.settling.rules import BilledShare, Stated
from invoicing.states import Closed, InvoiceStatus, Severity, Source
from marketplace.core.actors import Actor
from marketplace.ordering.models import OrderLine
from marketplace.organisations.selectors.people import who_work_for

# Who may be the one whose task a difference is; the service looks at which.
DECIDERS = ("finance", "buyer", "receiver")
# Who may read how far invoices may differ, and who may say so.
ALLOWED_READERS = ("buyer", "finance", "payments", "auditor", "administrator")
ALLOWED_KEEPERS = ("finance", "administrator")
# In which order what waits for approval is shown, and paged.
TO_APPROVE_KEYS = ("pay_by_on", "id")


@dataclass(frozen=True, slots=True)
class Involved:
    """Whoever had a hand in an invoice before it came to be approved.

    Shapes: `chosen_by` said which order or line it is for, whether or not that still counts;
    `allowed_by` set what the council allows, None where the invoice needs none of it.
    `is_let_differ` says that somebody let through that it differs from its order; `booked_by`
    wrote down that goods of the lines that it bills came.
    """

    ordered_by: UUID | None
    sent_in_by: UUID | None
    let_through_by: frozenset[UUID]
    chosen_by: frozenset[UUID] = frozenset()
    allowed_by: UUID | None = None
    is_let_differ: bool = False
    booked_by: frozenset[UUID] = frozenset()


def stated_by(invoice: Invoice) -> Stated:
    """Return what an invoice states, signed. Units: its currency."""
    sign = Decimal(-1 if invoice.is_credit_note else 1)
    return Stated(
        net_amount=sign * invoice.net_amount,
        vat_amount=sign * invoice.vat_amount,
        gross_amount=sign * invoice.gross_amount,
        payable_amount=sign * invoice.payable_amount,
    )


def involved_in(council_id: UUID, invoices: Sequence[Invoice]) -> dict[UUID, Involved]:
    """Return who had a hand in each invoice. Shapes: orders and arrivals are loaded with them."""
    keys = [each.pk for each in invoices]
    released: dict[UUID, set[UUID]] = {}
    allowed: set[UUID] = set()
    differ: set[UUID] = set()
    findings = Finding.objects.of(council_id).filter(invoice_id__in=keys)
    rows = findings.filter(IS_ALLOWED | Q(closed=Closed.RELEASED.value))
    for invoice_id, person, source in rows.values_list("invoice_id", "closed_by_id", "source"):
        if person is None:
            allowed.add(invoice_id)
            continue
        released.setdefault(invoice_id, set()).add(person)
        if source == Source.MATCH:
            differ.add(invoice_id)
    chosen: dict[UUID, set[UUID]] = {}
    choices = Choice.objects.of(council_id).filter(invoice_id__in=keys)
    for invoice_id, person in choices.values_list("invoice_id", "by_id"):
        chosen.setdefault(invoice_id, set()).add(person)
    setter = allowed_differences(council_id) if allowed else None
    booked: dict[UUID, set[UUID]] = {}
    counted = Allocation.objects.of(council_id).filter(
        invoice_id__in=keys, order_line__receipt_lines__quantity__gt=0
    )
    for invoice_id, person in counted.values_list(
        "invoice_id", "order_line__receipt_lines__receipt__by_id"
    ).distinct():
        booked.setdefault(invoice_id, set()).add(person)
    return {
        each.pk: Involved(
            ordered_by=each.order.contact_id if each.order else None,
            sent_in_by=each.arrival.sent_by_id,
            let_through_by=frozenset(released.get(each.pk, ())),
            chosen_by=frozenset(chosen.get(each.pk, ())),
            allowed_by=setter.set_by_id if setter and each.pk in allowed else None,
            is_let_differ=each.pk in differ,
            booked_by=frozenset(booked.get(each.pk, ())),
        )
        for each in invoices
    }


def suppliers_worked_for(person: Actor, supplier_ids: Collection[UUID | None]) -> set[UUID]:
    """Return those of some suppliers for which a person of the council works too."""
    asked = {each for each in supplier_ids if each is not None}
    if not who_work_for([person.user_id], asked):
        return set()
    return {each for each in asked if who_work_for([person.user_id], [each])}


def billed_shares(
    council_id: UUID, invoices: Sequence[Invoice], lines: Mapping[UUID, OrderLine]
) -> dict[UUID, list[BilledShare]]:
    """Return what each invoice bills of the order lines that are held, in the invoices' order.

    Shapes: each counts what the ones before it in the list bill as billed before.
    """
    keys = [each.pk for each in invoices]
    before: dict[UUID, Decimal] = dict.fromkeys(lines, Decimal(0))
    posted = (
        Allocation.objects.of(council_id)
        .filter(order_line_id__in=list(lines), invoice__status__in=POSTED)
        .exclude(invoice_id__in=keys)
        .values_list("order_line_id")
        .annotate(quantity=Sum("quantity"))
        .order_by("order_line_id")
    )
    before |= dict(posted)
    found: dict[UUID, list[BilledShare]] = {key: [] for key in keys}
    by_invoice = _sums(council_id, keys)
    for key in keys:
        for line_id, quantity, amount, reversed_amount in by_invoice.get(key, ()):
            line = lines[line_id]
            found[key].append(
                BilledShare(
                    order_line_id=line_id,
                    coding=(line.cost_centre_id, line.account_id),
                    ordered_quantity=line.quantity,
                    ordered_amount=line.net_amount,
                    before=before[line_id],
                    quantity=quantity,
                    amount=amount,
                    reversed_amount=reversed_amount,
                    vat_percent=line.vat_rate_percent,
                )
            )
            before[line_id] += quantity
    return found


def billed_lines(council_id: UUID, invoices: Sequence[Invoice]) -> list[UUID]:
    """Return the keys of the order lines that invoices bill."""
    rows = Allocation.objects.of(council_id).filter(invoice_id__in=[each.pk for each in invoices])
    return list(rows.values_list("order_line_id", flat=True).distinct().order_by("order_line_id"))


def _sums(
    council_id: UUID, keys: Collection[UUID]
) -> dict[UUID, list[tuple[UUID, Decimal, Decimal, Decimal]]]:
    """Return what invoices bill of each line after all that was undone, lines by their place.

    Shapes: line, quantity, amount, and how much of it is a reverse charge.
    """
    is_reversed = Q(invoice_line__vat_category=REVERSE_CHARGE)
    rows = (
        Allocation.objects.of(council_id)
        .filter(invoice_id__in=keys)
        .values_list("invoice_id", "order_line_id", "order_line__line_number")
        .annotate(reversed_amount=Coalesce(Sum("amount", filter=is_reversed), Decimal(0)))
        .annotate(quantity=Sum("quantity"), amount=Sum("amount"))
        .order_by("invoice_id", "order_line__line_number", "order_line_id")
    )
    found: dict[UUID, list[tuple[UUID, Decimal, Decimal, Decimal]]] = {}
    for invoice_id, line_id, _place, reversed_amount, quantity, amount in rows:
        if quantity or amount:
            shares = found.setdefault(invoice_id, [])
            shares.append((line_id, quantity, amount, reversed_amount))
    return found


def invoice_to_decide(decider: Actor, invoice_id: UUID) -> Invoice:
    """Return an invoice of the council's with what its decision is about.

    Raises: Missing.
    """
    rows = Invoice.objects.of(decider.organisation_id).filter(council_id=decider.organisation_id)
    return rows.select_related("supplier", "order", "arrival").one(invoice_id)


def finding_to_decide(invoice: Invoice, finding_id: UUID) -> Finding:
    """Return one of the things that were found in an invoice.

    Raises: Missing.
    """
    rows = Finding.objects.of(invoice.council_id).filter(invoice=invoice)
    return rows.select_related("other").one(finding_id)


def is_reverse_charged(invoice: Invoice) -> bool:
    """Tell whether an invoice leaves VAT to the council to account for."""
    rows = InvoiceTax.objects.of(invoice.council_id).filter(invoice=invoice)
    return rows.filter(category=REVERSE_CHARGE).exclude(taxable_amount=0).exists()


def uncoded_of(invoice: Invoice) -> Decimal:
    """Return what an invoice asks that no line of an order says who pays. Units: GBP, net."""
    billed = Allocation.objects.of(invoice.council_id).filter(invoice=invoice)
    sum_of = billed.aggregate(amount=Sum("amount"))["amount"] or Decimal(0)
    uncoded: Decimal = stated_by(invoice).net_amount - sum_of
    return uncoded


def invoices_to_approve(approver: Actor) -> QuerySet[Invoice]:
    """Return what agrees and waits for approval, the first to be paid first (TO_APPROVE_KEYS).

    Shapes: `differs` tells whether something differs by no more than the council allows.
    """
    rows = Invoice.objects.of(approver.organisation_id).filter(
        council_id=approver.organisation_id, status=InvoiceStatus.MATCHED.value
    )
    differs = Finding.objects.of(approver.organisation_id).filter(
        IS_ALLOWED, invoice=OuterRef("pk")
    )
    return (
        rows.annotate(differs=Exists(differs))
        .select_related("supplier", "order")
        .order_by(*TO_APPROVE_KEYS)
    )


def invoices_held_for(reader: Actor) -> QuerySet[Invoice]:
    """Return what is held and waits for this person, the first to be paid first (TO_APPROVE_KEYS).

    Shapes: everything that is held for finance; for others what has a finding of their role.
    """
    rows = Invoice.objects.of(reader.organisation_id).filter(
        council_id=reader.organisation_id, status=InvoiceStatus.HELD.value
    )
    if not reader.holds("finance"):
        theirs = Finding.objects.of(reader.organisation_id).filter(
            council_id=reader.organisation_id,
            owner__in=reader.roles,
            severity=Severity.HOLD,
            closed="",
        )
        rows = rows.filter(pk__in=theirs.values("invoice_id"))
    return rows.select_related("supplier", "order").order_by(*TO_APPROVE_KEYS)


def differences_allowed(invoice: Invoice) -> QuerySet[Finding]:
    """Return in what an invoice differs by no more than the council allows."""
    rows = Finding.objects.of(invoice.council_id).filter(IS_ALLOWED, invoice=invoice)
    return rows.order_by("place", "id")


def decisions_open(decider: Actor, invoice: Invoice) -> list[str]:
    """Return the verbs that an invoice leaves open to this person, as far as their role tells."""
    if not decider.holds("finance"):
        return []
    return [verb for verb in ("approve", "send_back") if verb in invoice.verbs()]


def may_release(releaser: Actor, invoice: Invoice, finding: Finding) -> bool:
    """Tell whether this person may let something through that holds an invoice."""
    is_own = invoice.order is not None and invoice.order.contact_id == releaser.user_id
    return (
        invoice.status == InvoiceStatus.HELD
        and finding.severity == Severity.HOLD
        and not finding.closed
        and not is_own
        and releaser.holds("finance", finding.owner)
    )
