"""What a supplier answers to an order."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.ledger.models import Budget
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.notifications.models import Message
from marketplace.ordering.models import OrderLine
from marketplace.ordering.orders.services.answers import (
    AnswerNotAllowed,
    AnswerNotComplete,
    LineAnswer,
    answer_order,
    settle_answer,
)
from marketplace.ordering.states import Answer
from tests.factories import ordering, organisations, receipts

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


def committed(market):
    with market.acting():
        assert list(commitments_out_of_line()) == []
        assert lines_below_nought() == []
        return Budget.objects.get(pk=market.budget.pk).committed_amount


def answer(market, order, answers, at, **options):
    chosen = {"supplier": market.seller, **options}
    with market.selling():
        return answer_order(order_id=order.pk, answers=answers, at=at, **chosen)


class TestAnswerOrder:
    @pytest.mark.parametrize(
        ("answer_given", "status"),
        [
            (Answer.ACCEPTED, "ACKNOWLEDGED"),
            (Answer.LATER, "ACKNOWLEDGED"),
            (Answer.REFUSED, "REFUSED"),
        ],
    )
    def test_takes_one_answer_for_every_line(self, market, at, answer_given, status):
        order = ordering.answered(market, answer_given)
        assert (order.status, order.answered_by_name) == (status, "Sal Seller")
        with market.acting():
            assert OrderLine.objects.get().answer == answer_given.value
            event = Event.objects.get(verb="order.answered")
            assert event.chain == market.council.pk
            assert event.after[answer_given.value.lower()] == 1

    def test_gives_back_the_money_of_refused_lines_and_tells_the_buyer(self, at):
        market = ordering.market(listings=2)
        order = ordering.sent(market)
        with market.acting():
            first, second = order.lines.order_by("line_number")
        said = [
            LineAnswer(first.pk, Answer.LATER, date(2026, 12, 24)),
            LineAnswer(second.pk, Answer.REFUSED, reason="Out of stock."),
        ]
        assert answer(market, order, said, at, note="Sorry.").status == "PARTLY_REFUSED"
        assert committed(market) == Decimal("318.00")
        ordering.do_jobs()
        assert committed(market) == Decimal("159.00")
        with market.acting():
            message = Message.objects.get(key=f"order:{order.pk}:answered")
            assert message.to == market.requester.email
            assert "Out of stock." in message.body
            assert "24 December 2026" in message.body
            settle_answer(council_id=market.council.pk, order_id=order.pk, at=at)
            assert Event.objects.filter(verb="order.answer-settled").count() == 1
        assert committed(market) == Decimal("159.00")

    def test_says_nothing_to_the_buyer_when_all_is_as_asked(self, market):
        order = ordering.answered(market)
        ordering.do_jobs()
        with market.acting():
            assert not Message.objects.filter(key=f"order:{order.pk}:answered").exists()
            assert Event.objects.filter(verb="order.answer-settled").count() == 1
        assert committed(market) == Decimal("159.00")

    def test_names_the_month_in_the_language_of_the_letter(self, market, at):
        with translation.override("cy"):
            order = ordering.answered(market, Answer.LATER)
            ordering.do_jobs()
        with market.acting():
            assert "30 Tachwedd 2026" in Message.objects.get(key=f"order:{order.pk}:answered").body

    @pytest.mark.parametrize(
        ("said", "pointer"),
        [
            ({"answer": Answer.WAITS}, "lines/0/answer"),
            ({"answer": Answer.LATER}, "lines/0/promised_on"),
            (
                {"answer": Answer.LATER, "promised_on": date(2026, 11, 22)},
                "lines/0/promised_on",
            ),
            (
                {"answer": Answer.LATER, "promised_on": date(2028, 11, 24)},
                "lines/0/promised_on",
            ),
            ({"answer": Answer.REFUSED, "reason": " "}, "lines/0/reason"),
        ],
    )
    def test_refuses_half_an_answer(self, market, at, said, pointer):
        order = ordering.sent(market)
        with market.acting():
            line = order.lines.get()
        with pytest.raises(AnswerNotComplete) as refused:
            answer(market, order, [LineAnswer(line.pk, **said)], at)
        assert refused.value.errors[0].pointer == pointer

    def test_takes_a_day_up_to_two_years_ahead(self, market, at):
        order = ordering.sent(market)
        with market.acting():
            line = order.lines.get()
        last = date(2028, 11, 23)
        late = LineAnswer(line.pk, Answer.LATER, last + timedelta(days=1))
        with pytest.raises(AnswerNotComplete, match="Give a day up to 23 November 2028"):
            answer(market, order, [late], at)
        assert answer(market, order, [LineAnswer(line.pk, Answer.LATER, last)], at).status == (
            "ACKNOWLEDGED"
        )

    def test_refuses_a_line_without_an_answer_and_one_with_two(self, at):
        market = ordering.market(listings=2)
        order = ordering.sent(market)
        with market.acting():
            said = ordering.answers_to(order, Answer.ACCEPTED)
        for wrong in ([], said[:1], [*said, said[0]], [said[0], said[0]]):
            with pytest.raises(AnswerNotComplete):
                answer(market, order, wrong, at)

    def test_what_is_billed_is_not_refused(self, market, at):
        order = ordering.sent(market)
        receipts.billed(market, order, 1)
        with market.selling():
            refusals = ordering.answers_to(order, Answer.REFUSED)
        with pytest.raises(AnswerNotComplete, match="invoice"):
            answer(market, order, refusals, at)
        with market.acting():
            assert OrderLine.objects.get().answer == Answer.WAITS

    def test_refuses_twice(self, market, at):
        order = ordering.answered(market)
        with market.acting():
            said = ordering.answers_to(order, Answer.REFUSED)
        with pytest.raises(IllegalMove):
            answer(market, order, said, at)

    def test_refuses_another_supplier_and_the_council_itself(self, market, at):
        order = ordering.sent(market)
        with market.acting():
            said = ordering.answers_to(order, Answer.ACCEPTED)
        other = ordering.market()
        with other.selling(), pytest.raises(Missing):
            answer_order(order_id=order.pk, supplier=other.seller, answers=said, at=at)
        with market.acting(), pytest.raises(Missing):
            answer_order(order_id=order.pk, supplier=market.buyer, answers=said, at=at)

    def test_refuses_who_is_no_seller(self, market, at):
        order = ordering.sent(market)
        clerk = organisations.actor(market.supplier, "auditor")
        with market.acting():
            said = ordering.answers_to(order, Answer.ACCEPTED)
        with pytest.raises(AnswerNotAllowed):
            answer(market, order, said, at, supplier=clerk)
