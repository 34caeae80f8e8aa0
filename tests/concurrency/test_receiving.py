"""People who book goods in at the same moment. Each race has a control without locks."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Journal
from marketplace.ordering.models import Order, Receipt
from marketplace.ordering.orders.services.orders import cancel_order
from marketplace.ordering.receipts.services.receipts import receive_goods
from tests.concurrency.race import at_once, without_locks
from tests.factories import ordering, receipts

pytestmark = pytest.mark.usefixtures("fresh_db")

AT = ordering.NOON


@pytest.fixture
def market():
    return receipts.market_with_books()


@pytest.fixture
def order(market):
    return ordering.sent(market, quantity=4)


def receive(market, order, quantity, who):
    lines = receipts.counted(order, quantity)

    def deed():
        receive_goods(
            order_id=order.pk, receiver=who, lines=lines, received_on=receipts.TODAY, at=AT
        )

    return market.council.pk, deed


class TestTwoReceiveOneLine:
    def both(self, market, order):
        people = (market.buyer, receipts.receiver(market))
        return at_once([receive(market, order, 3, who) for who in people])

    def test_one_wins_and_no_more_comes_than_was_ordered(self, market, order):
        assert sorted(self.both(market, order)) == ["ReceiptNotRight", "won"]
        (line,) = receipts.lines_of(order)
        assert line.received_quantity == 3
        assert receipts.stands(market) == (Decimal("79.50"), Decimal("238.50"))

    def test_the_race_is_real_without_the_lock(self, market, order, monkeypatch):
        """Both find room for three: only the database's own rule stops the second, rudely."""
        without_locks(monkeypatch, meet=Order)
        assert sorted(self.both(market, order)) == ["crash: IntegrityError", "won"]


class TestManyReceive:
    def test_every_part_is_booked_and_no_number_is_missing(self, market, order):
        ends = at_once([receive(market, order, 1, market.buyer) for _ in range(6)], clients=6)
        assert sorted(ends) == ["ReceiptNotRight"] * 2 + ["won"] * 4
        act_for(market.council.pk)
        numbers = Receipt.objects.order_by("number").values_list("number", flat=True)
        assert list(numbers) == [f"GR-26-{place:06d}" for place in range(1, 5)]
        assert Journal.objects.count() == 4
        assert receipts.stands(market) == (0, Decimal("318.00"))


class TestReceiveAgainstCancel:
    def both(self, market, order):
        def cancel():
            cancel_order(order_id=order.pk, buyer=market.buyer, reason="Not needed.", at=AT)

        return at_once([receive(market, order, 4, market.buyer), (market.council.pk, cancel)])

    def test_one_wins(self, market, order):
        ends = self.both(market, order)
        assert ends in (["won", "PartHasCome"], ["NothingToReceive", "won"])
        assert sum(receipts.stands(market)) in (0, Decimal("318.00"))

    def test_the_race_is_real_without_the_lock(self, market, order, monkeypatch):
        """Both go on; the database lets nothing be cancelled that came, rudely."""
        without_locks(monkeypatch, meet=Order)
        assert "crash: IntegrityError" in self.both(market, order)
