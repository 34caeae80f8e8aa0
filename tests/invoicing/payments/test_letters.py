"""The letters that banks take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.payments.letters import for_bank, is_reference

TAKEN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Tŷ Gwyn Café", "Ty Gwyn Cafe"),
        ("Marks & Sons", "Marks + Sons"),
        ("O’Neill’s", "O'Neill's"),
        ("O'Neill", "O'Neill"),
        ("50% off; *new*", "50. off, .new."),
        ("東京", ".."),
        ("Two\n lines\t here", "Two lines here"),
        ("ﬁne", "fine"),
        ("", ""),
    ],
)  # fmt: skip
def test_others_become_the_nearest_or_a_full_stop(ours, theirs):
    assert for_bank(ours, 70) == theirs


@given(st.text(max_size=100), st.integers(1, 80))
def test_whatever_comes_only_those_that_banks_take_go_out(text, most):
    theirs = for_bank(text, most)
    assert set(theirs) <= TAKEN
    assert len(theirs) <= most
    assert for_bank(theirs, most) == theirs


@pytest.mark.parametrize("text", ["", " A", "A ", "/A", "A/", "A//B", "é", "A&B", "A\nB", "x" * 36])
def test_a_reference_that_would_not_come_back_is_none(text):
    assert not is_reference(text)


@pytest.mark.parametrize("text", ["A", "PAY/26/1", "x" * 35, "A + B"])
def test_one_that_would_is(text):
    assert is_reference(text)
