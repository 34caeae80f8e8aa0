"""The rows of orders that are written in bulk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from catalogue.models import Listing
from fixtures.large_history import LargeOrder
from fixtures.suppliers import SUPPLIERS, supplier
from marketplace.core.actors import Actor
from marketplace.core.ids import uuid7
from marketplace.demonstration.deliveries import Delivery
from marketplace.demonstration.founding import Consortium
from marketplace.demonstration.writing import Happening, append, copy_in, take_numbers
from marketplace.documents.models import Document
from marketplace.documents.services import store_document
from marketplace.ledger.models import Account, Budget, CommitmentEntry, CostCentre
from marketplace.ledger.states import EntryKind, Stage
from marketplace.ordering.bought import rules
from marketplace.ordering.models import (
    DeliveryPoint,
    Order,
    OrderLine,
    Requisition,
    RequisitionLine,
)
from marketplace.ordering.requisitions.selectors.requisitions import content_of
from marketplace.ordering.states import Answer, OrderStatus, RequisitionStatus

NOTE = "This order was made in bulk, for measuring. Its papers were never made.\n"
WHY_REFUSED = "Out of stock."
WHY_CANCELLED = "Ordered twice."
APPROVED_AFTER = timedelta(hours=2)
SENT_AFTER = timedelta(hours=2, minutes=1)
ANSWERED_AFTER = timedelta(hours=26)
Coding = tuple[str, str, int]
ANSWERED = (OrderStatus.ACKNOWLEDGED, OrderStatus.PARTLY_REFUSED, OrderStatus.REFUSED)


@dataclass(frozen=True, slots=True)
class BoughtGood:
    """A line to be written: a listing as it is, and how much of it."""

    listing: Listing
    quantity: Decimal
    vat_rate_percent: Decimal

    @property
    def net_amount(self) -> Decimal:
        """What it comes to. Units: GBP net."""
        return rules.line_net(self.listing.unit_price, self.quantity, self.listing.unit)


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """An order of the plan with the goods that its ranks stand for."""

    plan: LargeOrder
    at: datetime
    year: int
    goods: tuple[BoughtGood, ...]

    @property
    def coding(self) -> Coding:
        """What pays for it: cost centre, account, financial year."""
        return self.plan.cost_centre, self.plan.account, self.year


@dataclass(frozen=True, slots=True)
class Papers:
    """What the orders of one council are made out with."""

    slug: str
    council_id: UUID
    prefix: str
    consortium: Consortium
    centre_ids: dict[str, UUID]
    account_ids: dict[str, UUID]
    budget_ids: dict[tuple[str, str, int], UUID]
    deliver_to: str
    notes: dict[str, Document]

    @classmethod
    def of(cls, consortium: Consortium, slug: str) -> Papers:
        """Gather them; the acting tenant is the council."""
        council = consortium.organisations[slug]
        door = DeliveryPoint.objects.of(council.pk).order_by("code").first()
        budgets = Budget.objects.of(council.pk).select_related("cost_centre", "account")
        return cls(
            slug=slug,
            council_id=council.pk,
            prefix=council.order_prefix,
            consortium=consortium,
            centre_ids=dict(CostCentre.objects.of(council.pk).values_list("code", "pk")),
            account_ids=dict(Account.objects.of(council.pk).values_list("code", "pk")),
            budget_ids={
                (row.cost_centre.code, row.account.code, row.financial_year): row.pk
                for row in budgets
            },
            deliver_to=f"{door.name}\n{door.address}" if door else council.address,
            notes=_notes(consortium, council.pk, slug),
        )

    def refused(self, order: BulkOrder) -> set[int]:
        """Return the places of the lines that the supplier refuses."""
        places = range(len(order.goods))
        if order.plan.status == OrderStatus.REFUSED:
            return set(places)
        # Of an order with a single line nothing can be refused in part.
        is_part = order.plan.status == OrderStatus.PARTLY_REFUSED and len(order.goods) > 1
        return set(places[-1:]) if is_part else set()

    def ending(self, order: BulkOrder) -> OrderStatus:
        """Return how the order ends."""
        if order.plan.status == OrderStatus.PARTLY_REFUSED and len(order.goods) == 1:
            return OrderStatus.ACKNOWLEDGED
        return OrderStatus(order.plan.status)

    def is_given_back(self, order: BulkOrder, place: int) -> bool:
        """Tell whether a line's money went back to the budget."""
        return self.ending(order) is OrderStatus.CANCELLED or place in self.refused(order)

    def still_held(self, order: BulkOrder) -> Decimal:
        """Return what the order holds of its budget. Units: GBP net."""
        return sum(
            (
                good.net_amount
                for place, good in enumerate(order.goods)
                if not self.is_given_back(order, place)
            ),
            Decimal("0.00"),
        )


