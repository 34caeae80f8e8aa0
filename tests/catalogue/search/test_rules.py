"""Reading what somebody typed into the search."""

import doctest

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from catalogue.search import rules
from catalogue.search.rules import (
    MOST_WORDS,
    as_tsquery,
    best_repair,
    completing,
    one_edit_away,
    plain,
    read_terms,
    single_words,
    with_words,
)


def test_examples_are_true():
    assert doctest.testmod(rules).failed == 0


class TestReadTerms:
    @pytest.mark.parametrize(
        ("text", "query"),
        [
            ("blue chair", "('blue') & ('chair')"),
            ('"office chair" oak', "(('office' <-> 'chair')) & ('oak')"),
            ("chair -oak", "('chair') & !('oak')"),
            ("chair or desk", "('chair' | 'desk')"),
            ("chair or", "('chair')"),
            ("or chair", "('or') & ('chair')"),
            ("-oak", ""),
            ("!!! & |", ""),
            ("", ""),
            ("it's", "('it''s' | 'its' | ('it' <-> 's'))"),
            ("Café", "('cafe')"),
            ("AB-12/3", "('ab-12/3' | 'ab123' | ('ab' <-> '12' <-> '3'))"),
        ],
    )
    def test_reads_words_quotes_exclusions_and_choices(self, text, query):
        assert as_tsquery(read_terms(text)) == query

    def test_takes_no_more_words_than_it_must(self):
        assert len(read_terms("word " * 50)) == MOST_WORDS

    @pytest.mark.django_db
    def test_whatever_is_typed_is_a_query_that_the_database_understands(self):
        @given(st.text(max_size=60))
        def ask(text):
            query = as_tsquery(completing(read_terms(text), set()))
            with connection.cursor() as cursor:
                cursor.execute("SELECT to_tsquery('english', %s)", [query])

        ask()


class TestCompleting:
    def test_completes_a_word_that_nobody_knows(self):
        assert as_tsquery(completing(read_terms("blue stapl"), {"blue"})).endswith("('stapl':*)")

    @pytest.mark.parametrize("text", ["pen", '"ball pen"', "ink -pen", "pencil or pen", "x"])
    def test_leaves_the_rest_alone(self, text):
        assert ":*" not in as_tsquery(completing(read_terms(text), {"pen"}))


class TestRepair:
    def test_puts_one_word_in_place_of_another_everywhere_but_in_quotes(self):
        terms = read_terms('stpaler or blak "stpaler x" -stpaler')
        mended = as_tsquery(with_words(terms, {"stpaler": "stapler", "blak": "black"}))
        assert mended == "('stapler' | 'black') & (('stpaler' <-> 'x')) & !('stpaler')"

    def test_looks_only_at_words_of_letters(self):
        assert single_words(read_terms('a4 paper "fine pens" -blue or3')) == ["paper"]

    def test_prefers_the_common_word_with_the_same_first_letter(self):
        assert best_repair("chiar", {"chair": 5, "chia": 2}) == "chair"
        assert best_repair("bair", {"hair": 15, "bar": 5}) == "bar"
        assert best_repair("chiar", {}) is None

    @given(st.text("abcdefgh", min_size=4, max_size=8), st.data())
    def test_every_single_mistake_is_one_edit_away(self, word, data):
        place = data.draw(st.integers(0, len(word) - 2))
        swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        wrong = {word[:place] + word[place + 1 :], word[:place] + "z" + word[place:], swapped}
        for each in wrong - {word}:
            assert word in one_edit_away(each)


@given(st.text(max_size=40))
def test_plain_text_stays_plain(text):
    assert plain(plain(text)) == plain(text)
