"""The exact words that are hashed: the same for the same facts, whoever writes them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.audit.canonical import GENESIS, canonical, chained
from marketplace.core.actors import Role

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
facts = st.dictionaries(texts, values, max_size=6)


class TestCanonical:
    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (Decimal("1.50"), '"1.50"'),
            (Decimal("1E+3"), '"1000"'),
            (Decimal("-0.000001"), '"-0.000001"'),
            (date(2026, 11, 23), '"2026-11-23"'),
            (datetime(2026, 7, 1, 13, 0, tzinfo=ZoneInfo("Europe/London")),
             '"2026-07-01T12:00:00.000000+00:00"'),
            (datetime(2026, 11, 23, 12, 0, 0, 1, tzinfo=UTC), '"2026-11-23T12:00:00.000001+00:00"'),
            (UUID(int=7), '"00000000-0000-0000-0000-000000000007"'),
            (frozenset({Role.BUYER, Role.APPROVER}), '["approver","buyer"]'),
            ((1, 2), "[1,2]"),
            (Role.BUYER, '"buyer"'),
            ("Llŷn £5 “so”", '"Llŷn £5 “so”"'),
            (True, "true"),
            (None, "null"),
        ],
    )  # fmt: skip
    def test_each_kind_has_one_form(self, value, words):
        assert canonical({"a": value}) == f'{{"a":{words}}}'

    @pytest.mark.parametrize(
        "value",
        [1.5, float("nan"), datetime(2026, 1, 1), object(), b"x", {1: "a"}, [0.1]],  # noqa: DTZ001
    )
    def test_what_two_writers_might_write_differently_is_refused(self, value):
        with pytest.raises(TypeError):
            canonical({"a": {"b": [value]}})

    @given(facts)
    def test_is_json_of_the_same_facts(self, given_facts):
        assert json.loads(canonical(given_facts)) == given_facts

    @given(facts, st.randoms())
    def test_does_not_depend_on_the_order_of_names(self, given_facts, random):
        names = list(given_facts)
        random.shuffle(names)
        assert canonical({name: given_facts[name] for name in names}) == canonical(given_facts)

    @given(facts)
    def test_what_was_read_back_has_the_same_words(self, given_facts):
        words = canonical(given_facts)
        assert canonical(json.loads(words)) == words

    @given(facts, facts)
    def test_different_facts_have_different_words(self, one, other):
        # Python holds True and 1 for equal; JSON, rightly, does not.
        same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
        assert (canonical(one) == canonical(other)) == same


class TestChained:
    def test_is_sha_256_over_the_hash_before_and_the_words(self):
        assert chained(GENESIS, "£").hex() == hashlib.sha256(bytes(32) + "£".encode()).hexdigest()

    @given(texts, texts)
    def test_depends_on_every_word_before_it(self, one, other):
        ends = {chained(chained(GENESIS, first), "last") for first in (one, other)}
        assert len(ends) == len({one, other})