def _notes(consortium: Consortium, council_id: UUID, slug: str) -> dict[str, Document]:
    return {
        seller.slug: store_document(
            organisation_id=council_id,
            counterparty_id=consortium.id_of(seller.slug),
            name="made-in-bulk.txt",
            media_type="text/plain",
            content=NOTE.encode(),
            at=next(iter(consortium.organisations.values())).created_at,
        )
        for seller in SUPPLIERS
        if slug in seller.councils
    }


@dataclass(frozen=True, slots=True)
class _Written:
    """The rows of one order."""

    plan: BulkOrder
    requisition: Requisition
    lines: list[RequisitionLine]
    order: Order
    order_lines: list[OrderLine]


def write(papers: Papers, batch: Sequence[BulkOrder]) -> list[Delivery]:
    """Write a batch of orders with all that belongs to them; return those that may come."""
    asked, ordered = _numbers(papers, batch, "requisition"), _numbers(papers, batch, "order")
    made = [_make(papers, order, next(asked), next(ordered)) for order in batch]
    copy_in([each.requisition for each in made])
    copy_in([line for each in made for line in each.lines])
    copy_in([each.order for each in made])
    copy_in([line for each in made for line in each.order_lines])
    copy_in([entry for each in made for entry in _entries(papers, each)])
    append([event for each in made for event in _trail(papers, each)])
    return [
        Delivery(
            each.order,
            each.order_lines,
            papers.consortium.actor(papers.slug, each.plan.plan.requester),
        )
        for each in made
    ]


def _numbers(papers: Papers, batch: Sequence[BulkOrder], kind: str) -> Iterator[int]:
    """Yield a number for each order of a batch, counted by financial year."""
    wanted = Counter(order.year for order in batch)
    taken = {
        year: iter(take_numbers(papers.council_id, kind, year, count))
        for year, count in wanted.items()
    }
    return iter([next(taken[order.year]) for order in batch])


def _make(papers: Papers, plan: BulkOrder, number: int, order_number: int) -> _Written:
    requester = papers.consortium.actor(papers.slug, plan.plan.requester)
    approver = papers.consortium.actor(papers.slug, plan.plan.approver)
    requisition = Requisition(
        pk=uuid7(),
        council_id=papers.council_id,
        number=rules.order_number("REQ", plan.year, number),
        title=f"{supplier(plan.plan.supplier).trade} for {plan.plan.cost_centre}",
        deliver_to=papers.deliver_to,
        status=RequisitionStatus.ORDERED,
        raised_by_id=requester.user_id,
        raised_by_membership_id=requester.membership_id,
        raised_by_name=requester.name,
        raised_by_email=requester.email,
        created_at=plan.at,
        submitted_at=plan.at,
        approved_by_id=approver.user_id,
        approved_by_name=approver.name,
        approved_at=plan.at + APPROVED_AFTER,
    )
    lines = [
        RequisitionLine(pk=uuid7(), requisition=requisition, **_line_facts(papers, plan, place))
        for place in range(len(plan.goods))
    ]
    sums = rules.totals(lines)
    requisition.net_amount, requisition.vat_amount = sums.net_amount, sums.vat_amount
    requisition.content_hash = content_of(requisition, lines)
    order = _make_order(papers, plan, requisition, order_number)
    refused = papers.refused(plan)
    order_lines = [
        OrderLine(
            pk=uuid7(),
            order=order,
            requisition_line=line,
            **_line_facts(papers, plan, place),
            **_answer_facts(order, line.quantity, is_refused=place in refused),
        )
        for place, line in enumerate(lines)
    ]
    return _Written(plan, requisition, lines, order, order_lines)


def _make_order(papers: Papers, plan: BulkOrder, requisition: Requisition, number: int) -> Order:
    status = papers.ending(plan)
    note = papers.notes[plan.plan.supplier]
    seller = supplier(plan.plan.supplier)
    facts: dict[str, Any] = {}
    if status in ANSWERED:
        facts = {
            "answered_at": plan.at + ANSWERED_AFTER,
            "settled_at": plan.at + ANSWERED_AFTER,
            "answered_by_name": seller.contact.name,
        }
    if status is OrderStatus.CANCELLED:
        facts = {
            "cancelled_at": plan.at + ANSWERED_AFTER,
            "cancelled_by_id": requisition.raised_by_id,
            "cancelled_by_name": requisition.raised_by_name,
            "cancellation_reason": WHY_CANCELLED,
        }
    return Order(
        pk=uuid7(),
        council_id=papers.council_id,
        supplier_id=papers.consortium.id_of(seller.slug),
        requisition=requisition,
        number=rules.order_number(papers.prefix, plan.year, number),
        financial_year=plan.year,
        status=status,
        deliver_to=requisition.deliver_to,
        contact_id=requisition.raised_by_id,
        contact_name=requisition.raised_by_name,
        contact_email=requisition.raised_by_email,
        net_amount=requisition.net_amount,
        vat_amount=requisition.vat_amount,
        raised_at=plan.at + APPROVED_AFTER,
        sent_at=plan.at + SENT_AFTER,
        pdf=note,
        ubl=note,
        **facts,
    )


