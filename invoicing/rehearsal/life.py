"""How much it takes to bring one order from its requisition to its payment.

Each life goes through the services that people and programs call, with everything on: the walls
between tenants, approval, budget, papers, both layers of judges, the match, the books, the trail.
The letters that follow, and how the queue keeps its jobs, are measured beside it.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import Any, Final
from uuid import UUID

from django.db import connection

from catalogue.imports.services.price_lists import import_catalogue
from catalogue.models import Listing
from invoicing.intake.services.reading import read_arrival
from invoicing.matching.services import rematch_order
from invoicing.models import Invoice
from invoicing.rehearsal import deeds
from invoicing.rehearsal.founding import COST_CENTRE, DOOR, SPENT_ON, House, found, set_budget
from invoicing.states import InvoiceStatus
from marketplace.core.tenancy import tenant
from marketplace.jobs.services import due_jobs, run_job
from marketplace.ordering.models import Requisition
from marketplace.ordering.orders.services.answers import settle_answer
from marketplace.ordering.orders.services.orders import raise_orders
from marketplace.ordering.orders.services.sending import send_order
from marketplace.ordering.requisitions.services.held_baskets import Details
from marketplace.ordering.requisitions.services.requisitions import WantedLine, create_requisition
from marketplace.ordering.requisitions.services.submissions import submit_requisition

COUNCIL: Final = "Benchford Council (invented)"
SUPPLIER: Final = "Benchford Supplies (invented)"
HEADINGS: Final = ("part_number", "name", "category", "unit", "price", "vat")
RATES: Final = ("standard", "standard", "reduced", "zero")
MOST_LINES: Final = 500
WARMING_UP: Final = 2
BUDGET: Final = Decimal("900000000000.00")
# A tenth of the lives, at the beginning and at the end, shows whether it grows with what there is.
TENTH: Final = 10
_QUANTITY: Final = Decimal(4)


class NotPaid(RuntimeError):
    """A life did not end as it must, so that its time would say nothing."""


@dataclass(slots=True)
class Cost:
    """What something took.

    Shapes: `aside_cpu` is what other threads of ours took meanwhile, which ring the queue's bell;
    `database_cpu` is None where the server's process is not seen.
    Units: seconds.
    """

    seconds: float = 0.0
    own_cpu: float = 0.0
    aside_cpu: float = 0.0
    database_cpu: float | None = 0.0
    statements: int = 0

    def add(self, other: Cost) -> None:
        """Take another one's in."""
        self.seconds += other.seconds
        self.own_cpu += other.own_cpu
        self.aside_cpu += other.aside_cpu
        self.statements += other.statements
        if self.database_cpu is not None and other.database_cpu is not None:
            self.database_cpu += other.database_cpu
        else:
            self.database_cpu = None

    @property
    def cpu(self) -> float:
        """Return what both processes took of the processor, as far as it is seen."""
        return self.own_cpu + (self.database_cpu or 0.0)


@dataclass(slots=True)
class Lives:
    """What each of many lives took, in their order."""

    lines: int
    lives: list[Life] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return it for programs, per document."""
        costs = [each.life for each in self.lives]
        tenth = max(len(costs) // TENTH, 1)
        whole = _sum(costs)
        seen = whole.database_cpu is not None
        return {
            "documents": len(costs),
            "lines": self.lines,
            **_figures(costs),
            "cpu_ms_of_python": _ms(whole.own_cpu, len(costs)),
            "cpu_ms_of_database": _ms(whole.database_cpu or 0, len(costs)) if seen else None,
            "most_statements": max(each.statements for each in costs),
            "first_tenth": _figures(costs[:tenth]),
            "last_tenth": _figures(costs[-tenth:]),
            "with_queue_and_letters": _figures([each.whole for each in self.lives]),
        }


def _figures(costs: list[Cost]) -> dict[str, Any]:
    whole, count = _sum(costs), len(costs)
    return {
        "documents_per_second": round(count / whole.seconds, 3),
        "cpu_ms_per_document": _ms(whole.cpu, count),
        "statements_per_document": round(whole.statements / count, 2),
    }


def _ms(seconds: float, count: int) -> float:
    return round(seconds * 1000 / count, 2)


def _sum(costs: list[Cost]) -> Cost:
    whole = Cost()
    for each in costs:
        whole.add(each)
    return whole


class Meter:
    """Measures what happens within its blocks."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.cost = Cost()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add what a block takes to the cost."""
        database = _database_seconds()
        seconds, own, all_ours = perf_counter(), thread_time(), process_time()
        with connection.execute_wrapper(self._count):
            yield
        taken = Cost(perf_counter() - seconds, thread_time() - own)
        taken.aside_cpu = process_time() - all_ours - taken.own_cpu
        now = _database_seconds()
        taken.database_cpu = None if now is None or database is None else now - database
        self.cost.add(taken)

    def _count(
        self, execute: Callable[..., object], sql: str, params: object, *more: object
    ) -> object:
        self.cost.statements += 1
        return execute(sql, params, *more)


