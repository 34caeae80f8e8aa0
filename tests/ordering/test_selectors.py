"""Queues, lists, counts and what is offered to whom."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from marketplace.approvals.selectors.cases import case_of
from marketplace.core.errors import Missing
from marketplace.ledger.services.commitments import NoBudget, OverBudget
from marketplace.ordering.selectors import orders, requisitions
from marketplace.ordering.selectors.money import budget_effects
from marketplace.ordering.services.requisitions import is_over_budget
from marketplace.ordering.states import Answer
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


class TestRequisitions:
    def test_requesters_see_their_own_and_buyers_all_and_nobody_a_basket(self, market):
        one = ordering.submitted(market)
        other = organisations.actor(market.council, "requester", name="Other")
        two = ordering.submitted(market, requester=other)
        ordering.basket(market)
        with market.acting():
            assert [row.pk for row in requisitions.requisitions_of(market.requester)] == [one.pk]
            assert [row.pk for row in requisitions.requisitions_of(market.buyer)] == [
                two.pk, one.pk,
            ]  # fmt: skip
            found = requisitions.requisitions_found(market.buyer, words="other", status="SUBMITTED")
            assert [row.pk for row in found] == [two.pk]

    def test_a_basket_is_its_owners_alone(self, market):
        basket = ordering.basket(market)
        with market.acting():
            assert requisitions.basket_of(market.requester).pk == basket.pk
            assert requisitions.basket_of(market.buyer) is None
            assert requisitions.requisition(market.requester, basket.pk).pk == basket.pk
            with pytest.raises(Missing):
                requisitions.requisition(market.buyer, basket.pk)

    def test_another_council_has_none_of_it(self, market):
        done, other = ordering.submitted(market), ordering.market()
        with other.acting(), pytest.raises(Missing):
            requisitions.requisition(other.buyer, done.pk)

    def test_verbs_are_each_persons_own(self, market):
        done = ordering.submitted(market)
        with market.acting():
            case = case_of(market.council.pk, done.pk)
            offered = {
                who.name: requisitions.requisition_verbs(done, who, case)
                for who in (market.requester, market.buyer, market.approver)
            }
        assert offered == {
            "Rae Requester": ["withdraw"],
            "Bo Buyer": [],
            "Ada Approver": ["approve", "reject"],
        }

    def test_the_timeline_goes_on_into_the_orders(self, market):
        order = ordering.sent(market)
        with market.acting():
            verbs = [each.verb for each in requisitions.requisition_timeline(order.requisition)]
        assert verbs[-4:] == [
            "requisition.submitted", "requisition.approved", "requisition.ordered", "order.sent",
        ]  # fmt: skip


class TestOutlook:
    def ask(self, market, basket, at):
        with market.acting():
            lines = list(requisitions.lines_with_coding(basket))
            return requisitions.outlook(basket, market.requester, lines, at)

    def test_says_who_and_how_much_before_anybody_is_asked(self, market, at):
        found = self.ask(market, ordering.basket(market), at)
        assert [[each.name for each in step.people] for step in found.plan.steps] == [
            ["Ada Approver"]
        ]
        (effect,) = found.effects
        assert (effect.now_amount, effect.after_amount, effect.is_over) == (
            Decimal("10000.00"), Decimal("9841.00"), False,
        )  # fmt: skip
        assert found.trouble == ""

    def test_says_that_there_is_no_money(self, at):
        market = ordering.market(budget_amount=100)
        found = self.ask(market, ordering.basket(market), at)
        assert (found.trouble, found.effects[0].is_stopped) == ("budget", True)

    def test_says_that_nobody_can_approve(self, at):
        market = ordering.market(budget_amount=100_000)
        found = self.ask(market, ordering.basket(market, quantity=700), at)
        assert found.trouble == "approver"

    def test_agrees_with_the_check_at_the_door(self, at):
        market = ordering.market(budget_amount=100, is_hard_stop=False)
        basket = ordering.basket(market)
        with market.acting():
            lines = list(requisitions.lines_with_coding(basket))
            ((effect,),) = budget_effects(market.council.pk, at, [lines])
            assert effect.is_over is is_over_budget(market.council.pk, 2026, lines) is True
            assert effect.is_stopped is False
            ((other,),) = budget_effects(market.council.pk, at.replace(year=2030), [lines])
            assert other.is_stopped is True
            with pytest.raises(NoBudget):
                is_over_budget(market.council.pk, 2030, lines)
            type(market.budget).objects.update(is_hard_stop=True)
            with pytest.raises(OverBudget):
                is_over_budget(market.council.pk, 2026, lines)


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
            raised = orders.orders_raised_from(order.requisition)
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


def test_delivery_points_in_use_by_name(market):
    from marketplace.ordering.models import DeliveryPoint

    with market.acting():
        for code, name, active in (("2", "Zoo", True), ("1", "Hall", True), ("3", "Hut", False)):
            DeliveryPoint.objects.create(
                council=market.council, code=code, name=name, address="x", is_active=active
            )
        found = requisitions.delivery_points(market.council.pk)
        assert [each.name for each in found] == ["Hall", "Zoo"]
    assert ledger.cost_centre(market.council).holder is None
