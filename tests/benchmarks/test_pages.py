"""How long the pages take that people use most, beside a bare view in the same server.

Pages are asked alternately with the bare views, over HTTP from one gunicorn process and in this
process without one. "bare" has the product's middleware and nothing else, "floor" is Django
without any. Only ratios travel to another machine.

BENCH_ROWS says how many orders the large database has (1,000 if not: there is no large one then).
The last line printed is one JSON document with every figure.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import monotonic, perf_counter, sleep

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Order, Requisition
from marketplace.ordering.states import OrderStatus, RequisitionStatus
from tests import servers
from tests.api.programs import program_of
from tests.factories.organisations import sign_in
from tests.performance.growing import HISTORY, grow
from tests.templates import ROOT

SMALL = 1_000
LARGE = int(os.environ.get("BENCH_ROWS", SMALL))
ROUNDS, REQUESTS = 5, 12
# How many times the bare view a page may take, by its kind. A document is a list of its lines.
MOST = {"product": 12.0, "document": 20.0, "list": 20.0, "search": 40.0}
MOST_GROWTH = 1.5
OVER = (OrderStatus.ACKNOWLEDGED, OrderStatus.CANCELLED)
SERVED, URLS = "tests.benchmarks.served", "tests.benchmarks.bare_urls"
BARE, FLOOR = "/bare/", "/floor/"


@dataclass
class Page:
    """One page, who asks for it, and what it took."""

    name: str
    kind: str
    who: str
    path: str
    client: Client
    statements: int = 0
    took: dict[str, list[list[float]]] = field(default_factory=dict)

    def p50(self, how: str) -> float:
        """Return the median of the rounds' medians, in milliseconds."""
        return median(median(each) for each in self.took[how])

    def p95(self, how: str) -> float:
        """Return what 95 of a hundred requests did not exceed, in milliseconds."""
        return quantiles([one for each in self.took[how] for one in each], n=20)[-1]


def _first(rows: QuerySet) -> str:
    """Return the key of the first document that is no copy, the same in every database."""
    with stewardship():
        originals = rows.filter(number__regex=r"^[A-Z]+-[0-9]+-[0-9]+$")
        return str(originals.order_by("number").values_list("pk", flat=True)[0])


def pages() -> list[Page]:
    """Return the pages, each with somebody signed in who may see it."""
    clients, members = {}, {}
    for who in ("requester", "buyer", "approver", "auditor"):
        members[who] = program_of(who).membership
        clients[who] = sign_in(Client(), members[who])
    mine = {"raised_by_id": members["requester"].user_id, "status": RequisitionStatus.ORDERED}
    asked = _first(Requisition.objects.filter(**mine))
    order = _first(Order.objects.filter(council_id=members["requester"].organisation_id))
    with stewardship():
        number = Order.objects.get(pk=order).number
    found = clients["buyer"].get("/api/v1/listings?size=1").json()["results"][0]["id"]
    wanted = [
        ("home", "list", "requester", "/home/"),
        ("requisitions", "list", "requester", "/requisitions/"),
        ("requisition", "document", "requester", f"/requisitions/{asked}/"),
        ("basket", "list", "requester", "/basket/"),
        ("approvals", "list", "approver", "/approvals/"),
        ("orders", "list", "requester", "/orders/"),
        ("order", "document", "requester", f"/orders/{order}/"),
        ("search", "search", "requester", "/search/?q=paper"),
        ("catalogue", "list", "requester", "/catalogue/"),
        ("catalogue, asked", "search", "requester", "/catalogue/?q=paper"),
        ("listing", "product", "requester", f"/catalogue/{found}/"),
        ("budgets", "list", "buyer", "/budgets/"),
        ("audit", "list", "auditor", "/audit/"),
        ("watching", "list", "buyer", "/home/"),
        ("asked, rare", "list", "buyer", "/requisitions/?words=zebra"),
        ("asked, common", "list", "requester", "/requisitions/?words=paper"),
        ("order number", "list", "buyer", f"/orders/?words={number}"),
        ("trail, rare", "list", "auditor", "/audit/?words=zebra"),
        ("trail, common", "list", "auditor", "/audit/?verb=order.sent"),
    ]
    made = [Page(name, kind, who, path, clients[who]) for name, kind, who, path in wanted]
    for page in made:
        page.client.get(page.path)
        with CaptureQueriesContext(connection) as captured:
            assert page.client.get(page.path).status_code == 200, page.path
        page.statements = len(captured)
    return made


@contextmanager
def served() -> Iterator[int]:
    """Run gunicorn with one process on the test's database; yield its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1",
        "--log-level", "error", "--no-control-socket", f"{SERVED}:application",
    ]  # fmt: skip
    environment = {**os.environ, "DATABASE_ROLE": "web", "LOG_LEVEL": "ERROR"}
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait_for(server, port)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(server: subprocess.Popen, port: int) -> None:
    until = monotonic() + 60
    while monotonic() < until:
        assert server.poll() is None, "gunicorn did not start"
        try:
            over_http(port, FLOOR, "")
        except OSError:
            sleep(0.1)
        else:
            return
    raise AssertionError("gunicorn did not answer")


def over_http(port: int, path: str, cookie: str) -> float:
    """Return how many milliseconds passed until the first byte of an answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.connect()
    started = perf_counter()
    line.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    answer = line.getresponse()
    spent = perf_counter() - started
    answer.read()
    line.close()
    assert answer.status == 200, (path, answer.status)
    return spent * 1000


