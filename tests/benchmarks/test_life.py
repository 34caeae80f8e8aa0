"""What a life from requisition to payment takes, beside the least that Django must do for it.

The floor (floor.py) writes the same documents with the bare ORM, over the same connection, turn
and turn about. Figures are of the processor, Python's and the database's together, since only they
hold while other work runs. BENCH_LIVES says how many lives a round (10 if not); figures are printed
with -s.

BENCH_GROWN says among how many documents of each kind a life is measured too (none if not), beside
one among a thousand. They are copies of lives of LINES_OF_MANY lines, made in SQL.
"""

from __future__ import annotations

import os
from statistics import median

import pytest
from django.utils import timezone

from invoicing.models import Invoice
from invoicing.rehearsal import life
from marketplace.core.tenancy import stewardship
from tests import servers
from tests.benchmarks import floor
from tests.performance.growing import HISTORY, grow

LIVES = int(os.environ.get("BENCH_LIVES", "10"))
ROUNDS = 5
LINES = 10
FEW, MANY = 1_000, int(os.environ.get("BENCH_GROWN", "0"))
LINES_OF_MANY = 1
MOST_GROWTH = 1.5
# What we aim at, and what a change may not take us beyond.
AIM, MOST_TIMES_THE_FLOOR = 8, 10


@pytest.fixture
def bench(fresh_db):
    """A council that has lived a little, and the floor's tables in the same database."""
    floor.make_tables(servers.admin_url(fresh_db))
    floor.live(LINES)
    return life.begin(LINES, timezone.now)


def of_floor(lines: int) -> life.Cost:
    meter = life.Meter()
    with meter.running():
        for _life in range(LIVES):
            floor.live(lines)
    return meter.cost


def ours(bench) -> life.Cost:
    whole = life.Cost()
    for _life in range(LIVES):
        whole.add(bench.live().life)
    return whole


def test_a_life_beside_its_floor(bench):
    rounds = [(ours(bench), of_floor(LINES)) for _round in range(ROUNDS)]
    mine, its = (
        [round_[side].cpu * 1000 / LIVES for round_ in rounds] for side in (0, 1)
    )  # fmt: skip
    ratio = median(a / b for a, b in zip(mine, its, strict=True))
    wall = median(a.seconds / b.seconds for a, b in rounds)
    said = [round_[0].statements / LIVES for round_ in rounds]
    print(
        f"\nA life of {LINES} lines: {median(mine):.1f} ms of processor and {median(said):.0f}"
        f" statements, beside {median(its):.1f} ms and"
        f" {rounds[0][1].statements / LIVES:.0f} of the floor: ratio {ratio:.1f},"
        f" aim {AIM} (by the clock {wall:.1f})"
    )
    assert ratio <= MOST_TIMES_THE_FLOOR


@pytest.mark.skipif(MANY <= FEW, reason="BENCH_GROWN does not ask for it")
def test_a_life_among_many_others(fresh_db):
    """The floor lives among few each time, and is what the machine's own swings are measured by."""
    floor.make_tables(servers.admin_url(fresh_db))
    floor.live(LINES)
    bench = life.begin(LINES_OF_MANY, timezone.now)
    ours(bench)
    ratios, statements = {}, {}
    for count in (FEW, MANY):
        with stewardship():
            there = Invoice.objects.count()
        sizes = grow(servers.admin_url(fresh_db), max(1, round(count / there)), HISTORY)
        ours(bench)  # what was planned for small tables is planned anew
        rounds = [(ours(bench), of_floor(LINES)) for _round in range(ROUNDS)]
        found = sizes["invoicing_invoice"][1]
        ratios[count] = median(a.cpu / b.cpu for a, b in rounds)
        statements[count] = {round_[0].statements / LIVES for round_ in rounds}
        print(
            f"\nAmong {found:,} others:"
            f" {median(a.cpu * 1000 / LIVES for a, _b in rounds):.1f} ms of"
            f" processor, {ratios[count]:.2f} times the floor's {LINES} lines,"
            f" {statements[count]} statements; {sizes['audit_event'][1]:,} events"
        )
    print(f"Growth: {ratios[MANY] / ratios[FEW]:.2f}")
    assert len(set.union(*statements.values())) == 1
    assert ratios[MANY] / ratios[FEW] <= MOST_GROWTH
