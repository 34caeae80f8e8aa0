"""What a refusal carries, and what it may not carry."""

from __future__ import annotations

import pickle

import pytest

from marketplace.core import errors
from marketplace.core.errors import (
    Busy,
    Conflict,
    FieldProblem,
    Forbidden,
    Invalid,
    Missing,
    Refusal,
)

KINDS = (Invalid, Forbidden, Missing, Conflict)


class OverBudget(Conflict):
    """A refusal as services declare them."""

    code = "test.short"
    title = "This goes over the budget."


class TestRefusal:
    def test_says_its_title_when_it_is_given_nothing_to_say(self):
        assert OverBudget().detail == "This goes over the budget."

    def test_carries_its_facts(self):
        refusal = OverBudget("By £2.", over_amount="2.00")
        assert (str(refusal), refusal.facts) == ("By £2.", {"over_amount": "2.00"})

    def test_names_the_field_that_it_is_about(self):
        refusal = Invalid("Too long.", field="name")
        assert refusal.errors == (FieldProblem("name", "Too long."),)

    def test_keeps_the_problems_of_fields_that_it_is_given(self):
        problems = [FieldProblem("lines/0/quantity", "None."), FieldProblem("name", "Missing.")]
        assert Invalid("Two things.", errors=problems).errors == tuple(problems)

    @pytest.mark.parametrize("member", sorted(errors.RESERVED_FACTS - {"detail", "errors"}))
    def test_refuses_a_fact_that_would_overwrite_a_member_of_the_answer(self, member):
        with pytest.raises(TypeError, match=member):
            OverBudget("x", **{member: 500})

    def test_reserves_every_member_of_a_problem_document(self):
        # RFC 9457, section 3.1, and the two that we add.
        members = {"type", "title", "status", "detail", "instance"}
        assert members | {"errors", "code"} == errors.RESERVED_FACTS

    def test_survives_a_journey_between_processes(self):
        sent = OverBudget("By £2.", field="amount", over_amount="2.00")
        got = pickle.loads(pickle.dumps(sent))
        assert (got.detail, got.field, got.facts, got.errors) == (
            sent.detail, sent.field, sent.facts, sent.errors,
        )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_kinds_do_not_overlap(kind):
    assert issubclass(kind, Refusal)
    assert [other for other in KINDS if other is not kind and issubclass(kind, other)] == []


def test_busy_is_a_conflict_since_the_same_request_may_succeed_later():
    assert issubclass(Busy, Conflict)
