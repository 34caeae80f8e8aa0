"""The three-way match: what is held, and the honest invoice beside it that is not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.matching.rules import (
    MOST_BY_ROUNDING,
    Code,
    Creditable,
    Severity,
    match_credit_lines,
    match_invoice_lines,
)
from invoicing.matching.tolerances import Limit, Tolerances
from invoicing.matching.totals import match_totals
from marketplace.core.money import Money
from tests.invoicing.matching.lines import after, asked, billed, held, ordered

EXACT = Tolerances()
LINE = ordered()


def codes(match, severity=Severity.HOLD):
    return [each.code for each in match.findings if each.severity is severity]


def notes(match):
    return codes(match, Severity.NOTE)


def match(*lines, on=(LINE,), tolerances=EXACT, **more):
    return match_invoice_lines(lines, on, tolerances, **more)


class TestOneInvoice:
    def test_an_honest_one_agrees_and_bills_its_lines(self):
        found = match(billed(LINE))
        assert (found.agrees, found.findings) == (True, ())
        share = found.shares[0]
        assert (share.ordered_id, share.quantity, share.amount) == (LINE.line_id, 10, Decimal(25))

    @pytest.mark.parametrize(
        ("line", "code", "agreed", "asked"),
        [
            (billed(LINE, price="3.75"), Code.PRICE, "2.50", "3.75"),
            (billed(LINE, price="2.500001"), Code.PRICE, "2.50", "2.500001"),
            (billed(LINE, vat_percent=Decimal(0)), Code.VAT_RATE, "20", "0"),
            (billed(LINE, unit="XBX"), Code.UNIT, "EA", "XBX"),
            (billed(LINE, part_number="OTHER"), Code.OTHER_GOODS, "P-1", "OTHER"),
            (billed(LINE, net_amount=Decimal("25.01")), Code.LINE_TOTAL, "25", "25.01"),
        ],
    )
    def test_holds_what_differs(self, line, code, agreed, asked):
        found = match(line)
        assert codes(found) == [code]
        finding = found.findings[0]
        assert (finding.severity, finding.place) == (Severity.HOLD, 1)
        assert [type(finding.agreed)(agreed), type(finding.asked)(asked)] == [
            finding.agreed,
            finding.asked,
        ]

    def test_a_lower_price_is_only_noted(self):
        found = match(billed(LINE, price="2.00"))
        assert (notes(found), found.agrees) == ([Code.CHEAPER], True)

    def test_goods_that_were_free_are_never_billed_within_a_tolerance(self):
        free = ordered(price="0")
        wide = Tolerances(unit_price=Limit(amount=Decimal(1)), line_total=Limit())
        assert codes(match(billed(free, price="0.01"), on=[free], tolerances=wide)) == [Code.PRICE]

    def test_goods_that_were_not_ordered_are_held(self):
        line = billed(LINE, reference="", part_number="X")
        assert codes(match(line)) == [Code.NOT_ORDERED]

    def test_a_price_that_is_too_dear_hides_nothing_else(self):
        """A penny a unit may be let through; the five hundred pounds beneath it are another."""
        dear = billed(LINE, price="2.51")
        assert codes(match(dear)) == [Code.PRICE]
        found = match(replace(dear, net_amount=dear.net_amount + 500))
        assert codes(found) == [Code.PRICE, Code.LINE_TOTAL]
        assert (found.findings[1].agreed, found.findings[1].asked) == (
            Decimal("25.10"), Decimal("525.10"),
        )  # fmt: skip

    def test_a_price_that_is_too_dear_is_said_once_whatever_it_is_rounded_to(self):
        for price, quantity in (("2.51", "3.333"), ("2.5049", "7.77"), ("99.999", "0.105")):
            assert codes(match(billed(LINE, quantity, price))) == [Code.PRICE]

    def test_another_rate_is_said_in_another_unit_too(self):
        line = billed(LINE, unit="XBX", vat_percent=Decimal(0))
        assert codes(match(line)) == [Code.VAT_RATE, Code.UNIT]

    def test_the_same_line_twice_in_one_invoice_is_held(self):
        found = match(billed(LINE), billed(LINE, place=2))
        assert set(codes(found)) == {Code.BEYOND_ORDERED, Code.BEYOND_RECEIVED}
        assert {each.place for each in found.findings} == {2}

    def test_a_line_in_two_parts_agrees(self):
        assert match(billed(LINE, "4"), billed(LINE, "6", place=2)).agrees

    def test_a_line_that_takes_something_back_agrees_with_its_sign(self):
        assert match(billed(LINE), billed(LINE, "-2", place=2)).agrees

    def test_more_taken_back_than_was_billed_is_held(self):
        assert codes(match(billed(LINE, "-2"))) == [Code.MORE_TAKEN_BACK]


class TestPennies:
    """200 labels at half a penny come to a pound, however many lines or invoices bill them."""

    labels = ordered(quantity="200", price="0.005")

    def test_one_by_one_in_one_invoice(self):
        single = [billed(self.labels, "1", place=place) for place in range(1, 201)]
        found = match(*single, on=[self.labels])
        assert codes(found) == [Code.LINE_TOTAL]
        assert (found.findings[0].agreed, found.findings[0].asked) == (Decimal("1.01"), 2)

    def test_one_by_one_in_many(self):
        line, amount = self.labels, Decimal(0)
        for _number in range(200):
            part = billed(line, "1")
            if match(part, on=[line]).agrees:
                line, amount = after(line, part), amount + part.net_amount
        assert amount == line.net_amount + MOST_BY_ROUNDING == Decimal("1.05")

    def test_all_at_once_and_in_two_lines(self):
        assert match(billed(self.labels), on=[self.labels]).agrees
        two = [billed(self.labels, "99", place=1), billed(self.labels, "99", place=2)]
        assert match(*two, on=[self.labels]).agrees

    def test_an_honest_line_in_two_parts_may_be_a_penny_more(self):
        line = ordered(quantity="5000", price="0.0255")
        first = billed(line, "1250")
        assert match(first, on=[line]).agrees
        assert match(billed(line, "3750"), on=[after(line, first)]).agrees

    def test_a_penny_more_where_lines_are_rounded_each_by_itself(self):
        two = [billed(self.labels, "1", place=place) for place in (1, 2)]
        assert match(*two, on=[self.labels]).agrees
        four = [billed(self.labels, "1", place=place) for place in (1, 2, 3, 4)]
        assert codes(match(*four, on=[self.labels])) == [Code.LINE_TOTAL]


class TestQuantities:
    def test_what_has_not_come_is_held(self):
        half = ordered(received="4")
        assert codes(match(billed(half), on=[half])) == [Code.BEYOND_RECEIVED]
        assert match(billed(half, "4"), on=[half]).agrees

    def test_on_the_order_alone_where_the_council_pays_so(self):
        none = ordered(received="0")
        two_way = Tolerances(needs_receipt=False)
        found = match(billed(none), on=[none], tolerances=two_way)
        assert (notes(found), found.agrees) == ([Code.BEYOND_RECEIVED], True)

    def test_every_other_invoice_counts(self):
        """Each of the two agrees by itself; together they bill more than was ordered."""
        first = billed(LINE, "6")
        assert match(first).agrees
        rest = after(LINE, first)
        assert set(codes(match(first, on=[rest]))) == {Code.BEYOND_ORDERED, Code.BEYOND_RECEIVED}
        assert match(billed(LINE, "4"), on=[rest]).agrees

    def test_more_than_was_ordered_within_a_tolerance(self):
        more = ordered(received="11")
        some = Tolerances(
            ordered_quantity=Limit(percent=Decimal(10)), line_total=Limit(percent=Decimal(10))
        )
        found = match(billed(more, "11"), on=[more], tolerances=some)
        assert (notes(found), found.agrees) == ([Code.BEYOND_ORDERED], True)

    def test_more_of_a_thing_is_no_more_money_than_the_line_may_come_to(self):
        """A tenth more of it, at a tenth more each, would be a fifth more in all."""
        more, tenth = ordered(received="11"), Limit(percent=Decimal(10))
        some = Tolerances(unit_price=tenth, ordered_quantity=tenth, line_total=tenth)
        assert codes(match(billed(more, "11", "2.75"), on=[more], tolerances=some)) == [
            Code.LINE_TOTAL
        ]
        assert match(billed(more, "11", "2.50"), on=[more], tolerances=some).agrees
        assert match(billed(more, "10", "2.75"), on=[more], tolerances=some).agrees

    def test_more_than_came_within_a_tolerance(self):
        some = Tolerances(received_quantity=Limit(percent=Decimal(10)))
        nine, none = ordered(quantity="11", received="10"), ordered(received="0")
        found = match(billed(nine), on=[nine], tolerances=some)
        assert (notes(found), found.agrees) == ([Code.BEYOND_RECEIVED], True)
        assert codes(match(billed(none, "1"), on=[none], tolerances=some)) == [Code.BEYOND_RECEIVED]

    def test_what_was_refused_is_not_billed_within_a_tolerance(self):
        refused = ordered(quantity="0", received="0")
        some = Tolerances(ordered_quantity=Limit(amount=Decimal(5)), needs_receipt=False)
        found = match(billed(refused, "1"), on=[refused], tolerances=some)
        assert codes(found) == [Code.BEYOND_ORDERED]


def test_small_excesses_of_price_add_up_to_a_large_one():
    """1,000 at 10.00, within 10 % a unit and £500 in all, billed at 10.80 in three parts."""
    line = ordered(quantity="1000", price="10")
    some = Tolerances(
        unit_price=Limit(percent=Decimal(10)), line_total=Limit(amount=Decimal(500)),
        ordered_quantity=Limit(), received_quantity=Limit(),
    )  # fmt: skip
    for quantity, found in (("500", []), ("100", []), ("200", [Code.LINE_TOTAL])):
        part = billed(line, quantity, "10.80")
        held = match(part, on=[line], tolerances=some)
        assert (codes(held), notes(held)) == (found, [Code.PRICE])
        line = after(line, part)


def test_who_asks_no_more_than_was_agreed_is_not_held_for_who_did():
    """The one that was too dear is looked at by itself; what follows it is honest."""
    dear, honest = billed(LINE, "5", "3.00"), billed(LINE, "5", place=2)
    assert codes(match(dear)) == [Code.PRICE]
    assert match(honest, on=[after(LINE, dear)]).findings == ()


def test_what_takes_back_leaves_no_excess_on_less():
    """100 at a tenth more, and 90 of them back at the price agreed: 10 at twice the price."""
    line, tenth = ordered(quantity="100", price="1"), Limit(percent=Decimal(10))
    some = Tolerances(unit_price=tenth, line_total=tenth)
    dear = billed(line, "100", "1.10")
    assert match(dear, on=[line], tolerances=some).agrees
    back = billed(line, "-90", "1")
    assert codes(match(back, on=[after(line, dear)], tolerances=some)) == [Code.LINE_TOTAL]


LIMITS = st.builds(
    Limit,
    st.none() | st.decimals(0, 10, places=1),
    st.none() | st.decimals(0, 100, places=2),
)
PARTS = st.lists(
    st.tuples(
        st.decimals("0.1", 60, places=1),  # quantity
        st.decimals("9", "12", places=2),  # price, of 10.00 agreed
        st.decimals(0, 4, places=2),  # charges
    ),
    min_size=1,
    max_size=8,
)


@given(
    prices=LIMITS,
    quantities=st.builds(Limit, st.decimals(0, 10, places=1), st.none() | st.decimals(0, 5)),
    totals=LIMITS.filter(lambda limit: limit.is_tested),
    charges=st.decimals(0, 10, places=2),
    parts=PARTS,
)
def test_many_invoices_come_to_no_more_than_one_may(prices, quantities, totals, charges, parts):
    """However it is parted: what was let go on by itself stays within what the council allows."""
    allowed = Tolerances(prices, quantities, quantities, totals, charges)
    line = ordered(quantity="100", price="10")
    charged = Decimal(0)
    for number, (quantity, price, charge) in enumerate(parts, 1):
        part = billed(line, str(quantity), str(price), place=number, reference="1")
        stated = asked([part], charges_amount=charge, charged_before=charged)
        whole = match_totals(stated, [part], allowed)
        if match(part, on=[line], tolerances=allowed).agrees and not held(whole):
            line, charged = after(line, part), charged + charge
    assert quantities.allows(line.quantity, line.billed_quantity)
    assert totals.allows(min(line.billed_worth, line.net_amount), line.billed_amount)
    assert charged <= charges


def test_the_split_is_tried_in_earnest():
    """Negative control: each part by itself would go on, and all together are far too much."""
    tenth = Limit(percent=Decimal(10))
    allowed = Tolerances(tenth, tenth, tenth, tenth, Decimal(5))
    line = ordered(quantity="100", price="10")
    part = billed(line, "11", "11")
    assert match(part, on=[line], tolerances=allowed).agrees
    assert not held(match_totals(asked([part], charges_amount=Decimal(4)), [part], allowed))
    assert not allowed.line_total.allows(line.net_amount, 11 * part.net_amount)


class TestCredit:
    left = {LINE.line_id: Creditable(Decimal(10), Decimal(25))}

    def test_gives_back_what_was_billed(self):
        found = match_credit_lines([billed(LINE, "4")], [LINE], self.left)
        assert found.agrees
        assert [(each.quantity, each.amount) for each in found.shares] == [(-4, Decimal(-10))]

    @pytest.mark.parametrize(
        ("quantity", "price", "code"),
        [("10", "2.51", Code.CREDIT_TOO_LARGE), ("11", "1.00", Code.CREDIT_BEYOND_BILLED)],
    )
    def test_never_more_than_was_billed(self, quantity, price, code):
        found = match_credit_lines([billed(LINE, quantity, price)], [LINE], self.left)
        assert codes(found) == [code]

    def test_two_lines_count_together(self):
        lines = [billed(LINE, "6"), billed(LINE, "6", place=2)]
        assert codes(match_credit_lines(lines, [LINE], self.left)) == [Code.CREDIT_TOO_LARGE]

    def test_not_what_was_never_billed(self):
        other = ordered(2)
        found = match_credit_lines([billed(other)], [LINE, other], self.left)
        assert codes(found) == [Code.NOT_BILLED]


PRICES = st.decimals("0.000001", "9999", places=6)


@given(data=st.data(), count=st.integers(1, 6))
def test_an_honest_supplier_is_never_held(data, count):
    """Whatever the prices, however it is parted and in whatever order the invoices come.

    Honest is who asks no more of a line than is left of it when pennies were rounded up before.
    """
    lines = [
        ordered(place, str(data.draw(st.integers(1, 500))), str(data.draw(PRICES)))
        for place in range(1, count + 1)
    ]
    parts = []
    for line in lines:
        left = line.quantity
        while left > 0:
            part = Decimal(data.draw(st.integers(1, int(left))))
            parts.append((line.place, part))
            left -= part
    now = {line.place: line for line in lines}
    for place, quantity in data.draw(st.permutations(parts)):
        line = now[place]
        bill = billed(line, str(quantity))
        left = line.net_amount - line.billed_worth
        bill = replace(bill, net_amount=min(bill.net_amount, left))
        assert match_invoice_lines([bill], list(now.values()), EXACT).findings == ()
        now[place] = after(line, bill)
    assert [line.billed_quantity for line in now.values()] == [line.quantity for line in lines]
    one_more = billed(now[1], "1")
    assert not match_invoice_lines([one_more], list(now.values()), EXACT).agrees


@given(
    price=st.decimals("0.01", "9999", places=2),
    parts=st.lists(st.integers(1, 100), min_size=1, max_size=9),
)
def test_whole_pennies_leave_nothing_to_round(price, parts):
    line = ordered(quantity=str(sum(parts)), price=str(price))
    for quantity in parts:
        bill = billed(line, str(quantity))
        assert match(bill, on=[line]).findings == ()
        line = after(line, bill)
    assert line.billed_amount == line.net_amount == Money.rounded(price * sum(parts)).amount


@given(
    price=PRICES,
    asked=PRICES,
    quantity=st.integers(1, 100),
    received=st.integers(0, 100),
    billed_before=st.integers(0, 100),
)
def test_nothing_is_paid_beyond_what_was_agreed_and_came(
    price, asked, quantity, received, billed_before
):
    line = replace(
        ordered(quantity="50", price=str(price), received=str(received)),
        billed_quantity=Decimal(billed_before),
        billed_amount=price * billed_before,
        billed_worth=price * billed_before,
    )
    found = match(billed(line, str(quantity), str(asked)), on=[line])
    honest = asked <= price and billed_before + quantity <= min(50, received)
    assert found.agrees is honest


def test_the_same_facts_are_the_same_finding():
    first, again = match(billed(LINE, price="3")), match(billed(LINE, price="3"))
    assert first == again
    assert first.findings[0].facts == ("PRICE", "1", str(UUID(int=1)), "2.50", "3")


class TestUnits:
    def test_what_is_billed_in_another_unit_counts_for_nothing(self):
        line = ordered(unit="XBX")
        match = match_invoice_lines([billed(line, "100", "0.25", unit="EA")], [line], Tolerances())
        assert [each.code for each in match.findings] == [Code.UNIT]
        assert match.shares == ()

    def test_so_does_what_is_given_back_in_another(self):
        line = ordered(unit="XBX")
        left = {line.line_id: Creditable(Decimal(10), Decimal(25))}
        match = match_credit_lines([billed(line, "10", "0.25", unit="EA")], [line], left)
        assert [each.code for each in match.findings] == [Code.UNIT]
        assert match.shares == ()
