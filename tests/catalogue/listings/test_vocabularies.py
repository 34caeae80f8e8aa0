"""Categories and units: the two code lists that offers stand on."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue import cpv
from catalogue.listings import rules, wording
from marketplace.core import units
from marketplace.core.unit_labels import UNIT_LABELS, sold_by, unit_label
from marketplace.core.units import SPELLINGS, UNIT_NAMES, nearest_unit, unit_code


@pytest.mark.parametrize("module", [cpv, units, rules])
def test_examples_are_true(module):
    assert doctest.testmod(module).failed == 0


class TestVocabulary:
    def test_every_code_below_a_division_has_a_parent_that_begins_it(self):
        known = cpv.vocabulary()
        for code in known:
            above = cpv.parent_code(code)
            if above is None:
                assert cpv.significant(code) == code[:2]
            else:
                assert code.startswith(cpv.significant(above))
                first, last = cpv.code_range(above)
                assert first <= code <= last

    def test_has_the_divisions_of_the_regulation(self):
        assert sum(1 for code in cpv.vocabulary() if code.endswith("000000")) == 45

    @given(st.text(max_size=15))
    def test_the_nearest_code_is_a_code(self, text):
        near = cpv.nearest_code(text)
        assert near is None or near in cpv.vocabulary()


class TestUnits:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("each", "EA"), ("EA", "EA"), ("ea.", "EA"), ("Per Item", "EA"), ("Box", "XBX"),
            ("BX", "XBX"), ("pkt", "XPA"), ("kg", "KGM"), ("m²", "MTK"), ("sq m", "MTK"),
            ("Rolls", "XRO"), ("per hour", "HUR"), ("working day", "E49"), ("doz", "DZN"),
        ],
    )  # fmt: skip
    def test_knows_what_suppliers_write(self, text, code):
        assert unit_code(text) == code

    def test_every_code_means_itself(self):
        assert {code: unit_code(code) for code in UNIT_NAMES} == {code: code for code in UNIT_NAMES}

    def test_no_word_means_two_units(self):
        assert all(code in UNIT_NAMES for code in SPELLINGS.values())

    @pytest.mark.parametrize(("text", "code"), [("boxs", "XBX"), ("fathom", None), ("", None)])
    def test_suggests_only_what_is_near(self, text, code):
        assert nearest_unit(text) == code

    def test_every_unit_has_a_label(self):
        assert UNIT_LABELS.keys() == UNIT_NAMES.keys()
        assert unit_label("XBX") == "box"
        assert unit_label("QQQ") == "QQQ"

    @pytest.mark.parametrize(
        ("unit", "size", "words"),
        [
            ("EA", 1, "each"), ("EA", 6, "for 6"), ("XBX", 1, "per box"),
            ("XBX", 10, "per box of 10"),
        ],
    )  # fmt: skip
    def test_says_what_one_price_buys(self, unit, size, words):
        assert sold_by(unit, size) == words


def test_every_reason_has_words_that_take_their_facts():
    facts = {
        "found": 1, "most": 2, "character": "U+0007", "places": 6, "right": "0", "expected": 3,
        "first": 4, "suggestion": "XBX",
    }  # fmt: skip
    for code in wording._WORDS:
        reason, advice = wording.reason(code, facts), wording.suggestion(code, facts)
        assert "%" not in reason + advice
        assert reason.endswith(".")
        assert "Did you mean" in advice


OF_A_ROW = {"field-count", "twice", "total", "no-product", "note"}


def test_what_is_wrong_with_a_box_names_it_and_speaks_of_no_file():
    facts = {"found": 1, "most": 2, "character": "U+0007", "places": 6, "right": "0"}
    assert wording._IN_A_BOX.keys() == wording._WORDS.keys() - OF_A_ROW
    for code in wording._IN_A_BOX:
        words = wording.in_a_box("unit_price", code, facts)
        assert words.startswith("Unit price ")
        assert not {"row", "column", "cell", "file"} & set(words.lower().split())
    assert wording.in_a_box("lead_time_days", "too-big", {"most": 1730}).endswith("1,730 or less.")
    assert wording.in_a_box("unit", "unknown-unit", {"suggestion": "XBX"}).startswith(
        "Did you mean box (XBX)? Unit must"
    )
