"""To the penny: every figure that the official rules let through is caught, its twin is not."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.formats import model
from invoicing.judging.findings import Code, Severity
from invoicing.judging.totals import judge_totals
from invoicing.judging.vat import Rounding, legitimate_vat
from tests.factories.einvoices import (
    REDUCED,
    STANDARD,
    ZERO,
    invoice,
    line,
    lines,
    rounded,
    summed,
)

PENNY = Decimal("0.01")


def found(made: model.Invoice) -> set[str]:
    return {each.code for each in judge_totals(made) if each.severity is not Severity.NOTE}


def with_totals(made: model.Invoice, **more) -> model.Invoice:
    return replace(made, totals=replace(made.totals, **more))


def with_vat(made: model.Invoice, by: str) -> model.Invoice:
    """VAT of the first row out by so much, and every total after it brought into line."""
    (total,) = made.tax_totals
    first, *others = total.rows
    first = replace(first, tax_amount=first.tax_amount + Decimal(by))
    total = replace(total, amount=total.amount + Decimal(by), rows=(first, *others))
    totals = replace(
        made.totals,
        gross_amount=made.totals.gross_amount + Decimal(by),
        payable_amount=made.totals.payable_amount + Decimal(by),
    )
    return replace(made, tax_totals=(total,), totals=totals)


def with_line(made: model.Invoice, **more) -> model.Invoice:
    first, *others = made.lines
    return summed(replace(made, lines=(replace(first, **more), *others)))


class TestAnHonestInvoice:
    @pytest.mark.parametrize("count", [1, 10, 500])
    def test_has_nothing_against_it(self, count):
        assert judge_totals(invoice(lines(count))) == []

    def test_with_discounts_and_charges(self):
        ten = model.AllowanceCharge(
            reason="Ten per cent", percent=Decimal(10), base_amount=Decimal("33.33"),
            amount=Decimal("3.33"), category=STANDARD,
        )  # fmt: skip
        post = model.AllowanceCharge(True, "FC", "Post", amount=Decimal("4.99"), category=REDUCED)
        assert judge_totals(invoice(adjustments=(ten, post))) == []

    def test_with_a_price_for_a_hundred_and_a_discount_on_it(self):
        price = model.Price(
            Decimal("12.50"), discount_amount=Decimal("2.50"), gross_amount=Decimal("15.00"),
            base_quantity=Decimal(100), base_unit="EA",
        )  # fmt: skip
        one = replace(line(1), quantity=Decimal(250), price=price, net_amount=Decimal("31.25"))
        assert judge_totals(invoice((one,))) == []

    def test_with_discounts_and_charges_of_a_line(self):
        less = model.AllowanceCharge(amount=Decimal("1.00"))
        more = model.AllowanceCharge(True, amount=Decimal("0.25"))
        one = replace(line(1, "2", "10"), adjustments=(less, more), net_amount=Decimal("19.25"))
        assert judge_totals(invoice((one,))) == []

    def test_as_a_credit_note(self):
        assert judge_totals(invoice(is_credit_note=True, type_code="381")) == []

    def test_with_negative_lines_that_take_back(self):
        assert judge_totals(invoice((line(1, "5"), line(2, "-2")))) == []

    def test_with_two_places_only_where_they_are_needed(self):
        made = invoice((line(1, "1", "5"),))
        assert judge_totals(with_totals(made, net_amount=Decimal(5))) == []


# Documents.md 6.1: what CEN's rules let through, and a few that they do not.
CAUGHT = {
    "VAT out by a penny": (lambda made: with_vat(made, "0.01"), Code.VAT_AMOUNT),
    "VAT out by 50p": (lambda made: with_vat(made, "0.50"), Code.VAT_AMOUNT),
    "VAT out by 99p": (lambda made: with_vat(made, "0.99"), Code.VAT_AMOUNT),
    "VAT short by 99p": (lambda made: with_vat(made, "-0.99"), Code.VAT_AMOUNT),
    "VAT out by two pounds": (lambda made: with_vat(made, "2.00"), Code.VAT_AMOUNT),
    "a line out by a penny": (
        lambda made: with_line(made, net_amount=made.lines[0].net_amount + PENNY), Code.LINE_NET,
    ),
    "a line out by two": (
        lambda made: with_line(made, net_amount=made.lines[0].net_amount - 2 * PENNY),
        Code.LINE_NET,
    ),
    "nothing came and it costs the same": (
        lambda made: with_line(made, quantity=Decimal(0)), Code.LINE_NET,
    ),
    "a price for nothing": (
        lambda made: with_line(made, price=model.Price(Decimal(1), base_quantity=Decimal(0))),
        Code.LINE_NET,
    ),
    "payable out by a penny": (
        lambda made: with_totals(made, payable_amount=made.totals.payable_amount + PENNY),
        Code.PAYABLE,
    ),
    "950 pounds of rounding": (lambda made: summed(made, rounding=Decimal(950)), Code.ROUNDING),
    "six pence of rounding": (lambda made: summed(made, rounding=6 * PENNY), Code.ROUNDING),
    "more prepaid than owed": (lambda made: summed(made, prepaid=Decimal(9999)), Code.CREDIT_DUE),
    "a line number twice": (lambda made: with_line(made, number="2"), Code.LINE_REPEATED),
    "a negative price": (
        lambda made: with_line(
            made, price=model.Price(Decimal("-1.335")), quantity=-made.lines[0].quantity
        ),
        Code.PRICE_NEGATIVE,
    ),
    "the wrong discount": (
        lambda made: with_line(
            made,
            price=replace(
                made.lines[0].price, gross_amount=Decimal(2), discount_amount=Decimal("0.66")
            ),
        ),
        Code.PRICE_DISCOUNT,
    ),
    "a percentage of something else": (
        lambda made: summed(
            replace(
                made,
                adjustments=(
                    model.AllowanceCharge(
                        percent=Decimal(10), base_amount=Decimal(100), amount=Decimal("10.03"),
                        category=STANDARD,
                    ),
                ),
            )
        ),
        Code.PERCENTAGE,
    ),
    "a credit inside an invoice": (lambda made: replace(made, type_code="381"), Code.KIND),
    "an invoice inside a credit note": (lambda made: replace(made, is_credit_note=True), Code.KIND),
    "a third place": (
        lambda made: with_totals(made, payable_amount=made.totals.payable_amount + PENNY / 10),
        Code.PLACES,
    ),
    "no quantity": (lambda made: with_line(made, quantity=None), Code.MISSING),
    "no price": (lambda made: with_line(made, price=model.Price()), Code.MISSING),
    "no total": (lambda made: with_totals(made, net_amount=None), Code.MISSING),
    "lines that come to more": (
        lambda made: with_totals(made, line_net_amount=Decimal(1)), Code.SUM_OF_LINES,
    ),
    "discounts from nowhere": (
        lambda made: with_totals(made, allowance_amount=Decimal(1)), Code.SUM_OF_ALLOWANCES,
    ),
    "charges from nowhere": (
        lambda made: with_totals(made, charge_amount=Decimal(1)), Code.SUM_OF_CHARGES,
    ),
    "net": (lambda made: with_totals(made, net_amount=Decimal(1)), Code.NET_TOTAL),
    "gross": (lambda made: with_totals(made, gross_amount=Decimal(1)), Code.GROSS_TOTAL),
    "VAT that is no row's": (
        lambda made: replace(
            made, tax_totals=(replace(made.tax_totals[0], amount=Decimal(1)),)
        ),
        Code.VAT_TOTAL,
    ),
    "a row without its lines": (
        lambda made: replace(
            made,
            lines=tuple(
                replace(each, item=replace(each.item, category=ZERO)) for each in made.lines
            ),
        ),
        Code.VAT_BASE,
    ),
}  # fmt: skip


class TestASpoiltInvoice:
    @pytest.mark.parametrize("name", CAUGHT)
    def test_is_caught(self, name):
        spoil, code = CAUGHT[name]
        assert code in found(spoil(invoice()))

    def test_says_what_it_should_have_been_and_where(self):
        (finding,) = judge_totals(with_vat(invoice((line(1, "3", "0.33"),)), "0.04"))
        assert (finding.where, finding.expected, finding.actual, finding.text) == (
            "BT-117", "0.19 / 0.20", "0.24", "S 20%",
        )  # fmt: skip

    def test_blocks_what_the_standard_itself_refuses_and_holds_the_rest(self):
        blocked = {
            name
            for name, (spoil, code) in CAUGHT.items()
            if any(
                each.code == code and each.severity is Severity.BLOCK
                for each in judge_totals(spoil(invoice()))
            )
        }
        assert blocked == {
            "payable out by a penny", "a negative price", "a third place", "no quantity",
            "no price", "no total", "lines that come to more", "discounts from nowhere",
            "charges from nowhere", "net", "gross", "VAT that is no row's",
        }  # fmt: skip

    def test_a_prepayment_is_held_and_five_pence_of_rounding_are_not(self):
        made = summed(invoice(), prepaid=Decimal("1.00"), rounding=5 * PENNY)
        assert [(f.code, f.severity) for f in judge_totals(made)] == [(Code.PREPAID, Severity.HOLD)]

    def test_figures_beyond_all_measure_do_not_break_it(self):
        huge = Decimal("9" * 30 + "." + "9" * 30)
        spoilt = replace(line(1), quantity=huge, price=model.Price(huge, base_quantity=huge / 7))
        assert Code.LINE_NET in found(invoice((spoilt,)))


nets = st.lists(st.decimals(-(10**6), 10**6, places=2), min_size=1, max_size=12)
rates = st.sampled_from([Decimal(20), Decimal(5), Decimal("17.5"), Decimal("12.5"), Decimal(0)])


class TestTheFourWaysOfRounding:
    @given(nets, rates)
    def test_each_is_taken_and_named(self, amounts, rate):
        category = model.TaxCategory("S", rate)
        each = tuple(
            replace(line(n, "1", "1", category), net_amount=net, price=model.Price(net))
            for n, net in enumerate(amounts, 1)
        )
        made = invoice(each)
        right = made.tax_totals[0].rows[0].tax_amount
        ways = legitimate_vat(amounts, rate)
        for amount in ways.values():
            notes = judge_totals(with_vat(made, str(amount - right)))
            assert not [f for f in notes if f.code == Code.VAT_AMOUNT]
            named = [f.text for f in notes if f.code == Code.VAT_ROUNDING]
            assert named == (
                [] if amount == right else [next(w for w in ways if ways[w] == amount)]
            )

    @given(nets, rates, st.integers(-200, 200))
    def test_nothing_else_is(self, amounts, rate, pennies):
        category = model.TaxCategory("S", rate)
        each = tuple(
            replace(line(n, "1", "1", category), net_amount=net, price=model.Price(net))
            for n, net in enumerate(amounts, 1)
        )
        made = invoice(each)
        stated = made.tax_totals[0].rows[0].tax_amount + pennies * PENNY
        judged = {f.code for f in judge_totals(with_vat(made, str(pennies * PENNY)))}
        is_right = stated in legitimate_vat(amounts, rate).values()
        assert (Code.VAT_AMOUNT in judged) != is_right

    @given(nets, rates)
    def test_they_are_what_hmrc_describes(self, amounts, rate):
        ways = legitimate_vat(amounts, rate)
        whole = sum(amounts) * rate / 100
        assert ways[Rounding.DOCUMENT] == whole.quantize(PENNY, ROUND_HALF_UP)
        assert ways[Rounding.DOCUMENT_DOWN] == whole.quantize(PENNY, ROUND_DOWN)
        assert ways[Rounding.LINES] == sum(rounded(net * rate / 100) for net in amounts)
        assert abs(ways[Rounding.LINES] - whole) <= PENNY * len(amounts) / 2

    @given(nets, rates)
    def test_a_credit_comes_to_what_the_invoice_did(self, amounts, rate):
        there, back = legitimate_vat(amounts, rate), legitimate_vat([-n for n in amounts], rate)
        assert {way: -amount for way, amount in back.items()} == there

    def test_tenths_of_a_penny_are_left_off_line_by_line(self):
        """Ten lines of a penny at 5 %: each bears half a tenth, which is nothing."""
        ways = legitimate_vat([PENNY] * 10, Decimal(5))
        assert ways[Rounding.LINES_TENTH_DOWN] == 0
        assert ways[Rounding.DOCUMENT] == PENNY

    def test_a_storno_of_half_a_penny(self):
        """The case that caught users between two official rules: net 7231.875 at 20 %."""
        assert legitimate_vat([Decimal("-7231.875")], Decimal(20))[Rounding.DOCUMENT] == Decimal(
            "-1446.38"
        )


@given(st.integers(1, 12), st.data())
def test_any_honest_invoice_passes_and_any_total_out_by_a_penny_does_not(count, data):
    made = invoice(
        tuple(
            line(
                n,
                data.draw(st.decimals(-1000, 1000, places=3)),
                data.draw(st.decimals(0, 1000, places=4)),
                data.draw(st.sampled_from([STANDARD, REDUCED, ZERO])),
            )
            for n in range(1, count + 1)
        )
    )
    assert found(made) - {Code.CREDIT_DUE} == set()
    name = data.draw(
        st.sampled_from(["line_net_amount", "net_amount", "gross_amount", "payable_amount"])
    )
    out = with_totals(made, **{name: getattr(made.totals, name) + PENNY})
    assert found(out) - {Code.CREDIT_DUE}
