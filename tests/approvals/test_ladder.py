"""A policy as a ladder, and what is wrong with one."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from marketplace.approvals.ladder import Kind, concerns, rungs_of
from marketplace.approvals.rules import Approver, Holder, TierStep, Who

ADA, BO, CY = (
    Approver(uuid4(), uuid4(), name, limit and Decimal(limit))
    for name, limit in (("Ada", 500), ("Bo", 5000), ("Cy", None))
)
EVERYBODY = [ADA, BO, CY]


def named(above, *people, order=1):
    return TierStep(
        Decimal(above), order, Who.PEOPLE, tuple(person.membership_id for person in people)
    )


def kinds(tiers, approvers=EVERYBODY, **facts):
    return [(each.kind, each.rung) for each in concerns(tiers, approvers, **facts)]


class TestRungs:
    def test_reach_from_one_amount_to_the_next(self):
        steps = [named(500, BO), named(0, ADA, order=2), named(0, BO)]
        low, high = rungs_of(steps)
        assert (low.above_amount, low.up_to_amount) == (0, 500)
        assert (high.above_amount, high.up_to_amount) == (500, None)
        assert [step.step_order for step in low.steps] == [1, 2]

    def test_of_nothing_are_none(self):
        assert rungs_of([]) == []


class TestConcerns:
    def test_a_stranger_is_refused(self):
        stranger = Approver(uuid4(), uuid4(), "Zed", Decimal(9))
        found = concerns([named(0, ADA, stranger)], EVERYBODY)
        assert found[0].kind is Kind.NOT_AN_APPROVER
        assert found[0].people == (stranger.membership_id,)
        assert found[0].is_refused

    def test_a_stranger_who_may_exceed_budgets_is_refused(self):
        anybody = [TierStep(Decimal(0), 1, Who.ANY_APPROVER)]
        found = kinds(anybody, over_budget_allowed_by=[uuid4()])
        assert (Kind.NOT_AN_APPROVER, None) in found

    @pytest.mark.parametrize(
        ("people", "expected"),
        [
            ((ADA, CY), Kind.BEYOND_EVERY_LIMIT),
            ((CY, CY), Kind.WITHOUT_LIMIT),
            ((ADA, BO), Kind.BEYOND_LIMITS_ABOVE),
        ],
    )
    def test_people_are_held_against_their_limits(self, people, expected):
        low = TierStep(Decimal(0), 1, Who.ANY_APPROVER)
        assert (expected, 1) in kinds([low, named(500, *people)])

    def test_only_the_last_step_needs_a_limit(self):
        steps = [named(0, ADA, CY), named(0, ADA, BO, order=2), named(5000, BO)]
        assert not {Kind.BEYOND_LIMITS_ABOVE} & {kind for kind, rung in kinds(steps) if rung == 0}

    def test_a_limit_that_reaches_the_next_amount_is_enough(self):
        big = Approver(uuid4(), uuid4(), "Di", Decimal(10**9))
        steps = [named(0, ADA, BO), named(5000, big, BO)]
        found = concerns(steps, [*EVERYBODY, big])
        assert [each.rung for each in found if each.kind is Kind.BEYOND_LIMITS_ABOVE] == [1]

    def test_two_steps_for_the_same_one_person_are_refused(self):
        assert (Kind.TOO_FEW_PEOPLE, 0) in kinds([named(0, BO), named(0, BO, order=2)])
        assert (Kind.TOO_FEW_PEOPLE, 0) not in kinds([named(0, BO, ADA), named(0, BO, order=2)])

    @pytest.mark.parametrize("first", [Who.ANY_APPROVER, Who.HOLDER])
    def test_two_steps_for_anybody_need_two_people(self, first):
        steps = [TierStep(Decimal(0), 1, first), TierStep(Decimal(0), 2, Who.ANY_APPROVER)]
        alone = concerns(steps, [BO], holders=[Holder("11 Parks", BO.membership_id)])
        assert [each.kind for each in alone if each.is_refused] == [Kind.TOO_FEW_PEOPLE]
        assert not any(each.is_refused for each in concerns(steps, [BO, CY]))

    def test_whoever_is_needed_earlier_cannot_decide_last(self):
        steps = [named(500, BO), TierStep(Decimal(500), 2, Who.ANY_APPROVER)]
        found = kinds([TierStep(Decimal(0), 1, Who.ANY_APPROVER), *steps])
        assert (Kind.TOO_FEW_PEOPLE, 1) in found
        di = Approver(uuid4(), uuid4(), "Di", Decimal(800))
        found = concerns([TierStep(Decimal(0), 1, Who.ANY_APPROVER), *steps], [*EVERYBODY, di])
        assert not any(each.is_refused for each in found)
        assert [(each.kind, each.amount) for each in found if each.rung == 1] == [
            (Kind.ONE_PERSON, None), (Kind.BEYOND_LIMITS_ABOVE, Decimal(800)),
        ]  # fmt: skip

    def test_a_holder_who_is_asked_twice_can_only_answer_once(self):
        steps = [TierStep(Decimal(0), order, Who.HOLDER) for order in (1, 2)]
        held = [Holder(f"1{each} Parks", who.membership_id) for each, who in enumerate([ADA, BO])]
        assert (Kind.TOO_FEW_PEOPLE, 0) in kinds(steps, holders=held)

    def test_one_person_alone_is_a_warning(self):
        found = [each for each in concerns([named(0, BO)], EVERYBODY)]
        assert Kind.ONE_PERSON in {each.kind for each in found}
        assert not any(each.is_refused for each in found)

    @pytest.mark.parametrize("who", [Who.ANY_APPROVER, Who.HOLDER])
    @pytest.mark.parametrize(
        ("approvers", "above", "expected"),
        [
            ([], 0, Kind.NO_APPROVER),
            ([CY], 0, Kind.WITHOUT_LIMIT),
            ([ADA, CY], 500, Kind.BEYOND_EVERY_LIMIT),
        ],
    )
    def test_what_nobody_could_ever_decide_is_refused(self, who, approvers, above, expected):
        found = concerns([TierStep(Decimal(above), 1, who)], approvers)
        assert [each.kind for each in found if each.is_refused] == [expected]

    def test_a_holder_without_a_limit_can_decide_nothing(self):
        holder = TierStep(Decimal(0), 1, Who.HOLDER)
        lacking, able = (
            concerns([holder], EVERYBODY, holders=[Holder("11 Parks", person.membership_id)])
            for person in (CY, BO)
        )
        assert [(each.kind, each.people) for each in lacking if each.is_refused] == [
            (Kind.WITHOUT_LIMIT, (CY.membership_id,))
        ]
        assert not any(each.is_refused for each in able)

    def test_fewer_steps_for_more_money_is_a_warning(self):
        steps = [named(0, ADA, CY), named(0, BO, ADA, order=2), named(1000, BO, ADA)]
        assert (Kind.FEWER_STEPS, 1) in kinds(steps)

    def test_names_cost_centres_without_a_holder_or_beyond_theirs(self):
        holder = TierStep(Decimal(0), 1, Who.HOLDER)
        above = TierStep(Decimal(1000), 1, Who.ANY_APPROVER)
        held = [
            Holder("11 Parks", None), Holder("12 Pools", uuid4()),
            Holder("13 Pitches", ADA.membership_id), Holder("14 Paths", BO.membership_id),
        ]  # fmt: skip
        found = concerns([holder, above], EVERYBODY, holders=held)
        by_kind = {each.kind: each.names for each in found}
        assert by_kind[Kind.WITHOUT_HOLDER] == ("11 Parks", "12 Pools")
        assert by_kind[Kind.HOLDERS_BEYOND_LIMIT] == ("13 Pitches",)

    def test_says_nothing_of_holders_who_are_not_asked(self):
        anybody = TierStep(Decimal(0), 1, Who.ANY_APPROVER)
        found = kinds([anybody], holders=[Holder("11 Parks", None)])
        assert found == [(Kind.BEYOND_LIMITS_ABOVE, 0)]