def in_process(client: Client, path: str) -> float:
    """Return how many milliseconds Django took for an answer, without a server."""
    started = perf_counter()
    answer = client.get(path)
    spent = perf_counter() - started
    assert answer.status_code == 200, (path, answer.status_code)
    return spent * 1000


def measure(found: list[Page]) -> None:
    """Ask for every page and the bare views in turn, round after round."""
    stranger, cookie = Client(), settings.SESSION_COOKIE_NAME
    with served() as port, override_settings(ROOT_URLCONF=URLS), without_logs():
        for number in range(ROUNDS + 1):
            for page in found:
                worn = f"{cookie}={page.client.cookies[cookie].value}"
                took: dict[str, list[float]] = {
                    "http": [], "http bare": [], "http floor": [], "inside": [], "inside bare": [],
                }  # fmt: skip
                for _request in range(REQUESTS):
                    took["http"].append(over_http(port, page.path, worn))
                    took["http bare"].append(over_http(port, BARE, ""))
                    took["http floor"].append(over_http(port, FLOOR, ""))
                    took["inside"].append(in_process(page.client, page.path))
                    took["inside bare"].append(in_process(stranger, BARE))
                for how, times in took.items() if number else ():  # the first round only warms
                    page.took.setdefault(how, []).append(times)


@contextmanager
def without_logs() -> Iterator[None]:
    """Keep quiet, as the server does: what a test collects of logs costs more than a page."""
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


def times_bare(page: Page) -> float:
    """Return how many times as long a page takes as the bare view beside it."""
    return page.p50("http") / page.p50("http bare")


def figures(page: Page) -> dict[str, float]:
    """Return what is printed of a page."""
    return {
        "statements": page.statements,
        "http_p50_ms": round(page.p50("http"), 2),
        "http_p95_ms": round(page.p95("http"), 2),
        "bare_p50_ms": round(page.p50("http bare"), 2),
        "floor_p50_ms": round(page.p50("http floor"), 2),
        "times_bare": round(times_bare(page), 1),
        "p95_times_bare": round(page.p95("http") / page.p50("http bare"), 1),
        "times_floor": round(page.p50("http") / page.p50("http floor"), 1),
        "inside_p50_ms": round(page.p50("inside"), 2),
        "inside_times_bare": round(page.p50("inside") / page.p50("inside bare"), 1),
    }


def table(title: str, found: list[Page]) -> str:
    """Return the figures as lines for people."""
    lines = [
        f"\n{title}; milliseconds, {ROUNDS} rounds of {REQUESTS}",
        f"{'page':15}{'kind':9}{'SQL':>4}{'ours':>8}{'p95':>8}{'bare':>7}{'floor':>7}"
        f"{'×bare':>7}{'p95×':>7}{'×floor':>8}{'inside':>8}{'×bare':>7}",
    ]
    for page in found:
        f = figures(page)
        lines.append(
            f"{page.name:15}{page.kind:9}{f['statements']:>4}{f['http_p50_ms']:>8}"
            f"{f['http_p95_ms']:>8}{f['bare_p50_ms']:>7}{f['floor_p50_ms']:>7}"
            f"{f['times_bare']:>7}{f['p95_times_bare']:>7}{f['times_floor']:>8}"
            f"{f['inside_p50_ms']:>8}{f['inside_times_bare']:>7}"
        )
    return "\n".join(lines)


def fill(database: str, orders: int) -> int:
    """Copy documents that are over until there are so many orders; return how many there are."""
    with stewardship():
        there = Order.objects.filter(status__in=OVER).count()
    sizes = grow(servers.admin_url(database), max(1, round(orders / there)), HISTORY)
    return sizes["ordering_order"][1]


def test_pages_beside_a_bare_view(demo_db, capsys):
    count = fill(demo_db, SMALL)
    small = pages()
    measure(small)
    said = [table(f"With {count:,} orders", small)]
    answer = {"small": {page.name: figures(page) for page in small}}
    if LARGE > SMALL:
        count = fill(demo_db, LARGE)
        large = pages()
        measure(large)
        said.append(table(f"With {count:,} orders", large))
        answer["large"] = {page.name: figures(page) for page in large}
        growth = {
            a.name: round(times_bare(b) / times_bare(a), 2)
            for a, b in zip(small, large, strict=True)
        }
        answer["growth"] = growth
        said.append(f"large / small, both as times the bare view: {growth}")
    with capsys.disabled():
        print("\n".join(said))
        print(json.dumps(answer))
    slow = {p.name: times_bare(p) for p in small}
    assert {p.name: slow[p.name] for p in small if slow[p.name] > MOST[p.kind]} == {}
    if LARGE > SMALL:
        assert [a.statements for a in small] == [b.statements for b in large]
        assert {name: times for name, times in growth.items() if times > MOST_GROWTH} == {}
