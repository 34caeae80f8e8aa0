"""A council ready to buy, and requisitions and orders at each of their stages, for tests.

Everything is brought to its stage by the services themselves, so a stage that the services cannot
reach is not reached here either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from catalogue.models import Listing
from marketplace.core.actors import Actor
from marketplace.core.tenancy import stewardship, tenant
from marketplace.jobs.models import Job, JobStatus
from marketplace.jobs.services import run_due_jobs
from marketplace.ledger.models import Budget
from marketplace.ordering.models import Order, Requisition
from marketplace.ordering.orders.services.answers import LineAnswer, answer_order
from marketplace.ordering.requisitions.services.baskets import add_to_basket
from marketplace.ordering.requisitions.services.decisions import approve_requisition
from marketplace.ordering.requisitions.services.held_baskets import Details
from marketplace.ordering.requisitions.services.submissions import submit_requisition
from marketplace.ordering.states import Answer
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.selectors.people import actor_of
from tests.factories import approvals, catalogue, ledger, organisations

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Europe/London"))
DETAILS = Details("Chairs for the library", "The old ones are worn.", "1 High Street, Ambridge")


@dataclass(frozen=True)
class Market:
    """A council with one of everything that buying needs."""

    council: Organisation
    supplier: Organisation
    requester: Actor
    buyer: Actor
    approver: Actor
    seller: Actor
    approver_membership: Membership
    budget: Budget
    listing: Listing
    listings: list[Listing] = field(default_factory=list)

    def acting(self):
        """Act for the council within a block."""
        return tenant(self.council.pk)

    def selling(self):
        """Act for the supplier within a block."""
        return tenant(self.supplier.pk)


def do_jobs(at: datetime = NOON) -> int:
    """Do every job that is owed as if it were `at`, whatever the machine's clock says."""
    done = 0
    while True:
        with stewardship():
            Job.objects.filter(status=JobStatus.OWED).update(due_at=at)
        ran = run_due_jobs(at=at)
        done += ran
        if not ran:
            return done


def market(
    *, budget_amount: Decimal | str | int = "10000.00", is_hard_stop: bool = True, listings: int = 1
) -> Market:
    """Keep a council, a supplier it trades with, people, money and something to buy."""
    council = organisations.council(
        name="Ambridge Council", email="council@example.com", address="Town Hall, Ambridge"
    )
    supplier = organisations.supplier(
        name="Chairs Ltd", email="orders@example.com", vat_number="GB999000145",
        address="2 Mill Lane, Borchester", postcode="ZZ1 1ZZ",
    )  # fmt: skip
    organisations.link(council, supplier)
    approver = organisations.person(council, "approver", limit=50_000, name="Ada Approver")
    centre = ledger.cost_centre(council, holder=approver)
    budget = ledger.budget(
        council, amount=budget_amount, cost_centre=centre, is_hard_stop=is_hard_stop
    )
    approvals.policy(council)
    offered = [catalogue.listing(supplier, unit_price="79.50") for _ in range(listings)]
    return Market(
        council=council,
        supplier=supplier,
        requester=organisations.actor(council, "requester", name="Rae Requester"),
        buyer=organisations.actor(council, "buyer", name="Bo Buyer"),
        approver=actor_of(approver),
        seller=organisations.actor(supplier, name="Sal Seller"),
        approver_membership=approver,
        budget=budget,
        listing=offered[0],
        listings=offered,
    )


def basket(
    market: Market,
    *,
    quantity: Decimal | int = 2,
    listings: Sequence[Listing] | None = None,
    requester: Actor | None = None,
    at: datetime = NOON,
) -> Requisition:
    """Fill and code a basket."""
    who = requester or market.requester
    with market.acting():
        for listing in listings or market.listings:
            line = add_to_basket(
                requester=who,
                listing_id=listing.pk,
                quantity=Decimal(quantity),
                cost_centre_id=market.budget.cost_centre_id,
                account_id=market.budget.account_id,
                at=at,
            )
        return line.requisition


def submitted(market: Market, **options: object) -> Requisition:
    """Fill a basket and submit it."""
    filled = basket(market, **options)
    who = options.get("requester") or market.requester
    with market.acting():
        return submit_requisition(requisition_id=filled.pk, requester=who, at=NOON, details=DETAILS)


def approved(market: Market, **options: object) -> Requisition:
    """Submit a requisition and approve it; its orders are owed and not yet raised."""
    waiting = submitted(market, **options)
    with market.acting():
        return approve_requisition(
            requisition_id=waiting.pk,
            approver=market.approver,
            content_hash=waiting.content_hash,
            at=NOON,
        )


def sent(market: Market, **options: object) -> Order:
    """Approve a requisition and do the jobs that it owes: its first order, sent."""
    requisition = approved(market, **options)
    do_jobs()
    with market.acting():
        return Order.objects.filter(requisition=requisition).order_by("number")[0]


def answered(market: Market, answer: Answer = Answer.ACCEPTED, **options: object) -> Order:
    """Send an order and let its supplier give every line the same answer."""
    order = sent(market, **options)
    with market.selling():
        return answer_order(
            order_id=order.pk,
            supplier=market.seller,
            answers=answers_to(order, answer),
            at=NOON,
        )


def answers_to(order: Order, answer: Answer) -> list[LineAnswer]:
    """Return the same answer to every line of an order."""
    day = NOON.date().replace(day=30) if answer is Answer.LATER else None
    reason = "We no longer make it." if answer is Answer.REFUSED else ""
    return [LineAnswer(line.pk, answer, day, reason) for line in order.lines.all()]
