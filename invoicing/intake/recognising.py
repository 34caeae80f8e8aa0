"""Whose an invoice is: its supplier, its order, the invoice that a credit note belongs to.

Only what cannot be mistaken is recognised; the rest is held for a person. Asks and never writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Replace

from invoicing.formats.model import Invoice as Said
from invoicing.formats.model import Party
from invoicing.intake.rules import is_same_vat_number, order_numbers, same_name, vat_numbers
from invoicing.judging.britain import NO_ORDERS
from invoicing.matching.duplicates import number_key
from invoicing.matching.found import Code, Found, at_intake
from invoicing.models import Arrival, Invoice
from invoicing.states import InvoiceKind, InvoiceStatus
from marketplace.ordering.models import Order
from marketplace.organisations.models import Kind, Organisation, SupplierLink

_GONE = [InvoiceStatus.REPEAT.value, InvoiceStatus.SENT_BACK.value]


@dataclass(slots=True)
class Recognised:
    """Whose an invoice was recognised to be, and what stood in the way."""

    supplier_id: UUID | None = None
    order: Order | None = None
    credits: Invoice | None = None
    found: list[Found] = field(default_factory=list)


def recognised(arrival: Arrival, said: Said) -> Recognised:
    """Return whose an invoice is, and what a person has to look at."""
    council = Organisation.objects.get(pk=arrival.council_id)
    whose = Recognised()
    _recognise_supplier(whose, arrival, said.seller)
    _recognise_buyer(whose, council, said.buyer)
    if said.is_credit_note:
        _recognise_credited(whose, council.pk, said)
    _recognise_order(whose, council, said.order.strip())
    return whose


def _recognise_supplier(whose: Recognised, arrival: Arrival, seller: Party) -> None:
    if arrival.supplier_id is not None:
        whose.supplier_id = arrival.supplier_id
        sender = Organisation.objects.get(pk=arrival.supplier_id)
        if _is_somebody_else(sender, seller):
            asked = f"{seller.name}, {seller.vat_number}"
            whose.found.append(at_intake(Code.OTHER_SELLER, agreed=sender.name, asked=asked))
        return
    found = suppliers_named(arrival.council_id, seller)
    if len(found) == 1:
        whose.supplier_id = found[0].pk
    else:
        whose.found.append(at_intake(Code.UNKNOWN_SUPPLIER, asked=seller.name))


def suppliers_named(council_id: UUID, seller: Party) -> Sequence[Organisation]:
    """Return the council's suppliers that a seller says it is: one, none, or too many to know."""
    return _named(_suppliers_like(council_id, seller), seller)


def _is_somebody_else(sender: Organisation, seller: Party) -> bool:
    known, said = vat_numbers(sender.vat_number), vat_numbers(seller.vat_number)
    return bool(known and said) and known != said


def _company_number(seller: Party) -> str:
    return seller.legal_identifier.value.strip().upper().zfill(8)


def _suppliers_like(council_id: UUID, seller: Party) -> Sequence[Organisation]:
    """Return the council's suppliers that share a number or the whole name with a seller."""
    links = SupplierLink.objects.of(council_id).values("supplier_id")
    alike = Q(vat_number__in=vat_numbers(seller.vat_number))
    if seller.legal_identifier.value.strip():
        alike |= Q(company_number=_company_number(seller))
    for name in {seller.legal_name.strip(), seller.trading_name.strip()} - {""}:
        alike |= Q(name__iexact=name)
    return list(Organisation.objects.filter(alike, kind=Kind.SUPPLIER, pk__in=links).order_by("pk"))


def _named(alike: Sequence[Organisation], seller: Party) -> Sequence[Organisation]:
    """Return those that the strongest of what a seller says of itself names.

    Why: the members of a VAT group share a number, so that there its company and name decide.
    """
    number, names = _company_number(seller), [seller.legal_name, seller.trading_name]
    chosen = alike
    for answers in (
        lambda each: is_same_vat_number(each.vat_number, seller.vat_number),
        lambda each: each.company_number == number,
        lambda each: same_name(each.name, names),
    ):
        narrower = [each for each in chosen if answers(each)]
        if len(narrower) == 1:
            return narrower
        chosen = narrower or chosen
    return chosen


def same_firm(supplier_id: UUID | None) -> list[UUID]:
    """Return a supplier and those that have its VAT number too, in the order of their keys.

    Why: a firm that is set up twice can send one invoice by each of its names.
    """
    if supplier_id is None:
        return []
    firms = Organisation.objects.filter(kind=Kind.SUPPLIER).annotate(
        bare_number=Replace("vat_number", Value("GB"), Value(""))
    )
    number = firms.filter(pk=supplier_id).exclude(bare_number="").values("bare_number")
    theirs = firms.filter(Q(pk=supplier_id) | Q(bare_number__in=number))
    return list(theirs.order_by("pk").values_list("pk", flat=True))


def _recognise_buyer(whose: Recognised, council: Organisation, buyer: Party) -> None:
    """Hold what is plainly made out to another council of the marketplace."""
    own = [council.name, council.name_welsh]
    names = [name for name in (buyer.legal_name, buyer.trading_name) if name.strip()]
    if any(same_name(name, own) for name in names):
        return
    if is_same_vat_number(council.vat_number, buyer.vat_number):
        return
    other = councils_named(buyer).exclude(pk=council.pk).first()
    if other is not None:
        whose.found.append(at_intake(Code.OTHER_COUNCIL, asked=other.name))


def councils_named(buyer: Party) -> QuerySet[Organisation]:
    """Return the councils whose number or whole name a buyer has, one at most unless they share."""
    alike = Q(vat_number__in=vat_numbers(buyer.vat_number))
    for name in {buyer.legal_name.strip(), buyer.trading_name.strip()} - {""}:
        alike |= Q(name__iexact=name) | Q(name_welsh__iexact=name)
    return Organisation.objects.filter(alike, kind=Kind.COUNCIL).order_by("pk")


def _recognise_order(whose: Recognised, council: Organisation, said: str) -> None:
    if said.upper() in NO_ORDERS:  # the judges say so
        if whose.credits is not None:
            whose.order = whose.credits.order
        return
    rows = Order.objects.of(council.pk).filter(council=council, sent_at__isnull=False)
    numbers = order_numbers(said, council.order_prefix)
    found = {each.number: each for each in rows.filter(number__in=numbers)}
    order = next((found[number] for number in numbers if number in found), None)
    if order is None:
        whose.found.append(at_intake(Code.UNKNOWN_ORDER, asked=said))
    elif whose.supplier_id is None:
        return
    elif order.supplier_id != whose.supplier_id:
        whose.found.append(at_intake(Code.OTHER_SUPPLIER, asked=order.number))
    else:
        whose.order = order


def _recognise_credited(whose: Recognised, council_id: UUID, said: Said) -> None:
    """Find the invoice that a credit note gives money back for, if it is one and no more."""
    named = said.preceding[0] if said.preceding else None
    number = named.number.strip() if named else ""
    found: list[Invoice] = []
    if named and number and whose.supplier_id is not None:
        rows = (
            Invoice.objects.of(council_id)
            .filter(
                supplier_id=whose.supplier_id,
                kind=InvoiceKind.INVOICE.value,
                number_key=number_key(number)[:200],
            )
            .exclude(status__in=_GONE)
            .select_related("order")
        )
        found = list(rows.order_by("id"))
        of_the_day = [each for each in found if each.issued_on == named.issued_on]
        found = of_the_day or found
    if len(found) == 1:
        whose.credits = found[0]
    else:
        whose.found.append(at_intake(Code.UNKNOWN_CREDITED, asked=number or "?"))
