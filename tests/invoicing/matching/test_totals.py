"""What an invoice asks in all: held beyond its lines, and the honest one beside it that is not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.judging.totals import LARGEST_ROUNDING
from invoicing.judging.vat import legitimate_vat
from invoicing.matching.rules import Code, Severity
from invoicing.matching.tolerances import Tolerances
from invoicing.matching.totals import match_totals
from tests.invoicing.matching.lines import asked, billed, held, ordered

EXACT = Tolerances()
BILL = billed(ordered())  # 25.00 at 20 %


def found(stated, *lines, tolerances=EXACT):
    return match_totals(stated, lines or [BILL], tolerances)


class TestCharges:
    def test_one_beyond_the_lines_is_held(self):
        charged = asked([BILL], charges_amount=Decimal("4.95"))
        assert held(found(charged)) == [Code.CHARGE]
        allowed = found(charged, tolerances=Tolerances(charges=Decimal(5)))
        assert [(each.code, each.severity) for each in allowed] == [(Code.CHARGE, Severity.NOTE)]

    def test_those_of_all_invoices_of_an_order_count(self):
        some, before = Tolerances(charges=Decimal(5)), Decimal("4.95")
        for own, codes in (("0.05", []), ("0.06", [Code.CHARGE]), ("0", [])):
            stated = asked([BILL], charges_amount=Decimal(own), charged_before=before)
            assert held(found(stated, tolerances=some)) == codes


class TestVat:
    def test_what_the_lines_bear_agrees(self):
        assert found(asked([BILL])) == ()
        assert found(replace(asked([BILL]), vat_amount=Decimal("4.99"))) == ()

    def test_a_penny_more_is_held(self):
        stated = replace(asked([BILL]), vat_amount=Decimal("5.01"), payable_amount=Decimal("30.01"))
        (finding,) = found(stated)
        assert (finding.code, finding.agreed, finding.asked) == (
            Code.VAT_BEYOND, Decimal("5.00"), Decimal("5.01"),
        )  # fmt: skip

    def test_a_charge_bears_vat_and_no_more(self):
        stated = asked([BILL], charges_amount=Decimal(5))
        assert stated.vat_amount == 6
        some = Tolerances(charges=Decimal(5))
        assert held(found(stated, tolerances=some)) == []
        more = replace(stated, vat_amount=Decimal("6.01"))
        assert held(found(more, tolerances=some)) == [Code.VAT_BEYOND]

    @given(
        nets=st.lists(st.decimals("0.01", 999, places=2), min_size=1, max_size=9),
        off=st.decimals(0, 99, places=2),
        way=st.sampled_from(list(legitimate_vat([], Decimal(20)))),
    )
    def test_every_rounding_that_is_allowed_agrees_with_or_without_an_allowance(
        self, nets, off, way
    ):
        lines = [replace(BILL, net_amount=net, place=place) for place, net in enumerate(nets)]
        vat = legitimate_vat([*nets, -off], Decimal(20))[way]
        stated = replace(asked(lines), vat_amount=vat, payable_amount=sum(nets) - off + vat)
        assert found(stated, *lines) == ()


class TestPayable:
    @pytest.mark.parametrize(("more", "codes"), [("0.05", []), ("0.06", [Code.PAYABLE_BEYOND])])
    def test_more_than_a_rounding_is_held(self, more, codes):
        stated = asked([BILL])
        stated = replace(stated, payable_amount=stated.payable_amount + Decimal(more))
        assert held(found(stated)) == codes
        assert Decimal("0.05") == LARGEST_ROUNDING

    def test_less_agrees(self):
        assert found(replace(asked([BILL]), payable_amount=Decimal(1))) == ()
