"""Money that hides beneath lines which agree: charges, VAT, pennies, prepayments, credits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.formats import model
from invoicing.matching.tolerances import Tolerances
from invoicing.settling.services.allowing import set_allowed_differences
from invoicing.settling.services.checking import GoodsWentBack, ReverseChargeUnknown
from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import ControlAccount, JournalLine
from tests.factories import einvoices, invoicing, organisations, receipts
from tests.factories.einvoices import STANDARD, ZERO, summed
from tests.factories.ordering import NOON
from tests.probes.twins import check_held

LATER = invoicing.ISSUED_ON.replace(day=1)


def off(amount, category=STANDARD):
    return model.AllowanceCharge(
        is_charge=False, amount=Decimal(amount), reason="Discount", category=category
    )


def charge(amount, category=STANDARD):
    return model.AllowanceCharge(
        is_charge=True, amount=Decimal(amount), reason="Freight", category=category
    )


def with_line(said, **facts):
    """The invoice with its first line otherwise, and sums that are right for it."""
    first, *others = said.lines
    return summed(replace(said, lines=(replace(first, **facts), *others)))


@pytest.fixture
def said(stage):
    return stage.said_of(stage.delivered(), number="HIDDEN-1")


class TestBeneathTheLines:
    def test_a_charge_with_vat_made_up_for_by_an_allowance_without(self, stage, said):
        """Net of charges is nought, and VAT is twenty thousand pounds more."""
        much = Decimal("100000.00")
        made = summed(replace(said, adjustments=(off(much, ZERO), charge(much))))
        assert made.totals.net_amount == said.totals.net_amount
        check_held(stage, stage.taken(made), "CHARGE")

    def test_an_allowance_below_nought_is_a_charge(self, stage, said):
        made = summed(replace(said, adjustments=(off("-50.00"),)))
        check_held(stage, stage.taken(made), "CHARGE")

    def test_an_allowance_by_itself_agrees(self, stage, said):
        made = stage.taken(summed(replace(said, adjustments=(off("1.00"),))))
        assert made.status == "MATCHED"

    def test_a_line_charge_under_a_price_that_is_a_penny_dear(self, stage, said):
        line = said.lines[0]
        price = line.price.amount + Decimal("0.01")
        made = with_line(
            said,
            price=model.Price(price),
            net_amount=einvoices.rounded(price * line.quantity) + 500,
            adjustments=(model.AllowanceCharge(is_charge=True, amount=Decimal(500), reason="X"),),
        )
        check_held(stage, stage.taken(made), "PRICE", "LINE_TOTAL")

    @pytest.mark.parametrize(
        ("prepaid", "rounding"), [("-0.99", None), ("-0.94", "0.05"), ("-0.01", None), ("5", None)]
    )
    def test_what_is_said_to_be_paid_before_is_held(self, stage, said, prepaid, rounding):
        made = summed(said, Decimal(prepaid), rounding and Decimal(rounding))
        check_held(stage, stage.taken(made), "PREPAID")

    def test_a_rounding_of_pennies_agrees(self, stage, said):
        assert stage.taken(summed(said, rounding=Decimal("0.05"))).status == "MATCHED"


class TestNothing:
    def test_what_bills_none_of_it_comes_to_an_end(self, stage, said):
        made = stage.taken(with_line(said, quantity=Decimal(0), net_amount=Decimal("0.00")))
        assert made.status == "MATCHED"
        stage.approved(made)
        assert invoicing.now(made).status == "SETTLED"

    def test_and_leaves_the_goods_to_be_billed(self, stage, said):
        stage.taken(with_line(said, quantity=Decimal(0), net_amount=Decimal("0.00")))
        assert stage.taken(replace(said, number="REAL-7")).status == "MATCHED"


class TestPennies:
    def test_a_line_billed_one_by_one(self, stage):
        order = stage.delivered(quantity=200)
        (line,) = receipts.lines_of(order)
        singles = tuple(
            replace(
                invoicing.line_of(line, "0.001"), number=str(place),
                net_amount=einvoices.rounded(line.unit_price * Decimal("0.001")),
            )
            for place in range(1, 201)
        )  # fmt: skip
        made = stage.taken(stage.said_of(order, lines=singles))
        exact = line.unit_price * Decimal("0.2")
        over = made.net_amount - einvoices.rounded(exact)
        assert over > Decimal("0.01"), "negative control: rounding each line is worth trying"
        check_held(stage, made, "LINE_TOTAL")


class TestCreditNotes:
    """What was asked with VAT comes back with it, beside an honest credit note that goes on."""

    @pytest.fixture
    def paid(self, stage, said):
        return stage.approved(stage.taken(said))

    def test_a_whole_one_agrees(self, stage, said, paid):
        assert stage.taken(invoicing.credit_of(said)).status == "MATCHED"

    def test_one_without_vat(self, stage, said, paid):
        line = said.lines[0]
        zero = replace(line, item=replace(line.item, category=ZERO))
        made = invoicing.credit_of(said, lines=(zero,))
        assert made.tax_total.amount == 0
        check_held(stage, stage.taken(made), "VAT_RATE")

    def test_one_whose_vat_is_moved_to_another_rate(self, stage, said, paid):
        net = said.totals.net_amount
        made = invoicing.credit_of(said, adjustments=(charge(net, ZERO), off(net)))
        assert (made.totals.net_amount, made.tax_total.amount) == (net, 0)
        check_held(stage, stage.taken(made), "VAT_SHORT")

    def test_one_that_keeps_something_back(self, stage, said, paid):
        made = invoicing.credit_of(said, adjustments=(off("9.99"),))
        check_held(stage, stage.taken(made), "GIVES_BACK_LESS")

    def test_one_that_gives_back_vat_that_was_never_asked(self, stage, said, paid):
        net = said.totals.net_amount
        made = invoicing.credit_of(said, adjustments=(charge(net), off(net, ZERO)))
        invoice = stage.taken(made)
        check_held(stage, invoice, "GIVES_BACK_LESS")

    def test_one_of_an_invoice_with_an_allowance_keeps_back_as_much(self, stage):
        less = summed(
            replace(stage.said_of(stage.delivered(), number="LESS-1"), adjustments=(off("2.00"),))
        )
        stage.taken(less)
        assert stage.taken(invoicing.credit_of(less)).status == "MATCHED"


class TestBogusBesideHonest:
    """What is held since it asks too much takes nothing from an honest one beside it."""

    def test_an_impossible_credit_note(self, stage, said):
        stage.approved(stage.taken(said))
        lines = tuple(replace(line, quantity=line.quantity * 100,
                              net_amount=line.net_amount * 100) for line in said.lines)  # fmt: skip
        bogus = stage.taken(invoicing.credit_of(said, number="CN-BOGUS", lines=lines))
        check_held(stage, bogus, "CREDIT_ABOVE_INVOICE", "CREDIT_TOO_LARGE")
        honest = stage.taken(invoicing.credit_of(said, number="CN-HONEST"))
        assert (honest.status, invoicing.found_in(honest)) == ("MATCHED", [])

    def test_a_second_credit_note_names_the_first_and_no_less_than_nothing(self, stage, said):
        stage.approved(stage.taken(said))
        first = stage.approved(stage.taken(invoicing.credit_of(said)))
        second = stage.taken(invoicing.credit_of(said, number="CN-TWO", issued_on=LATER))
        check_held(stage, second, "CREDIT_ABOVE_INVOICE")
        with stewardship():
            finding = second.findings.get(code="CREDIT_ABOVE_INVOICE")
        assert (finding.other_id, finding.agreed) == (first.pk, "£0.00")

    def test_a_line_billed_twice(self, stage, said):
        line = said.lines[0]
        twice = summed(replace(said, number="TWICE-7", lines=(line, replace(line, number="2"))))
        check_held(stage, stage.taken(twice), "BEYOND_ORDERED")
        assert stage.taken(replace(said, issued_on=LATER)).status == "MATCHED"

    def test_what_was_let_through_is_not_paid_beside_the_honest_one(self, stage, said):
        line = said.lines[0]
        twice = summed(replace(said, number="TWICE-7", lines=(line, replace(line, number="2"))))
        bogus = stage.taken(twice)
        honest = stage.taken(replace(said, issued_on=LATER))
        assert stage.let_through(bogus).status == "MATCHED"
        stage.approved(honest)
        rich = organisations.actor(stage.market.council, "finance", name="Rich", limit=999_999)
        with pytest.raises(GoodsWentBack):
            stage.approved(bogus, rich)

    def test_charges_that_are_held(self, stage):
        order = stage.delivered()
        with stage.market.acting():
            set_allowed_differences(
                keeper=stage.other, allowed=Tolerances(charges=Decimal(5)), at=NOON
            )
        dear = summed(replace(stage.billing(order, 1, "DEAR-77"), adjustments=(charge("500"),)))
        check_held(stage, stage.taken(dear), "CHARGE")
        fair = summed(replace(stage.billing(order, 2, "FAIR-88"), adjustments=(charge("5.00"),)))
        assert stage.taken(fair).status == "MATCHED"


class TestReverseCharge:
    """VAT that is left to the council is accounted for by it, at the rate of the order."""

    @pytest.fixture
    def reversed_(self, said):
        reason = model.TaxCategory("AE", Decimal(0), exemption_reason="Reverse charge")
        lines = tuple(
            replace(line, item=replace(line.item, category=replace(reason, exemption_reason="")))
            for line in said.lines
        )
        made = summed(replace(said, lines=lines))
        (total,) = made.tax_totals
        rows = tuple(replace(row, category=reason) for row in total.rows)
        buyer = replace(
            made.buyer, tax_registrations=(model.TaxRegistration("GB123456789", "VAT"),)
        )
        return replace(made, tax_totals=(replace(total, rows=rows),), buyer=buyer)

    def test_it_is_held_and_then_posted_on_both_sides(self, stage, reversed_):
        made = stage.taken(reversed_)
        check_held(stage, made, "VAT_RATE")
        stage.let_through(made)
        stage.approved(made)
        posted = posted_by(stage, made)
        vat = einvoices.rounded(made.net_amount / 5)
        assert (posted["VAT_INPUT"], posted["VAT_REVERSE_CHARGE"]) == (vat, -vat)
        assert posted["CREDITORS"] == -made.payable_amount == -made.net_amount

    def test_what_no_order_has_a_rate_for_is_refused(self, stage, reversed_):
        more = replace(reversed_.lines[0], number="9", order_line="9")
        more = replace(more, item=replace(more.item, sellers_id="NOT-OURS"))
        first = summed(replace(reversed_, lines=(*reversed_.lines, more)))
        (total,) = first.tax_totals
        category = reversed_.tax_totals[0].rows[0].category
        rows = tuple(replace(row, category=category) for row in total.rows)
        made = stage.taken(replace(first, tax_totals=(replace(total, rows=rows),)))
        check_held(stage, made, "VAT_RATE", "NOT_ORDERED")
        stage.let_through(made)
        with pytest.raises(ReverseChargeUnknown, match="no rate is known"):
            stage.approved(made)


def posted_by(stage, invoice):
    """What an invoice posted on the accounts that play a part, debits above nought."""
    with stewardship():
        roles = dict(
            ControlAccount.objects.filter(council=stage.market.council).values_list(
                "account_id", "role"
            )
        )
        lines = JournalLine.objects.filter(journal__event_key=f"invoice:{invoice.pk}")
        return {
            roles[each.account_id]: each.debit_amount - each.credit_amount
            for each in lines
            if each.account_id in roles
        }
