"""What lines take from budgets."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from marketplace.ledger.rules import CommitmentLine, shares, weigh

CENTRE, ACCOUNT = uuid4(), uuid4()
AMOUNTS = st.decimals(-100, 1000, places=2)


@dataclass
class Pot:
    available_amount: Decimal
    is_hard_stop: bool = True


def take(amount, centre=CENTRE):
    return CommitmentLine(uuid4(), centre, ACCOUNT, Decimal(amount))


def test_lines_of_one_coding_are_taken_together():
    pot = Pot(Decimal(100))
    assert weigh([take(60), take(40)], {(CENTRE, ACCOUNT): pot}).over == {}
    found = weigh([take(60), take("40.01")], {(CENTRE, ACCOUNT): pot})
    assert found.over == {(CENTRE, ACCOUNT): pot}
    assert found.asked == {(CENTRE, ACCOUNT): Decimal("100.01")}


def test_what_only_warns_stops_nobody_who_may_exceed_it():
    other = uuid4()
    pots = {(CENTRE, ACCOUNT): Pot(Decimal(0)), (other, ACCOUNT): Pot(Decimal(0), False)}
    found = weigh([take(1), take(1, other)], pots)
    assert len(found.stopped(may_exceed=False)) == 2
    assert found.stopped(may_exceed=True) == [pots[CENTRE, ACCOUNT]]


def test_a_coding_without_a_budget_is_named():
    assert weigh([take(1)], {}).missing == {(CENTRE, ACCOUNT)}


@given(st.lists(AMOUNTS, max_size=5), st.none() | st.decimals(0, 2000, places=2))
def test_never_gives_back_more_than_is_held_or_asked_for(held, most):
    given_back = shares(held, most)
    assert all(Decimal(0) <= got <= max(had, 0) for had, got in zip(held, given_back, strict=True))
    holds = sum((had for had in held if had > 0), Decimal(0))
    assert sum(given_back) == (holds if most is None else min(holds, most))
