"""Bills for more than was agreed or came: each is held, and an honest one beside it goes on.

The probes are an examiner's, not the builder's: what is tried is what councils are robbed by.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from invoicing.formats import model
from invoicing.settling.services.checking import GoodsWentBack, NotInPounds
from invoicing.settling.services.sending_back import send_back_invoice
from marketplace.core.tenancy import stewardship
from marketplace.ordering.receipts.services.corrections import correct_receipt
from marketplace.ordering.receipts.services.returns import (
    Parcel,
    return_for_credit,
    return_for_replacement,
)
from tests.concurrency.race import at_once
from tests.factories import einvoices, invoicing, ordering, organisations, receipts
from tests.factories.ordering import NOON
from tests.probes import twins
from tests.probes.twins import check_held, dearer

OTHER_DAY = invoicing.ISSUED_ON.replace(day=1)


def billed(order):
    return [line.billed_quantity for line in receipts.lines_of(order)]


def sent_back(stage, invoice):
    with stage.market.acting():
        return send_back_invoice(
            invoice_id=invoice.pk, finance=stage.finance, reason="Not ours.", at=NOON
        )


class TestPrice:
    @pytest.mark.parametrize("times", ["1.5", "1.01", "1000"])
    def test_dearer_is_held(self, stage, times):
        said = dearer(stage.said_of(stage.delivered()), times)
        check_held(stage, stage.taken(said), "PRICE")

    def test_a_right_price_with_a_dearer_total_is_held(self, stage):
        said = stage.said_of(stage.delivered())
        (line,) = said.lines
        dear = replace(line, net_amount=line.net_amount + Decimal("0.01"))
        invoice = stage.taken(einvoices.summed(replace(said, lines=(dear,))))
        assert invoice.status == "HELD"
        check_held(stage, invoice, "LINE_TOTAL")

    def test_a_charge_that_nobody_agreed_to_is_held(self, stage):
        said = stage.said_of(stage.delivered())
        category = said.lines[0].item.category
        charge = model.AllowanceCharge(
            is_charge=True, amount=Decimal("15.00"), reason="Fuel", category=category
        )
        check_held(stage, stage.taken(einvoices.summed(replace(said, adjustments=(charge,)))),
                   "CHARGE")  # fmt: skip


class TestMoreThanCame:
    def test_in_one_invoice(self, stage):
        order = ordering.answered(stage.market, quantity=4)
        receipts.received(stage.market, order, 3)
        check_held(stage, stage.taken(stage.said_of(order)), "BEYOND_RECEIVED")

    def test_in_many(self, stage):
        order = stage.delivered()
        made = [stage.taken(each) for each in stage.parts(order, 2, 2, 1)]
        assert [each.status for each in made] == ["MATCHED", "MATCHED", "HELD"]
        check_held(stage, made[2], "BEYOND_RECEIVED", "BEYOND_ORDERED")

    def test_in_many_when_the_first_ones_are_approved_already(self, stage):
        order = stage.delivered()
        for part in stage.parts(order, 2, 2):
            stage.approved(stage.taken(part))
        check_held(stage, stage.taken(stage.billing(order, "0.001", "CRUMB")), "BEYOND_RECEIVED")

    def test_a_line_billed_twice_in_one_document(self, stage):
        order = stage.delivered()
        said = stage.said_of(order)
        again = replace(said.lines[0], number="2")
        check_held(stage, stage.taken(stage.said_of(order, lines=(said.lines[0], again))),
                   "BEYOND_RECEIVED")  # fmt: skip

    def test_a_line_billed_twice_by_its_number_and_by_its_part_number(self, stage):
        order = stage.delivered()
        (line,) = stage.said_of(order).lines
        by_part = replace(line, number="2", order_line="")
        check_held(stage, stage.taken(stage.said_of(order, lines=(line, by_part))),
                   "BEYOND_RECEIVED")  # fmt: skip

    def test_goods_that_went_back_before_anybody_said_yes(self, stage):
        """The comparison that follows a return is a job; whoever approves may be faster."""
        order = stage.delivered()
        invoice = stage.taken(stage.said_of(order))
        assert invoice.status == "MATCHED"
        parcel = Parcel(receipts.counted(order, 1), NOON.date(), "Broken")
        with stage.market.acting():
            return_for_replacement(
                order_id=order.pk, receiver=stage.market.buyer, parcel=parcel, at=NOON
            )
        with pytest.raises(GoodsWentBack, match="went back"):
            stage.approved(invoice)
        ordering.do_jobs()
        check_held(stage, invoicing.now(invoice), "BEYOND_RECEIVED")

    def test_goods_that_never_came_by_a_correction(self, stage):
        order = ordering.answered(stage.market, quantity=4)
        receipt = receipts.received(stage.market, order)
        invoice = stage.taken(stage.said_of(order))
        with stage.market.acting():
            correct_receipt(
                receipt_id=receipt.pk, receiver=stage.market.buyer,
                lines=receipts.counted(order, 1), reason="Miscounted.", at=NOON,
            )  # fmt: skip
        with pytest.raises(GoodsWentBack):
            stage.approved(invoice)
        ordering.do_jobs()
        check_held(stage, invoicing.now(invoice), "BEYOND_RECEIVED")

    def test_what_was_let_through_is_let_through_only_as_it_was(self, stage):
        order = ordering.answered(stage.market, quantity=4)
        receipts.received(stage.market, order, 3)
        invoice = stage.let_through(stage.taken(stage.said_of(order)))
        assert invoice.status == "MATCHED"
        parcel = Parcel(receipts.counted(order, 2), NOON.date(), "Broken")
        with stage.market.acting():
            return_for_credit(
                order_id=order.pk, receiver=stage.market.buyer, parcel=parcel, at=NOON
            )
        with pytest.raises(GoodsWentBack):
            stage.approved(invoice)

    def test_what_was_let_through_is_paid(self, stage):
        order = ordering.answered(stage.market, quantity=4)
        receipts.received(stage.market, order, 3)
        invoice = stage.let_through(stage.taken(stage.said_of(order)))
        assert stage.approved(invoice).status == "APPROVED"


class TestMoreThanCameInParallel:
    def test_no_more_than_came_agrees(self, fresh_db):
        stage = twins.stage()
        order = stage.delivered()
        sent = [invoicing.arrived(stage.market, each) for each in stage.parts(order, *[1] * 8)]
        deeds = [
            (stage.market.council.pk, lambda each=each: invoicing.read(stage.market, each))
            for each in sent
        ]
        assert at_once(deeds, clients=4) == ["won"] * 8
        made = [invoicing.invoice_of(each.pk) for each in sent]
        assert sorted(each.status for each in made) == ["HELD"] * 4 + ["MATCHED"] * 4
        assert billed(order) == [8]
        for each in made:
            if each.status == "HELD":
                check_held(stage, each, "BEYOND_RECEIVED")
        twins.check_untouched(stage)


class TestRoomMadeByWhatIsNotCertain:
    """What takes back makes room for another bill only when it was approved itself."""

    def paid_for(self, stage):
        order = stage.delivered()
        said = stage.said_of(order)
        stage.approved(stage.taken(said))
        return order, said

    def test_a_credit_note_that_waits_makes_none(self, stage):
        order, said = self.paid_for(stage)
        credit = stage.taken(invoicing.credit_of(said))
        assert credit.status == "MATCHED"
        again = stage.taken(stage.said_of(order, number="SECOND-9", issued_on=OTHER_DAY))
        check_held(stage, again, "BEYOND_RECEIVED")
        sent_back(stage, credit)
        check_held(stage, invoicing.now(again), "BEYOND_RECEIVED")
        assert billed(order) == [8]

    def test_one_that_was_approved_does_and_the_right_bill_goes_by_itself(self, stage):
        order, said = self.paid_for(stage)
        credit = stage.taken(invoicing.credit_of(said))
        again = stage.taken(stage.said_of(order, number="SECOND-9", issued_on=OTHER_DAY))
        assert again.status == "HELD"
        stage.approved(credit)
        ordering.do_jobs()
        assert invoicing.now(again).status == "MATCHED"
        assert stage.approved(again).status == "APPROVED"
        assert billed(order) == [4]

    def test_a_line_that_takes_back_makes_none(self, stage):
        order, _said = self.paid_for(stage)
        back = stage.taken(stage.billing(order, -4, "BACK-4"))
        assert back.status == "HELD"
        again = stage.taken(stage.said_of(order, number="SECOND-9", issued_on=OTHER_DAY))
        check_held(stage, again, "BEYOND_RECEIVED")

    def test_in_one_approval_of_both(self, stage):
        """Approved one after the other in either order, never more than came is owed."""
        order, said = self.paid_for(stage)
        credit = stage.taken(invoicing.credit_of(said))
        again = stage.taken(stage.said_of(order, number="SECOND-9", issued_on=OTHER_DAY))
        twins.check_not_payable(stage, again)
        assert stage.approved(credit).status == "APPROVED"


class TestCreditNotes:
    def test_larger_than_its_invoice(self, stage):
        order = stage.delivered()
        said = stage.billing(order, 2, "SMALL-1")
        stage.approved(stage.taken(said))
        lines = (invoicing.line_of(receipts.lines_of(order)[0], "4"),)
        credit = stage.taken(invoicing.credit_of(said, lines=lines))
        check_held(stage, credit, "CREDIT_ABOVE_INVOICE")

    def test_as_large_as_its_invoice_twice(self, stage):
        said = stage.said_of(stage.delivered())
        stage.approved(stage.taken(said))
        stage.approved(stage.taken(invoicing.credit_of(said)))
        second = stage.taken(invoicing.credit_of(said, number="CN-AGAIN", issued_on=OTHER_DAY))
        check_held(stage, second, "CREDIT_ABOVE_INVOICE")

    def test_for_an_invoice_of_nobody(self, stage):
        said = stage.said_of(stage.delivered(), number="NEVER-SENT")
        check_held(stage, stage.taken(invoicing.credit_of(said)), "UNKNOWN_CREDITED")


class TestVat:
    @pytest.mark.parametrize("penny", ["0.01", "-0.02"])
    def test_a_penny_out_is_held(self, stage, penny):
        said = stage.said_of(stage.delivered())
        out = Decimal(penny)
        (row,) = said.tax_total.rows
        total = replace(
            said.tax_total, amount=said.tax_total.amount + out,
            rows=(replace(row, tax_amount=row.tax_amount + out),),
        )  # fmt: skip
        totals = replace(
            said.totals, gross_amount=said.totals.gross_amount + out,
            payable_amount=said.totals.payable_amount + out,
        )  # fmt: skip
        invoice = stage.taken(replace(said, tax_totals=(total,), totals=totals))
        assert invoice.status == "HELD"
        with stewardship():
            assert invoice.findings.filter(source="JUDGE", closed="").exclude(severity="NOTE")
        twins.check_not_payable(stage, invoice)

    def test_another_rate_than_was_agreed_is_held(self, stage):
        said = stage.said_of(stage.delivered())
        (line,) = said.lines
        reduced = replace(line, item=replace(line.item, category=einvoices.REDUCED))
        check_held(stage, stage.taken(einvoices.summed(replace(said, lines=(reduced,)))),
                   "VAT_RATE")  # fmt: skip


class TestNotOurs:
    def test_made_out_to_another_council(self, stage):
        other = organisations.council(name="Borchester Council")
        buyer = replace(einvoices.BUYER, legal_name=other.name)
        said = stage.said_of(stage.delivered(), buyer=buyer)
        check_held(stage, stage.taken(said), "OTHER_COUNCIL")

    def test_for_another_councils_order(self, stage):
        theirs = twins.stage()
        order = theirs.delivered()
        said = stage.said_of(stage.delivered(), order=f"{order.number}9")
        check_held(stage, stage.taken(said), "UNKNOWN_ORDER")
        assert billed(order) == [0]

    def test_in_euro(self, stage):
        said = einvoices.summed(replace(stage.said_of(stage.delivered()), currency="EUR"))
        invoice = stage.taken(said)
        check_held(stage, invoice, "NOT_COMPARED")
        passed = stage.let_through(invoice)
        coding = (stage.market.budget.cost_centre_id, stage.market.budget.account_id)
        if passed.status == "MATCHED":
            with pytest.raises(NotInPounds):
                stage.approved(passed, coding=coding)
