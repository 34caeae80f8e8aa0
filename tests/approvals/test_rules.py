"""Who must say yes."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.approvals.rules import (
    Approver,
    Holder,
    PlannedStep,
    TierStep,
    Who,
    _without_anybody,
    approval_plan,
    authority,
)


def approver(name, limit=None):
    return Approver(uuid4(), uuid4(), name, None if limit is None else Decimal(limit))


HEAD, FINANCE, DIRECTOR = (
    approver("Head", 10_000),
    approver("Fin", 50_000),
    approver("Dir", 100_000),
)
EVERYBODY = (HEAD, FINANCE, DIRECTOR)
HOLDER = Holder("100 Schools", HEAD.membership_id)
TIERS = (
    TierStep(Decimal(0), 1, Who.HOLDER),
    TierStep(Decimal(1000), 1, Who.HOLDER),
    TierStep(Decimal(1000), 2, Who.PEOPLE, (FINANCE.membership_id, DIRECTOR.membership_id)),
    TierStep(Decimal(25_000), 1, Who.HOLDER),
    TierStep(Decimal(25_000), 2, Who.PEOPLE, (FINANCE.membership_id,)),
    TierStep(Decimal(25_000), 3, Who.PEOPLE, (DIRECTOR.membership_id,)),
)


def plan(amount, *, holders=(HOLDER,), barred=(), approvers=EVERYBODY, tiers=TIERS, **facts):
    return approval_plan(
        tiers, approvers, amount=Decimal(amount), holders=holders, barred_user_ids=barred, **facts
    )


def names(found):
    return [[person.name for person in step.people] for step in found.steps]


@pytest.mark.parametrize(
    ("amount", "wanted"),
    [
        ("0", [["Head"]]),
        ("1000.00", [["Head"]]),
        ("1000.01", [["Head"], ["Dir", "Fin"]]),
        ("25000.00", [["Head"], ["Dir", "Fin"]]),
        ("25000.01", [["Head"], ["Fin"], ["Dir"]]),
        ("100000.00", [["Head"], ["Fin"], ["Dir"]]),
    ],
)
def test_the_highest_tier_that_the_amount_is_above_decides(amount, wanted):
    found = plan(amount)
    assert names(found) == wanted
    assert found.is_possible
    assert [step.needs_limit for step in found.steps] == [False] * (len(wanted) - 1) + [True]


def test_nobody_beyond_their_limit_takes_the_last_step():
    found = plan("100000.01")
    assert not found.is_possible
    assert [step.needs_limit for step in found.missing] == [True]


def test_the_requester_takes_no_step():
    found = plan("500", barred=[HEAD.user_id])
    assert [step.label for step in found.missing] == ["100 Schools"]


def test_each_holder_has_a_step_and_one_who_holds_two_has_one():
    other = approver("Other", 10)
    holders = (HOLDER, Holder("200 Parks", other.membership_id), Holder("300", HEAD.membership_id))
    found = plan("500", holders=holders, approvers=(*EVERYBODY, other))
    assert [(step.label, names(found)[place]) for place, step in enumerate(found.steps)] == [
        ("100 Schools, 300", ["Head"]),
        ("200 Parks", []),
    ]
    assert not found.is_possible


def test_a_cost_centre_that_nobody_answers_for_is_missing_somebody():
    assert not plan("500", holders=(Holder("400", None),)).is_possible


def test_two_steps_that_only_one_person_can_take_are_impossible():
    tiers = (TierStep(Decimal(0), 1, Who.HOLDER), TierStep(Decimal(0), 2, Who.ANY_APPROVER))
    assert not plan("500", tiers=tiers, approvers=(HEAD,)).is_possible
    assert plan("500", tiers=tiers).is_possible


def test_no_policy_is_no_plan():
    assert not plan("500", tiers=()).is_possible


def test_an_overspend_narrows_the_last_step_to_who_may_allow_it():
    found = plan("2000", over_budget_allowed_by=[DIRECTOR.membership_id])
    assert names(found) == [["Head"], ["Dir"]]
    assert found.steps[-1].is_over_budget


def test_an_overspend_adds_a_step_when_the_last_one_has_nobody_who_may_allow_it():
    found = plan("500", over_budget_allowed_by=[DIRECTOR.membership_id])
    assert names(found) == [["Head"], ["Dir"]]
    assert [step.needs_limit for step in found.steps] == [True, False]


def test_an_overspend_that_nobody_may_allow_is_impossible():
    assert not plan("500", over_budget_allowed_by=[]).is_possible


people = st.lists(st.integers(0, 4), max_size=4, unique=True)
CROWD = [approver(str(number)) for number in range(5)]


@given(st.lists(people, min_size=1, max_size=5))
def test_the_matching_finds_a_person_for_each_step_exactly_when_there_is_one(wanted):
    steps = [
        PlannedStep(Who.PEOPLE, "", tuple(CROWD[number] for number in each), needs_limit=False)
        for each in wanted
    ]

    def possible(place, taken):
        return place == len(wanted) or any(
            possible(place + 1, taken | {number}) for number in wanted[place] if number not in taken
        )

    assert (not _without_anybody(steps)) == possible(0, frozenset())


@pytest.mark.parametrize(
    ("needs_limit", "own", "lent", "allowed"),
    [
        (True, "100", None, True),
        (True, "99.99", None, False),
        (True, None, None, False),
        (False, None, None, True),
        (True, "100", "99.99", False),
        (True, "100", "100", True),
        (False, None, "99.99", False),
    ],
)
def test_authority(needs_limit, own, lent, allowed):
    found = authority(
        amount=Decimal(100),
        needs_limit=needs_limit,
        own_limit_amount=None if own is None else Decimal(own),
        delegated_limit_amount=None if lent is None else Decimal(lent),
    )
    assert found is allowed