def _database_seconds() -> float | None:
    """Return what our server process took so far, None where it is on another machine."""
    raw = connection.connection
    if raw is None:
        return None
    try:
        parts = Path(f"/proc/{raw.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Life:
    """What a life took, and what its queue and its letters took besides."""

    life: Cost
    after: Cost

    @property
    def whole(self) -> Cost:
        """Return both, with what rang the bell."""
        both = _sum([self.life, self.after])
        both.own_cpu, both.aside_cpu = both.own_cpu + both.aside_cpu, 0.0
        return both


@dataclass(slots=True)
class Bench:
    """A council, a supplier with goods, and how many lives it has seen."""

    house: House
    listings: list[Listing]
    number: int = 0

    def live(self) -> Life:
        """Bring one order from its requisition to its payment; return what that took.

        Raises: NotPaid when it does not end so.
        """
        self.number += 1
        life, after = Meter(), Meter()
        invoice_id = _live(self, life)
        self.work(after)
        with self.house.acting("finance"):
            status = Invoice.objects.of(self.house.council.pk).get(pk=invoice_id).status
        if status != InvoiceStatus.PAID:
            raise NotPaid(f"Life {self.number} ended as {status}.")
        return Life(life.cost, after.cost)

    def work(self, meter: Meter) -> None:
        """Do what the worker is still owed, each job once; to look for them is the bell's task."""
        tried = set[UUID]()
        while fresh := [key for key in due_jobs(self.house.clock()) if key not in tried]:
            for key in fresh:
                tried.add(key)
                with meter.running():
                    run_job(key, at=self.house.clock())


def _live(bench: Bench, meter: Meter) -> UUID:
    """Do each deed in its turn, the worker's among them; return the key of the invoice.

    Why: the worker's own deeds are called as it calls them, so that a life is not measured by how
    its queue keeps its rows; the jobs find their work done and end.
    """
    house, clock, council = bench.house, bench.house.clock, bench.house.council.pk
    with meter.running():
        asked = _ask(bench)
        deeds.approve(house, asked, at=clock())
        with tenant(council):
            (order,) = raise_orders(council_id=council, requisition_id=asked.pk, at=clock())
            send_order(council_id=council, order_id=order.pk, at=clock())
    lines = deeds.lines_of(house, order)
    with meter.running():
        deeds.accept(house, order, lines, at=clock())
        with tenant(council):
            settle_answer(council_id=council, order_id=order.pk, at=clock())
        counted = [(line, line.quantity) for line in lines]
        deeds.receive(house, order, counted, f"DN-{bench.number}", at=clock())
        with tenant(council):
            rematch_order(council_id=council, order_id=order.pk, at=clock())
        quantities = {line.pk: line.quantity for line in lines}
        arrival = deeds.bill(house, order, f"L-{bench.number}", quantities, at=clock())
        with tenant(council):
            read_arrival(council_id=council, arrival_id=arrival.pk, at=clock())
    with house.acting("finance"):
        invoice = Invoice.objects.of(council).get(arrival_id=arrival.pk)
    with meter.running():
        deeds.approve_to_pay(house, invoice, at=clock())
        deeds.pay(house, deeds.prepare(house, at=clock()), at=clock())
    return invoice.pk


def _ask(bench: Bench) -> Requisition:
    """Raise a requisition that comes to another sum than any before it.

    Why: invoices over one sum within three days are looked at by a person, as they should be.
    """
    first, *others = bench.listings
    wanted = [WantedLine(first.pk, Decimal(bench.number), COST_CENTRE, SPENT_ON)]
    wanted += [WantedLine(each.pk, _QUANTITY, COST_CENTRE, SPENT_ON) for each in others]
    details = Details(f"Supplies {bench.number}", "The shelves are empty.", DOOR)
    with bench.house.acting("requester") as requester:
        at = bench.house.clock()
        draft = create_requisition(requester=requester, details=details, wanted=wanted, at=at)
        return submit_requisition(requisition_id=draft.pk, requester=requester, at=at)


def begin(lines: int, clock: deeds.Clock) -> Bench:
    """Found a council that buys from a supplier of so many goods, and warm everything up."""
    house = found(COUNCIL, SUPPLIER, clock=clock)
    set_budget(house, BUDGET, at=clock())
    with house.selling() as seller:
        import_catalogue(
            supplier=seller, content=_price_list(lines), name="bench.csv", at=clock(), dry_run=False
        )
    bench = Bench(house, deeds.goods(house, lines))
    bench.work(Meter())
    for _life in range(WARMING_UP):
        bench.live()
    return bench


def bench_life(
    documents: int, lines: int, clock: deeds.Clock, on_life: Callable[[], object]
) -> Lives:
    """Live so many lives one after another, and return what each took."""
    bench = begin(lines, clock)
    lives = Lives(lines)
    for _life in range(documents):
        lives.lives.append(bench.live())
        on_life()
    return lives


def _price_list(lines: int) -> io.BytesIO:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for number in range(lines):
        price = Decimal("0.01") if not number else Decimal(number) + Decimal("0.35")
        rate = RATES[number % len(RATES)]
        writer.writerow((f"B-{number:04d}", f"Thing {number}", "39224000", "each", price, rate))
    return io.BytesIO(text.getvalue().encode())
