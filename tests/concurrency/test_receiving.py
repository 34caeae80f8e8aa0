"""People who book goods in at the same moment. Each race has a control without locks."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import transaction

from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Journal
from marketplace.ordering.models import Order, OrderLine, Receipt, ReceiptLine
from marketplace.ordering.orders.services.orders import cancel_order
from marketplace.ordering.receipts.services import counting
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


class TestReceiveAgainstComparing:
    """Whoever compares holds an order's lines by their keys; what is counted may come backwards."""

    @pytest.fixture
    def market(self):
        return receipts.market_with_books(listings=2)

    def both(self, market, order, monkeypatch):
        meeting = Barrier(2)

        def meet():
            with suppress(BrokenBarrierError):
                meeting.wait(timeout=1)

        def lock(line_id):
            OrderLine.objects.of(market.council.pk).lock(line_id)
            meet()

        write = ReceiptLine.objects.bulk_create

        def written_backwards(rows):
            for line_id in sorted((row.order_line_id for row in rows), reverse=True):
                lock(line_id)
            write(rows)

        def compare():
            with transaction.atomic():
                for line in OrderLine.objects.of(market.council.pk).order_by("pk"):
                    lock(line.pk)

        monkeypatch.setattr(ReceiptLine.objects, "bulk_create", written_backwards)
        lines = receipts.counted(order, 1, 1)[::-1]

        def book():
            receive_goods(
                order_id=order.pk, receiver=market.buyer, lines=lines,
                received_on=receipts.TODAY, at=AT,
            )  # fmt: skip

        return at_once([(market.council.pk, book), (market.council.pk, compare)])

    def test_one_waits_for_the_other(self, market, order, monkeypatch):
        assert self.both(market, order, monkeypatch) == ["won", "won"]
        assert [line.received_quantity for line in receipts.lines_of(order)] == [1, 1]

    def test_each_waits_for_the_other_without_the_lock(self, market, order, monkeypatch):
        """The database ends one of them."""
        monkeypatch.setattr(counting, "hold_lines", lambda order: list(order.lines.all()))
        assert self.both(market, order, monkeypatch) != ["won", "won"]
