"""Raising orders and cancelling them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.notifications.models import Message
from marketplace.ordering.models import Order, OrderLine, Requisition
from marketplace.ordering.orders.selectors.orders import orders_for
from marketplace.ordering.orders.services.answers import answer_order
from marketplace.ordering.orders.services.orders import (
    CancelNotAllowed,
    CancelReasonNeeded,
    cancel_order,
    raise_orders,
)
from marketplace.ordering.states import Answer
from tests.factories import catalogue, ordering, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


def raised(market, **options):
    requisition = ordering.approved(market, **options)
    with market.acting():
        return raise_orders(
            council_id=market.council.pk, requisition_id=requisition.pk, at=ordering.NOON
        )


def committed(market):
    with market.acting():
        assert list(commitments_out_of_line()) == []
        assert lines_below_nought() == []
        return Budget.objects.get(pk=market.budget.pk).committed_amount


def answer(market, order, answers, at, **options):
    chosen = {"supplier": market.seller, **options}
    with market.selling():
        return answer_order(order_id=order.pk, answers=answers, at=at, **chosen)


def cancel(market, order, at, **options):
    chosen = {"buyer": market.buyer, "reason": "No longer needed.", **options}
    with market.acting():
        return cancel_order(order_id=order.pk, at=at, **chosen)


class TestRaiseOrders:
    def test_makes_one_for_each_supplier_and_moves_the_money(self, market):
        other = organisations.supplier(name="Desks Ltd")
        organisations.link(market.council, other)
        desk = catalogue.listing(other, unit_price="200.00", category="39120000")
        orders = raised(market, listings=[market.listing, desk])
        assert sorted((each.number, each.net_amount, each.vat_amount) for each in orders) == [
            ("PO-26-000001", Decimal("159.00"), Decimal("31.80")),
            ("PO-26-000002", Decimal("400.00"), Decimal("80.00")),
        ]
        assert committed(market) == Decimal("559.00")
        with market.acting():
            assert Requisition.objects.get().status == "ORDERED"
            by_stage = CommitmentEntry.objects.values_list("stage", "kind").order_by("id")
            assert sorted(by_stage) == [
                ("ORDER", "MOVE_IN"), ("ORDER", "MOVE_IN"),
                ("REQUISITION", "COMMIT"), ("REQUISITION", "COMMIT"),
                ("REQUISITION", "MOVE_OUT"), ("REQUISITION", "MOVE_OUT"),
            ]  # fmt: skip
            event = Event.objects.get(verb="requisition.ordered")
            assert sorted(event.after["orders"]) == ["PO-26-000001", "PO-26-000002"]

    def test_does_nothing_the_second_time(self, market):
        (order,) = raised(market)
        with market.acting():
            again = raise_orders(
                council_id=market.council.pk, requisition_id=order.requisition_id,
                at=ordering.NOON,
            )  # fmt: skip
            assert again == []
            assert Order.objects.count() == 1

    def test_the_supplier_sees_nothing_before_it_is_sent(self, market):
        (order,) = raised(market)
        with market.selling():
            assert list(orders_for(market.seller)) == []
            assert not Order.objects.filter(pk=order.pk).exists()
            assert OrderLine.objects.count() == 0


class TestCancelOrder:
    @pytest.mark.parametrize("stage", [ordering.sent, ordering.answered])
    def test_gives_the_money_back_and_tells_the_supplier(self, market, at, stage):
        order = stage(market)
        assert cancel(market, order, at).status == "CANCELLED"
        assert committed(market) == Decimal("0.00")
        with market.acting():
            event = Event.objects.get(verb="order.cancelled")
            assert (event.note, event.after["released_amount"]) == ("No longer needed.", "159.00")
            assert Message.objects.filter(key=f"order:{order.pk}:cancelled").count() == 1
        with market.selling():
            assert orders_for(market.seller).get().status == "CANCELLED"

    def test_before_it_is_sent_the_supplier_hears_nothing(self, market, at):
        (order,) = raised(market)
        cancel(market, order, at)
        assert committed(market) == Decimal("0.00")
        ordering.do_jobs()
        with market.selling():
            assert list(orders_for(market.seller)) == []
        with market.acting():
            assert Order.objects.get().status == "CANCELLED"
            assert not Message.objects.filter(key__startswith="order:").exists()

    def test_nothing_more_is_to_come(self, market, at):
        order = ordering.sent(market)
        cancel(market, order, at)
        with market.acting():
            assert order.lines.get().to_come_quantity == 0

    def test_refuses_without_a_reason(self, market, at):
        with pytest.raises(CancelReasonNeeded):
            cancel(market, ordering.sent(market), at, reason=" ")

    @pytest.mark.parametrize("given", [Answer.REFUSED])
    def test_refuses_what_is_over(self, market, at, given):
        with pytest.raises(IllegalMove):
            cancel(market, ordering.answered(market, given), at)

    def test_refuses_strangers_the_supplier_and_other_councils(self, market, at):
        order = ordering.sent(market)
        stranger = organisations.actor(market.council, "requester")
        with pytest.raises(CancelNotAllowed):
            cancel(market, order, at, buyer=stranger)
        with market.selling(), pytest.raises(Missing):
            cancel_order(order_id=order.pk, buyer=market.seller, reason="x", at=at)
        other = ordering.market()
        with other.acting(), pytest.raises(Missing):
            cancel_order(order_id=order.pk, buyer=other.buyer, reason="x", at=at)
