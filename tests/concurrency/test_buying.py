"""People who press at the same moment. Each race has a control that must go wrong without locks."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction

from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.ledger.services.commitments import CommitmentLine, Document, commit
from marketplace.ledger.states import Stage
from marketplace.ordering.models import Order, Requisition, RequisitionLine
from marketplace.ordering.orders.services.answers import answer_order
from marketplace.ordering.orders.services.orders import cancel_order, raise_orders
from marketplace.ordering.requisitions.services.baskets import add_to_basket
from marketplace.ordering.requisitions.services.decisions import approve_requisition
from marketplace.ordering.requisitions.services.submissions import submit_requisition
from marketplace.ordering.states import Answer
from marketplace.organisations.selectors.people import actor_of
from tests.concurrency.race import at_once, without_locks
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.usefixtures("fresh_db")

AT = ordering.NOON


@pytest.fixture
def market():
    return ordering.market()


def all_agrees(market):
    act_for(market.council.pk)
    assert list(commitments_out_of_line()) == []
    assert lines_below_nought() == []


class TestTwoApproveAtOnce:
    @pytest.fixture
    def other(self, market):
        return actor_of(organisations.person(market.council, "approver", limit=50_000))

    @pytest.fixture
    def waiting(self, market, other):
        return ordering.submitted(market)

    def approve_twice(self, market, waiting, other):
        def approve(who):
            return lambda: approve_requisition(
                requisition_id=waiting.pk, approver=who, content_hash=waiting.content_hash, at=AT
            )

        return at_once([(market.council.pk, approve(who)) for who in (market.approver, other)])

    def test_one_wins_and_the_money_is_promised_once(self, market, waiting, other):
        assert sorted(self.approve_twice(market, waiting, other)) == ["IllegalMove", "won"]
        all_agrees(market)
        assert CommitmentEntry.objects.count() == 1
        assert Budget.objects.get().committed_amount == Decimal("159.00")

    def test_the_race_is_real_without_the_lock(self, market, waiting, other, monkeypatch):
        """Both believe they may decide: only the database's own rule stops the second, rudely."""
        without_locks(monkeypatch, meet=Requisition)
        assert sorted(self.approve_twice(market, waiting, other)) == [
            "crash: IntegrityError",
            "won",
        ]


class TestManySpendOneBudget:
    def spend(self, *, clients, calls, pounds):
        council = organisations.council()
        # One that only warns, so that nothing but the lock keeps it.
        budget = ledger.budget(council, amount=pounds, is_hard_stop=False)

        def deed():
            line = CommitmentLine(uuid4(), budget.cost_centre_id, budget.account_id, Decimal(10))
            with transaction.atomic():
                commit(
                    council_id=council.pk, financial_year=2026, lines=[line],
                    stage=Stage.REQUISITION, document=Document("requisition", uuid4()), at=AT,
                )  # fmt: skip

        ends = Counter(at_once([(council.pk, deed)] * calls, clients=clients))
        act_for(council.pk)
        return ends, Budget.objects.get(pk=budget.pk)

    def test_never_more_than_there_is(self):
        ends, budget = self.spend(clients=16, calls=160, pounds=1000)
        assert ends == {"won": 100, "OverBudget": 60}
        assert budget.available_amount == 0
        assert list(commitments_out_of_line()) == []

    @pytest.mark.slow
    def test_never_more_than_there_is_in_ten_thousand_calls(self):
        ends, budget = self.spend(clients=64, calls=10_000, pounds=50_000)
        assert ends == {"won": 5_000, "OverBudget": 5_000}
        assert budget.available_amount == 0
        assert list(commitments_out_of_line()) == []

    def test_the_race_is_real_without_the_lock(self, monkeypatch):
        without_locks(monkeypatch, meet=Budget, parties=2)
        ends, budget = self.spend(clients=2, calls=2, pounds=10)
        assert ends == {"won": 2}
        assert budget.available_amount == -10


