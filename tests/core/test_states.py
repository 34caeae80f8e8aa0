"""Machines as tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import Conflict
from marketplace.core.states import IllegalMove, Machine, move

STATUSES = ["DRAFT", "SUBMITTED", "APPROVED", "WITHDRAWN"]
REQUISITION = Machine(
    move("submit", "DRAFT", "SUBMITTED"),
    move("approve", "SUBMITTED", "APPROVED"),
    move("withdraw", ["DRAFT", "SUBMITTED"], "WITHDRAWN"),
)
words = st.sampled_from(STATUSES)
tables = st.dictionaries(
    st.text(min_size=1, max_size=5), st.tuples(st.sets(words, min_size=1), words), max_size=6
)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("verb", sorted(REQUISITION.moves))
def test_move_is_legal_or_refused(status, verb):
    if verb in REQUISITION.verbs(status):
        assert REQUISITION.target(verb, status) in STATUSES
    else:
        with pytest.raises(IllegalMove) as refused:
            REQUISITION.target(verb, status)
        assert refused.value.facts == {"verb": verb, "current_status": status}


@given(tables)
def test_the_buttons_are_exactly_the_moves_that_are_allowed(table):
    machine = Machine(*(move(verb, sources, to) for verb, (sources, to) in table.items()))
    for status in STATUSES:
        allowed = []
        for verb in machine.moves:
            try:
                machine.target(verb, status)
            except IllegalMove:
                continue
            allowed.append(verb)
        assert machine.verbs(status) == allowed


def test_an_illegal_move_is_a_conflict():
    assert issubclass(IllegalMove, Conflict)


def test_an_unknown_verb_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        REQUISITION.target("aprove", "SUBMITTED")


def test_a_verb_stands_once():
    with pytest.raises(TypeError, match="twice"):
        Machine(move("submit", "A", "B"), move("submit", "B", "C"))
