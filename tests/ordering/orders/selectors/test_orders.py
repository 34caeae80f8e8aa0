"""Lists of orders and counts, and what is offered to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from marketplace.core.errors import Missing
from marketplace.ordering.orders.selectors import orders
from marketplace.ordering.orders.selectors.receiving import order_story
from marketplace.ordering.orders.services.remainders import cancel_remainder
from marketplace.ordering.requisitions.selectors.ordered import orders_raised_from
from marketplace.ordering.states import Answer
from tests.factories import ordering, organisations, receipts

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


class TestOrders:
    def test_each_side_has_its_list(self, market):
        order = ordering.sent(market)
        with market.acting():
            assert [each.pk for each in orders.orders_of(market.buyer)] == [order.pk]
            assert [each.pk for each in orders.orders_of(market.requester)] == [order.pk]
            stranger = organisations.actor(market.council, "requester")
            assert list(orders.orders_of(stranger)) == []
            with pytest.raises(Missing):
                orders.order(stranger, order.pk)
            found = orders.orders_found(orders.orders_of(market.buyer), words="chairs po-26")
            assert found.count() == 1
            assert orders.orders_found(orders.orders_of(market.buyer), status="RAISED").count() == 0
            raised = orders_raised_from(order.requisition)
            assert [each.number for each in raised] == [order.number]
        with market.selling():
            assert orders.orders_for(market.seller).get().council.name == "Ambridge Council"
            assert orders.transmissions_of(order).count() == 4
            verbs = [each.verb for each in order_story(order, [])]
            assert verbs == ["order.sent"]

    def test_verbs_are_each_persons_own(self, market):
        order = ordering.sent(market)
        stranger = organisations.actor(market.council, "requester")
        assert orders.order_verbs(order, market.buyer) == ["resend", "cancel"]
        assert orders.order_verbs(order, market.requester) == ["resend", "cancel"]
        assert orders.order_verbs(order, stranger) == []
        assert orders.order_verbs(order, market.seller) == ["answer"]

    def test_nothing_is_offered_when_it_is_over(self, market):
        order = ordering.answered(market, Answer.REFUSED)
        assert orders.order_verbs(order, market.buyer) == []
        assert orders.order_verbs(order, market.seller) == []


class TestCounts:
    def test_count_what_waits_for_whom(self, market, at):
        ordering.sent(market)
        ordering.submitted(market)
        ordering.basket(market)
        with market.acting():
            mine = orders.council_counts(market.requester, at)
            assert (mine.basket_lines, mine.awaiting_you) == (1, 0)
            theirs = orders.council_counts(market.approver, at)
            assert (theirs.basket_lines, theirs.awaiting_you) == (0, 1)
            assert theirs.unanswered_orders == 1
        with market.selling():
            assert orders.supplier_counts(market.seller).to_answer == 1

    def test_an_approver_who_is_none_here_has_nothing_waiting(self, market, at):
        ordering.submitted(market)
        with market.acting():
            nobody = replace(market.approver, roles=frozenset())
            assert orders.council_counts(nobody, at).awaiting_you == 0


class TestLater:
    """What is promised for later is later only while it is still to come."""

    @pytest.fixture
    def market(self):
        return receipts.market_with_books()

    @pytest.fixture
    def order(self, market, monkeypatch):
        needed = replace(ordering.DETAILS, needed_by_on=date(2026, 11, 24))
        monkeypatch.setattr(ordering, "DETAILS", needed)
        return ordering.answered(market, Answer.LATER)

    def told(self, market, order):
        """Return what the page, the list and the home page say of it."""
        with market.acting():
            page = orders.order_page(market.buyer, order.pk)
            return (
                bool(page.late_lines),
                orders.orders_of(market.buyer).get().has_later,
                orders.late_orders(market.buyer).exists(),
            )

    def test_says_so_while_it_is_still_to_come(self, market, order):
        assert self.told(market, order) == (True, True, True)

    def test_is_over_when_all_of_it_has_come(self, market, order):
        receipts.received(market, order)
        assert self.told(market, order) == (False, False, False)

    def test_is_over_when_the_rest_was_cancelled(self, market, order, at):
        receipts.received(market, order, 1)
        with market.acting():
            cancel_remainder(order_id=order.pk, buyer=market.buyer, reason="Enough.", at=at)
        assert self.told(market, order) == (False, False, False)