def _line_facts(papers: Papers, plan: BulkOrder, place: int) -> dict[str, Any]:
    good = plan.goods[place]
    listing = good.listing
    return {
        "council_id": papers.council_id,
        "line_number": place + 1,
        "listing_id": listing.pk,
        "listing_version": listing.version,
        "supplier_id": listing.supplier_id,
        "part_number": listing.part_number,
        "name": listing.name,
        "category": listing.category_id,
        "unit": listing.unit,
        "pack_size": listing.pack_size,
        "quantity": good.quantity,
        "unit_price": listing.unit_price,
        "vat_category": listing.vat_category,
        "vat_rate_percent": good.vat_rate_percent,
        "net_amount": good.net_amount,
        "cost_centre_id": papers.centre_ids[plan.plan.cost_centre],
        "account_id": papers.account_ids[plan.plan.account],
    }


def _answer_facts(order: Order, quantity: Decimal, *, is_refused: bool) -> dict[str, Any]:
    if order.cancelled_at is not None:
        return {"cancelled_quantity": quantity}
    if order.answered_at is None:
        return {}
    if is_refused:
        return {"answer": Answer.REFUSED, "refusal_reason": WHY_REFUSED}
    return {"answer": Answer.ACCEPTED}


def _entries(papers: Papers, each: _Written) -> Iterator[CommitmentEntry]:
    """Yield what the money did: promised, moved into the order, and given back where it was."""
    asked = {"document_type": "requisition", "document_id": each.requisition.pk}
    ordered = {"document_type": "order", "document_id": each.order.pk}
    approved_at = each.plan.at + APPROVED_AFTER
    for place, (line, order_line) in enumerate(zip(each.lines, each.order_lines, strict=True)):
        facts = {
            "council_id": papers.council_id,
            "budget_id": papers.budget_ids[each.plan.coding],
            "at": approved_at,
        }
        net = line.net_amount
        first = {**facts, **asked, "line_id": line.pk, "stage": Stage.REQUISITION}
        then = {**facts, **ordered, "line_id": order_line.pk, "stage": Stage.ORDER}
        yield CommitmentEntry(kind=EntryKind.COMMIT, amount=net, **first)
        yield CommitmentEntry(kind=EntryKind.MOVE_OUT, amount=-net, **first)
        yield CommitmentEntry(kind=EntryKind.MOVE_IN, amount=net, **then)
        if papers.is_given_back(each.plan, place):
            then["at"] = each.plan.at + ANSWERED_AFTER
            yield CommitmentEntry(
                kind=EntryKind.RELEASE, amount=-net, reason="order.refused", **then
            )


def _trail(papers: Papers, each: _Written) -> Iterator[Happening]:
    """Yield what happened, as the services would have written it down."""
    actor = papers.consortium.actor
    requester = actor(papers.slug, each.plan.plan.requester)
    approver = actor(papers.slug, each.plan.plan.approver)
    seller = actor(each.plan.plan.supplier, supplier(each.plan.plan.supplier).contact.email)
    at, requisition, order = each.plan.at, each.requisition, each.order
    events: list[tuple[str, Requisition | Order, Actor | None, datetime, str]] = [
        ("requisition.submitted", requisition, requester, at, "SUBMITTED"),
        ("requisition.approved", requisition, approver, at + APPROVED_AFTER, "APPROVED"),
        ("requisition.ordered", requisition, None, at + APPROVED_AFTER, "ORDERED"),
        ("order.sent", order, None, at + SENT_AFTER, "SENT"),
    ]
    if order.answered_at:
        events.append(("order.answered", order, seller, order.answered_at, order.status))
    if order.cancelled_at:
        events.append(("order.cancelled", order, requester, order.cancelled_at, order.status))
    for verb, subject, who, when, status in events:
        yield Happening(
            verb=verb,
            subject=subject,
            actor=who,
            at=when,
            organisation_id=papers.council_id,
            counterparty_id=order.supplier_id if subject is order else None,
            after={"status": str(status), "net_amount": order.net_amount},
        )
