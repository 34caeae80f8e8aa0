"""Putting right what was counted wrongly."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.ledger.models import Journal
from marketplace.ordering.models import Order, Receipt
from marketplace.ordering.orders.services.orders import OrderChanged
from marketplace.ordering.receipts.services.corrections import (
    CorrectionStays,
    NothingToCorrect,
    correct_receipt,
)
from marketplace.ordering.receipts.services.counting import ReceiptNotAllowed, ReceiptNotRight
from marketplace.ordering.receipts.services.returns import (
    Parcel,
    return_for_credit,
    return_for_replacement,
)
from tests.factories import ordering, organisations, receipts

pytestmark = pytest.mark.django_db

AT = ordering.NOON


@pytest.fixture
def market():
    return receipts.market_with_books()


@pytest.fixture
def order(market) -> Order:
    return ordering.sent(market, quantity=4)


def correct(market, order, receipt, *quantities, **facts):
    chosen = {"receiver": market.buyer, "reason": "Miscounted.", "at": AT, **facts}
    with market.acting():
        return correct_receipt(
            receipt_id=receipt.pk, lines=receipts.counted(order, *quantities), **chosen
        )


def back(market, order, service, quantity):
    parcel = Parcel(receipts.counted(order, quantity), receipts.TODAY, "They wobble.")
    with market.acting():
        return service(order_id=order.pk, receiver=market.buyer, parcel=parcel, at=AT)


def progress(order):
    (line,) = receipts.lines_of(order)
    return line.received_quantity, line.cancelled_quantity, line.to_come_quantity


class TestCorrectReceipt:
    @pytest.mark.parametrize(("right", "net"), [(1, "-79.50"), (4, "159.00"), (0, "-159.00")])
    def test_the_difference_is_a_receipt_of_its_own(self, market, order, right, net):
        wrong = receipts.received(market, order, 2)
        made = correct(market, order, wrong, right)
        assert (made.kind, made.corrects_id, made.net_amount) == (
            "CORRECTED", wrong.pk, Decimal(net),
        )  # fmt: skip
        assert made.received_on == wrong.received_on
        assert progress(order) == (right, 0, 4 - right)
        committed, spent = receipts.stands(market)
        assert (committed, spent) == ((4 - right) * Decimal("79.50"), right * Decimal("79.50"))
        with market.acting():
            assert Journal.objects.count() == 2

    def test_once_more(self, market, order):
        wrong = receipts.received(market, order, 2)
        correct(market, order, wrong, 4)
        assert correct(market, order, wrong, 1).net_amount == Decimal("-238.50")
        assert progress(order) == (1, 0, 3)

    def test_lines_of_one_worth_need_no_other_account(self):
        market = receipts.market_with_books(listings=2)
        order = ordering.sent(market)
        wrong = receipts.received(market, order, 1, 2)
        made = correct(market, order, wrong, 2, 1)
        assert (made.net_amount, made.lines_count) == (0, 2)
        assert receipts.stands(market)[1] == Decimal("238.50")

    def test_leaves_a_trace_that_the_supplier_may_read(self, market, order):
        wrong = receipts.received(market, order, 2)
        made = correct(market, order, wrong, 1)
        for side in (market.acting, market.selling):
            with side():
                event = Event.objects.get(verb="receipt.corrected")
                assert (event.subject_reference, event.note) == (made.number, "Miscounted.")
                assert event.after["corrects"] == wrong.number

    def test_of_what_went_back_for_others(self, market, order):
        receipts.received(market, order, 4)
        wrong = back(market, order, return_for_replacement, 3)
        correct(market, order, wrong, 1)
        assert progress(order) == (3, 0, 1)
        assert receipts.stands(market) == (Decimal("79.50"), Decimal("238.50"))
        correct(market, order, wrong, 4)
        assert progress(order) == (0, 0, 4)
        assert receipts.stands(market) == (Decimal("318.00"), 0)

    def test_of_what_went_back_for_good(self, market, order):
        receipts.received(market, order, 4)
        wrong = back(market, order, return_for_credit, 3)
        correct(market, order, wrong, 1)
        assert progress(order) == (3, 1, 0)
        correct(market, order, wrong, 2)
        assert progress(order) == (2, 2, 0)
        assert receipts.stands(market) == (0, Decimal("159.00"))

    def test_refuses_a_count_for_which_there_is_no_room(self, market, order):
        wrong = receipts.received(market, order, 2)
        for most in (5, "4.5"):
            with pytest.raises(ReceiptNotRight, match="Enter 4 at most"):
                correct(market, order, wrong, most)
        back(market, order, return_for_credit, 1)
        with pytest.raises(ReceiptNotRight, match="Enter 1 at least"):
            correct(market, order, wrong, 0)
        with pytest.raises(ReceiptNotRight, match="Enter 0 or a number above it"):
            correct(market, order, wrong, -1)

    def test_refuses_to_send_less_back_than_came_for_it(self, market, order):
        receipts.received(market, order, 4)
        wrong = back(market, order, return_for_replacement, 2)
        receipts.received(market, order, 1)
        with pytest.raises(ReceiptNotRight, match="Enter 1 at least"):
            correct(market, order, wrong, 0)

    def test_refuses_without_a_reason(self, market, order):
        wrong = receipts.received(market, order, 2)
        with pytest.raises(ReceiptNotRight, match="what was wrong"):
            correct(market, order, wrong, 1, reason=" ")

    def test_refuses_no_change_and_to_correct_a_correction(self, market, order):
        wrong = receipts.received(market, order, 2)
        with pytest.raises(NothingToCorrect):
            correct(market, order, wrong, 2)
        with pytest.raises(CorrectionStays):
            correct(market, order, correct(market, order, wrong, 1), 2)

    def test_refuses_what_was_changed_meanwhile(self, market, order):
        wrong = receipts.received(market, order, 2)
        with pytest.raises(OrderChanged):
            correct(market, order, wrong, 1, version=1)

    def test_refuses_strangers_the_supplier_and_other_councils(self, market, order):
        wrong = receipts.received(market, order, 2)
        stranger = organisations.actor(market.council, "approver")
        with pytest.raises(ReceiptNotAllowed):
            correct(market, order, wrong, 1, receiver=stranger)
        other = receipts.market_with_books()
        for who in (other, market):
            with pytest.raises(Missing):
                correct(who, order, wrong, 1, receiver=other.buyer)
        with market.selling(), pytest.raises(Missing):
            correct_receipt(
                receipt_id=wrong.pk, lines=[], receiver=market.seller, reason="x", at=AT
            )
        assert Receipt.objects.count() == 0
