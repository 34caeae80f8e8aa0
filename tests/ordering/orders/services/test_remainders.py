"""Cancelling what is left of an order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.notifications.models import Message
from marketplace.ordering.models import Order
from marketplace.ordering.orders.services.answers import LineAnswer, answer_order
from marketplace.ordering.orders.services.orders import (
    CancelNotAllowed,
    CancelReasonNeeded,
    OrderChanged,
    PartHasCome,
    cancel_order,
)
from marketplace.ordering.orders.services.remainders import (
    NothingHasCome,
    NothingToCancel,
    cancel_remainder,
)
from marketplace.ordering.receipts.services.counting import ReceiptNotRight
from marketplace.ordering.states import Answer
from tests.factories import ordering, organisations, receipts

pytestmark = pytest.mark.django_db

AT = ordering.NOON


@pytest.fixture
def market():
    return receipts.market_with_books()


@pytest.fixture
def order(market) -> Order:
    made = ordering.sent(market, quantity=4)
    receipts.received(market, made, 1)
    return made


def cancel(market, order, **facts):
    chosen = {"buyer": market.buyer, "reason": "Not needed.", "at": AT, **facts}
    with market.acting():
        return cancel_remainder(order_id=order.pk, **chosen)


def progress(order):
    (line,) = receipts.lines_of(order)
    return line.received_quantity, line.cancelled_quantity, line.to_come_quantity


class TestCancelRemainder:
    def test_gives_the_money_of_the_rest_back(self, market, order):
        assert cancel(market, order).status == "SENT"
        assert progress(order) == (1, 3, 0)
        assert receipts.stands(market) == (0, Decimal("79.50"))
        with market.acting():
            event = Event.objects.get(verb="order.remainder-cancelled")
            assert (event.note, event.after) == (
                "Not needed.", {"lines": 1, "released_amount": "238.50"},
            )  # fmt: skip
            assert Message.objects.filter(key__startswith=f"order:{order.pk}:remainder").exists()
        with market.selling():
            assert Event.objects.filter(verb="order.remainder-cancelled").exists()

    def test_what_is_billed_and_has_not_come_is_still_to_come(self, market, order):
        receipts.billed(market, order, 3)
        cancel(market, order)
        assert progress(order) == (1, 1, 2)
        assert receipts.stands(market) == (Decimal("159.00"), Decimal("79.50"))
        receipts.received(market, order, 2)
        assert receipts.stands(market) == (0, Decimal("238.50"))

    def test_nothing_more_can_be_received(self, market, order):
        cancel(market, order)
        with pytest.raises(ReceiptNotRight):
            receipts.received(market, order, 1)

    def test_leaves_alone_what_the_supplier_refused(self):
        market = receipts.market_with_books(listings=2)
        order = ordering.sent(market)
        with market.acting():
            first, second = ordering.answers_to(order, Answer.ACCEPTED)
        with market.selling():
            answer_order(
                order_id=order.pk, supplier=market.seller, at=AT,
                answers=[LineAnswer(first.line_id, Answer.REFUSED, reason="Gone."), second],
            )  # fmt: skip
        receipts.received(market, order, None, 2)
        with pytest.raises(NothingToCancel):
            cancel(market, order)

    def test_refuses_when_all_has_come_or_nothing_has(self, market, order):
        receipts.received(market, order, 3)
        with pytest.raises(NothingToCancel):
            cancel(market, order)
        with pytest.raises(NothingHasCome):
            cancel(market, ordering.sent(market))

    def test_refuses_an_order_that_is_over(self, market):
        with pytest.raises(IllegalMove):
            cancel(market, ordering.answered(market, Answer.REFUSED))

    def test_refuses_without_a_reason_or_what_was_changed_meanwhile(self, market, order):
        with pytest.raises(CancelReasonNeeded):
            cancel(market, order, reason=" ")
        with pytest.raises(OrderChanged):
            cancel(market, order, version=1)

    def test_refuses_strangers_and_other_councils(self, market, order):
        with pytest.raises(CancelNotAllowed):
            cancel(market, order, buyer=organisations.actor(market.council, "receiver"))
        other = receipts.market_with_books()
        with pytest.raises(Missing):
            cancel(other, order)


class TestCancelOrder:
    @pytest.mark.parametrize("column", ["received", "billed"])
    def test_refuses_when_part_has_come_or_been_billed(self, market, column):
        order = ordering.sent(market)
        if column == "received":
            receipts.received(market, order, 1)
        else:
            receipts.billed(market, order, 1)
        with market.acting(), pytest.raises(PartHasCome):
            cancel_order(order_id=order.pk, buyer=market.buyer, reason="x", at=AT)