class TestAnswerAgainstCancel:
    @pytest.fixture
    def order(self, market):
        return ordering.sent(market)

    def both(self, market, order):
        with market.acting():
            refusals = ordering.answers_to(order, Answer.REFUSED)
        return at_once(
            [
                (
                    market.supplier.pk,
                    lambda: answer_order(
                        order_id=order.pk, supplier=market.seller, answers=refusals, at=AT
                    ),
                ),
                (
                    market.council.pk,
                    lambda: cancel_order(
                        order_id=order.pk, buyer=market.buyer, reason="Not needed.", at=AT
                    ),
                ),
            ]
        )

    def test_one_wins_and_the_money_comes_back_once(self, market, order):
        ends = self.both(market, order)
        assert sorted(ends) == ["IllegalMove", "won"]
        ordering.do_jobs()
        all_agrees(market)
        assert Budget.objects.get().committed_amount == 0
        assert CommitmentEntry.objects.filter(kind="RELEASE").count() == 1
        assert Order.objects.get(pk=order.pk).status in {"REFUSED", "CANCELLED"}

    def test_the_race_is_real_without_the_lock(self, market, order, monkeypatch):
        """Neither learns that the other was first; at best the lines are seen to be refused."""
        without_locks(monkeypatch, meet=Order)
        assert "IllegalMove" not in self.both(market, order)


class TestSubmitTwice:
    @pytest.fixture
    def filled(self, market):
        return ordering.basket(market)

    def submit_twice(self, market, filled):
        def submit():
            submit_requisition(
                requisition_id=filled.pk, requester=market.requester, at=AT,
                details=ordering.DETAILS,
            )  # fmt: skip

        return sorted(at_once([(market.council.pk, submit)] * 2))

    def test_one_wins(self, market, filled):
        assert self.submit_twice(market, filled) == ["NotADraft", "won"]

    def test_the_race_is_real_without_the_lock(self, market, filled, monkeypatch):
        """Both find a draft, and only the database's own rule stops the second, rudely."""
        without_locks(monkeypatch, meet=Requisition)
        assert self.submit_twice(market, filled) == ["crash: IntegrityError", "won"]

    def test_numbers_are_dense_when_many_submit(self, market):
        people = [organisations.actor(market.council, "requester") for _ in range(8)]
        filled = [(who, ordering.basket(market, requester=who)) for who in people]

        def submit(who, basket):
            return lambda: submit_requisition(
                requisition_id=basket.pk, requester=who, at=AT, details=ordering.DETAILS
            )

        ends = at_once([(market.council.pk, submit(*each)) for each in filled])
        assert set(ends) == {"won"}
        act_for(market.council.pk)
        numbers = Requisition.objects.order_by("number").values_list("number", flat=True)
        assert list(numbers) == [f"REQ-26-{place:06d}" for place in range(1, 9)]


class TestFillOneBasketFromTwoWindows:
    def add_at_once(self, market, times):
        def add():
            add_to_basket(
                requester=market.requester, listing_id=market.listing.pk,
                quantity=Decimal(1), at=AT,
            )  # fmt: skip

        ends = at_once([(market.council.pk, add)] * times)
        act_for(market.council.pk)
        return ends

    def test_nothing_is_lost_and_there_is_one_basket(self, market):
        assert set(self.add_at_once(market, 6)) == {"won"}
        assert RequisitionLine.objects.get().quantity == 6
        assert Requisition.objects.get().net_amount == Decimal("477.00")

    def test_the_race_is_real_without_the_lock(self, market, monkeypatch):
        """Both add to the one chair that they find, and one of the three is lost."""
        self.add_at_once(market, 1)
        without_locks(monkeypatch, meet=Requisition)
        assert self.add_at_once(market, 2) == ["won", "won"]
        assert RequisitionLine.objects.get().quantity == 2


class TestRaiseTwice:
    @pytest.fixture
    def requisition(self, market):
        return ordering.approved(market)

    def raise_twice(self, market, requisition):
        def deed():
            raise_orders(council_id=market.council.pk, requisition_id=requisition.pk, at=AT)

        return at_once([(market.council.pk, deed)] * 2)

    def test_one_set_of_orders(self, market, requisition):
        assert self.raise_twice(market, requisition) == ["won", "won"]
        all_agrees(market)
        assert Order.objects.count() == 1

    def test_the_race_is_real_without_the_lock(self, market, requisition, monkeypatch):
        """Both find no orders yet, and only the database's own rule stops the second, rudely."""
        without_locks(monkeypatch, meet=Requisition)
        assert sorted(self.raise_twice(market, requisition)) == ["crash: IntegrityError", "won"]
