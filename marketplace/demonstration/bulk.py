"""A year of orders, written in bulk: for measuring, not for showing.

The rows say what the services would have left behind: requisitions and orders that tie together,
commitments that sum to what the budgets hold, an unbroken trail. What is left out says so: the
papers of these orders were never made, and their document is a note that tells it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from catalogue.models import Listing
from fixtures.councils import COUNCILS
from fixtures.history import LONDON
from fixtures.large_history import RANKS, LargeOrder, large_orders
from fixtures.suppliers import SUPPLIERS
from marketplace.core.dates import financial_year
from marketplace.core.tenancy import tenant
from marketplace.core.vat import VatCategory, rate_percent
from marketplace.demonstration.deliveries import deliver
from marketplace.demonstration.founding import Consortium
from marketplace.demonstration.papers import BoughtGood, BulkOrder, Coding, Papers, write
from marketplace.ledger.models import Account, Budget, CostCentre
from marketplace.ledger.services.budgets import BudgetFigure, set_budgets
from marketplace.ordering.models import Order

BATCH = 400
# A line comes to about this much at most, however dear the thing is. Units: GBP, net.
USUAL_MOST = Decimal(400)
ROOM_IN_A_BUDGET = Decimal("1.3")


@dataclass(slots=True)
class _Shelves:
    """The first goods of every supplier, by part number."""

    by_supplier: dict[str, list[Listing]] = field(default_factory=dict)

    def goods_of(self, plan: LargeOrder, on: date) -> tuple[BoughtGood, ...]:
        shelf = self.by_supplier[plan.supplier]
        places = dict.fromkeys(rank % len(shelf) for rank, _quantity in plan.lines)
        wanted = [quantity for _rank, quantity in plan.lines]
        return tuple(
            _good(shelf[place], quantity, on)
            for place, quantity in zip(places, wanted, strict=False)
        )


def _good(listing: Listing, quantity: Decimal, on: date) -> BoughtGood:
    most = max(Decimal(1), USUAL_MOST // listing.unit_price)
    return BoughtGood(
        listing,
        max(min(quantity, most), listing.minimum_quantity),
        rate_percent(VatCategory(listing.vat_category), on),
    )


def order_for_a_year(
    consortium: Consortium, count: int, today: date, on_batch: Callable[[int], None]
) -> int:
    """Write so many orders of the last year, oldest first; return how many there are.

    Each batch is a transaction of its own. What is there already is passed over, so that an
    interrupted run can be taken up again.
    """
    orders = _with_goods(consortium, count, today)
    by_council: dict[str, list[BulkOrder]] = defaultdict(list)
    for order in orders:
        by_council[order.plan.council].append(order)
    steps = sum(-(-len(rows) // BATCH) for rows in by_council.values())
    for slug, rows in by_council.items():
        council_id = consortium.id_of(slug)
        with tenant(council_id):
            there = Order.objects.of(council_id).count()
            if there == 0:
                _make_room(consortium, slug, rows)
            papers = Papers.of(consortium, slug)
            for batch in _batches(rows[there:]):
                with transaction.atomic():
                    deliveries = write(papers, batch)
                    _promise(council_id, papers, batch)
                    deliver(council_id, deliveries, today)
                on_batch(steps)
    return len(orders)


def _with_goods(consortium: Consortium, count: int, today: date) -> list[BulkOrder]:
    shelves = _Shelves()
    for seller in SUPPLIERS:
        supplier_id = consortium.id_of(seller.slug)
        with tenant(supplier_id):
            rows = Listing.objects.of(supplier_id).defer("search", "description", "keywords")
            shelves.by_supplier[seller.slug] = list(rows.order_by("part_number")[:RANKS])
    orders = []
    for plan in large_orders(count):
        at = _instant(plan, today)
        on = timezone.localdate(at)
        orders.append(BulkOrder(plan, at, financial_year(on), shelves.goods_of(plan, on)))
    return sorted(orders, key=lambda order: order.at)


def _instant(plan: LargeOrder, today: date) -> datetime:
    day = today - timedelta(days=plan.days_ago)
    day -= timedelta(days=max(0, day.weekday() - 4))
    return datetime.combine(day, time(9), LONDON) + timedelta(minutes=plan.minute)


def _batches(rows: Sequence[BulkOrder]) -> Iterable[list[BulkOrder]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


def _make_room(consortium: Consortium, slug: str, rows: Sequence[BulkOrder]) -> None:
    """Raise the budgets that the year's orders will need, to what they come to and some more."""
    needed: Counter[Coding] = Counter()
    for order in rows:
        needed[order.coding] += sum(good.net_amount for good in order.goods)  # type: ignore[assignment]
    buyer = next(each for each in COUNCILS if each.slug == slug)
    finance = consortium.actor(slug, buyer.with_role("finance")[0].email)
    centres = dict(CostCentre.objects.of(finance.organisation_id).values_list("code", "pk"))
    accounts = dict(Account.objects.of(finance.organisation_id).values_list("code", "pk"))
    there = {
        (row.cost_centre_id, row.account_id, row.financial_year): row.budget_amount
        for row in Budget.objects.of(finance.organisation_id)
    }
    figures: dict[int, list[BudgetFigure]] = defaultdict(list)
    for (centre, account, year), amount in needed.items():
        key = (centres[centre], accounts[account], year)
        room = there.get(key, Decimal(0)) + (amount * ROOM_IN_A_BUDGET).quantize(Decimal(1))
        figures[year].append(BudgetFigure(key[0], key[1], room, buyer.over_budget == "stop"))
    for year, wanted in sorted(figures.items()):
        set_budgets(
            finance=finance,
            financial_year=year,
            figures=wanted,
            at=rows[0].at,
        )


def _promise(council_id: UUID, papers: Papers, batch: Sequence[BulkOrder]) -> None:
    """Add to each budget what the batch's orders still hold of it."""
    held: Counter[Coding] = Counter()
    for order in batch:
        held[order.coding] += papers.still_held(order)  # type: ignore[assignment]
    budgets = Budget.objects.of(council_id).lock_all([papers.budget_ids[coding] for coding in held])
    amounts = {papers.budget_ids[coding]: amount for coding, amount in held.items()}
    for budget in budgets:
        budget.committed_amount += amounts[budget.pk]
    Budget.objects.bulk_update(budgets, ["committed_amount"])
