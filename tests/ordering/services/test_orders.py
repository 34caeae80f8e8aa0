"""Raising, sending, answering and cancelling orders."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core import mail

from marketplace.audit.models import Event
from marketplace.core.errors import Conflict, Forbidden, Missing
from marketplace.core.states import IllegalMove
from marketplace.core.tenancy import stewardship
from marketplace.documents.models import Document
from marketplace.ledger.models import Budget, CommitmentEntry
from marketplace.ledger.selectors.budgets import commitments_out_of_line, lines_below_nought
from marketplace.notifications.models import Message
from marketplace.ordering.models import Order, OrderLine, Requisition, Transmission
from marketplace.ordering.selectors.orders import order_page, orders_for
from marketplace.ordering.services.answers import (
    AnswerNotAllowed,
    AnswerNotComplete,
    LineAnswer,
    answer_order,
    settle_answer,
)
from marketplace.ordering.services.orders import (
    CancelNotAllowed,
    CancelReasonNeeded,
    NothingToCancel,
    cancel_order,
    raise_orders,
)
from marketplace.ordering.services.sending import (
    NothingToResend,
    ResendNotAllowed,
    resend_order,
    send_order,
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


class TestSendOrder:
    def test_keeps_the_papers_and_writes_to_the_supplier(self, market):
        order = ordering.sent(market)
        assert (order.status, order.number) == ("SENT", "PO-26-000001")
        with market.selling():
            page = order_page(market.seller, order.pk)
            assert len(page.lines) == 1
            assert page.totals.gross_amount == Decimal("190.80")
            papers = Document.objects.filter(pk__in=[order.pdf_id, order.ubl_id])
            assert sorted(each.media_type for each in papers) == [
                "application/pdf", "application/xml",
            ]  # fmt: skip
            assert bytes(papers.get(pk=order.pdf_id).content).startswith(b"%PDF-")
            sent = Transmission.objects.values_list("channel", "sha256", "document__sha256")
            assert len(sent) == 4
            assert all(sha == kept for _channel, sha, kept in sent)
            assert Event.objects.get(verb="order.sent").counterparty_id == market.supplier.pk
        letter = next(each for each in mail.outbox if each.to == ["orders@example.com"])
        assert order.number in letter.subject
        assert sorted(part.get_filename() for part in letter.attachments) == [
            f"{order.number}.pdf", f"{order.number}.xml",
        ]  # fmt: skip

    def test_does_nothing_the_second_time(self, market, at):
        order = ordering.sent(market)
        with market.acting():
            send_order(council_id=market.council.pk, order_id=order.pk, at=at)
            assert Transmission.objects.count() == 4

    def test_sends_no_letter_without_an_address(self, market, at):
        (order,) = raised(market)
        with stewardship():
            type(market.supplier).objects.filter(pk=market.supplier.pk).update(email="")
        with market.acting():
            send_order(council_id=market.council.pk, order_id=order.pk, at=at)
            assert {each.channel for each in Transmission.objects.all()} == {"PORTAL"}
            assert not Message.objects.filter(key__startswith="order:").exists()

    def test_a_resend_is_the_same_to_the_byte(self, market, at):
        order = ordering.sent(market)
        with market.acting():
            resend_order(order_id=order.pk, buyer=market.buyer, at=at)
            by_attempt = {
                attempt: set(
                    Transmission.objects.filter(attempt=attempt).values_list("channel", "sha256")
                )
                for attempt in (1, 2)
            }
            assert by_attempt[1] == by_attempt[2]
            assert Message.objects.filter(key__startswith=f"order:{order.pk}:sent").count() == 2
            assert Event.objects.get(verb="order.resent").actor_name == "Bo Buyer"

    def test_refuses_to_resend_what_was_answered(self, market, at):
        order = ordering.answered(market)
        with market.acting(), pytest.raises(NothingToResend) as refused:
            resend_order(order_id=order.pk, buyer=market.buyer, at=at)
        assert isinstance(refused.value, Conflict)

    def test_refuses_a_resend_by_a_stranger_to_it(self, market, at):
        order = ordering.sent(market)
        stranger = organisations.actor(market.council, "requester")
        with market.acting(), pytest.raises(ResendNotAllowed) as refused:
            resend_order(order_id=order.pk, buyer=stranger, at=at)
        assert isinstance(refused.value, Forbidden)


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

    @pytest.mark.parametrize(
        ("said", "pointer"),
        [
            ({"answer": Answer.WAITS}, "lines/0/answer"),
            ({"answer": Answer.LATER}, "lines/0/promised_on"),
            (
                {"answer": Answer.LATER, "promised_on": date(2026, 11, 22)},
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

    def test_refuses_a_line_without_an_answer_and_one_with_two(self, at):
        market = ordering.market(listings=2)
        order = ordering.sent(market)
        with market.acting():
            said = ordering.answers_to(order, Answer.ACCEPTED)
        for wrong in ([], said[:1], [*said, said[0]], [said[0], said[0]]):
            with pytest.raises(AnswerNotComplete):
                answer(market, order, wrong, at)

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

    @pytest.mark.parametrize(
        ("received", "billed", "left"),
        [("1", "0", "79.50"), ("0", "1", "79.50"), ("1", "1", "79.50"), ("0.5", "0", "39.75")],
    )
    def test_gives_back_only_what_is_neither_delivered_nor_billed(
        self, market, at, received, billed, left
    ):
        order = ordering.sent(market)
        with market.acting():
            order.lines.update(received_quantity=received, billed_quantity=billed)
        cancel(market, order, at)
        assert committed(market) == Decimal(left)

    def test_refuses_when_everything_has_arrived(self, market, at):
        order = ordering.answered(market)
        with market.acting():
            order.lines.update(received_quantity=2)
        with pytest.raises(NothingToCancel):
            cancel(market, order, at)

    def test_what_was_refused_is_nothing_to_cancel(self, at):
        market = ordering.market(listings=2)
        order = ordering.sent(market)
        with market.acting():
            said = ordering.answers_to(order, Answer.ACCEPTED)
        said[0] = LineAnswer(said[0].line_id, Answer.REFUSED, reason="Gone.")
        answer(market, order, said, at)
        with market.acting():
            order.lines.filter(pk=said[1].line_id).update(received_quantity=2)
        with pytest.raises(NothingToCancel):
            cancel(market, order, at)

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
