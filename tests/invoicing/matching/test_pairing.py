"""Which order line an invoice line speaks of."""

from __future__ import annotations

import doctest
from dataclasses import replace
from uuid import UUID

import pytest

from invoicing.matching import pairing
from invoicing.matching.pairing import How, pair_lines
from tests.invoicing.matching.lines import billed, ordered

PAPER, PENS = ordered(1, part="PA-0080"), ordered(2, part="000451", gtin="5012345678900")


def pair(line, *lines):
    return pair_lines([line], lines or (PAPER, PENS))[0]


def test_examples_are_true():
    assert doctest.testmod(pairing).failed == 0


@pytest.mark.parametrize("reference", ["2", "02", "00002", "000000000000002"])
def test_takes_the_suppliers_own_reference(reference):
    found = pair(replace(billed(PENS), reference=reference))
    assert (found.ordered, found.how, found.contradicts) == (PENS, How.REFERENCE, False)


@pytest.mark.parametrize("reference", ["", "3", "NA", "-2", "2.0", "²"])
def test_goes_by_the_goods_where_the_reference_says_nothing(reference):
    found = pair(replace(billed(PENS), reference=reference))
    assert (found.ordered, found.how) == (PENS, How.PART_NUMBER)


@pytest.mark.parametrize("part", ["pa0080", "PA 0080", "PA/0080"])
def test_reads_a_part_number_as_a_person_would(part):
    found = pair(replace(billed(PAPER), reference="", part_number=part))
    assert (found.ordered, found.how) == (PAPER, How.PART_NUMBER)


def test_goes_by_gtin_where_the_part_number_is_the_manufacturers():
    found = pair(replace(billed(PENS), reference="", part_number="BIC-1"))
    assert (found.ordered, found.how) == (PENS, How.GTIN)


def test_says_that_the_line_named_is_of_other_goods():
    found = pair(replace(billed(PAPER), reference="2"))
    assert (found.ordered, found.contradicts) == (PENS, True)


def test_a_line_without_codes_contradicts_nothing():
    assert not pair(replace(billed(PENS), part_number="", gtin="")).contradicts


def test_nothing_answers_to_goods_that_were_not_ordered():
    found = pair(replace(billed(PAPER), reference="", part_number="X"))
    assert (found.ordered, found.how, found.candidates) == (None, How.NOTHING, ())


def test_an_empty_code_is_nobodys():
    blank = ordered(3, part="-")
    assert pair(replace(billed(PAPER), reference="", part_number=""), blank).ordered is None
    assert pair(replace(billed(PAPER), reference="", part_number="0"), blank).ordered is None


class TestTwoLinesOfTheSameGoods:
    cheap, dear = ordered(1, price="2.50", part="A"), ordered(2, price="3.00", part="A")

    def test_the_price_decides(self):
        found = pair(replace(billed(self.dear), reference=""), self.cheap, self.dear)
        assert found.ordered == self.dear

    def test_a_person_decides_where_it_does_not(self):
        line = replace(billed(self.dear, price="4.00"), reference="")
        found = pair(line, self.cheap, self.dear)
        assert (found.ordered, found.candidates) == (None, (UUID(int=1), UUID(int=2)))
        chosen = pair(replace(line, chosen=UUID(int=2)), self.cheap, self.dear)
        assert (chosen.ordered, chosen.how) == (self.dear, How.PERSON)

    def test_a_choice_of_what_is_not_there_is_none(self):
        line = replace(billed(self.cheap), chosen=UUID(int=9))
        assert pair(line, self.cheap, self.dear).how is How.REFERENCE


@pytest.mark.parametrize(
    ("reference", "means"), [("00001", True), ("4000000001", False), ("0", False), ("²", False)]
)
def test_a_reference_is_the_whole_number(reference, means):
    line = ordered()
    said = replace(billed(line), reference=reference, part_number="", gtin="")
    (pair,) = pair_lines([said], [line])
    assert (pair.ordered is not None) == means


class TestAPerson:
    def test_goes_before_what_the_document_says(self):
        found = pair(replace(billed(PAPER), chosen=PENS.line_id))
        assert (found.ordered, found.how, found.contradicts) == (PENS, How.PERSON, False)

    def test_says_nothing_of_another_order(self):
        found = pair(replace(billed(PAPER), chosen=UUID(int=99)))
        assert (found.ordered, found.how) == (PAPER, How.REFERENCE)

    def test_may_say_that_it_is_none(self):
        found = pair(replace(billed(PAPER), is_on_no_line=True))
        assert (found.ordered, found.how) == (None, How.PERSON)
