"""Queues and lists of requisitions, and what is offered to whom."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.approvals.selectors.cases import case_of
from marketplace.core.errors import Missing
from marketplace.ledger.services.commitments import NoBudget, OverBudget
from marketplace.ordering.requisitions.obstacles import is_over_budget
from marketplace.ordering.requisitions.selectors import requisitions
from marketplace.ordering.requisitions.selectors.money import budget_effects
from tests.factories import ordering, organisations

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
