"""Lists of orders and counts, and what is offered to whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketplace.core.errors import Missing
from marketplace.ordering.orders.selectors import orders
from marketplace.ordering.requisitions.selectors.ordered import orders_raised_from
from marketplace.ordering.states import Answer
from tests.factories import ordering, organisations

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
            verbs = [each.verb for each in orders.order_timeline(order)]
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
            assert (mine.basket_lines, mine.with_approvers, mine.awaiting_you) == (1, 1, 0)
            theirs = orders.council_counts(market.approver, at)
            assert (theirs.basket_lines, theirs.awaiting_you) == (0, 1)
            assert theirs.unanswered_orders == 1
            assert theirs.refused_orders == 0
        with market.selling():
            counts = orders.supplier_counts(market.seller)
            assert (counts.to_answer, counts.to_deliver) == (1, 0)

    def test_an_approver_who_is_none_here_has_nothing_waiting(self, market, at):
        ordering.submitted(market)
        with market.acting():
            nobody = replace(market.approver, roles=frozenset())
            assert orders.council_counts(nobody, at).awaiting_you == 0
