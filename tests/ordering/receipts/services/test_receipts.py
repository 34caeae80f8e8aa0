"""Booking in what has come."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import ControlAccount, Journal, JournalLine, Period
from marketplace.notifications.models import Message
from marketplace.ordering.models import Order, Receipt, ReceiptLine
from marketplace.ordering.orders.services.answers import (
    AnswerNotComplete,
    LineAnswer,
    answer_order,
)
from marketplace.ordering.orders.services.orders import OrderChanged, cancel_order, raise_orders
from marketplace.ordering.receipts.rules import ReceivedLine
from marketplace.ordering.receipts.services.booking import BooksNotReady
from marketplace.ordering.receipts.services.counting import (
    NothingToReceive,
    ReceiptNotAllowed,
    ReceiptNotRight,
)
from marketplace.ordering.states import Answer
from tests.factories import catalogue, ordering, organisations, receipts

pytestmark = pytest.mark.django_db

AT = ordering.NOON


@pytest.fixture
def market():
    return receipts.market_with_books()


@pytest.fixture
def order(market) -> Order:
    return ordering.sent(market)


def refusal(market, order, lines, **facts):
    with pytest.raises(ReceiptNotRight) as caught, market.acting():
        receipts.receive_goods(
            order_id=order.pk, lines=lines,
            **{"receiver": market.buyer, "received_on": receipts.TODAY, "at": AT, **facts},
        )  # fmt: skip
    return {each.pointer: each.detail for each in caught.value.errors}


class TestReceiveGoods:
    def test_books_in_what_came(self, market, order):
        made = receipts.received(market, order, 1, delivery_note=" DN 7 ", note="One box wet.")
        assert (made.number, made.kind, made.net_amount) == (
            "GR-26-000001", "RECEIVED", Decimal("79.50"),
        )  # fmt: skip
        assert (made.delivery_note, made.by_name, made.at) == ("DN 7", "Bo Buyer", AT)
        (line,) = receipts.lines_of(order)
        assert (line.received_quantity, line.to_come_quantity) == (1, 1)
        assert receipts.stands(market) == (Decimal("79.50"), Decimal("79.50"))

    def test_is_posted_once_in_double_entry(self, market, order):
        made = receipts.received(market, order, 1)
        with market.acting():
            journal = Journal.objects.get()
            assert (journal.event_key, journal.kind) == (f"receipt:{made.pk}", "RECEIPT")
            assert (journal.dated_on, journal.document_reference) == (receipts.TODAY, made.number)
            spent, owed = JournalLine.objects.order_by("number")
            line = ReceiptLine.objects.get()
        assert (spent.debit_amount, spent.budget_id) == (Decimal("79.50"), market.budget.pk)
        assert spent.source_line_id == line.pk
        assert (owed.credit_amount, owed.supplier_id) == (Decimal("79.50"), market.supplier.pk)

    def test_parts_come_to_the_whole_to_the_penny(self):
        market = receipts.market_with_books()
        thirds = catalogue.listing(market.supplier, unit_price="0.333333")
        order = ordering.sent(market, listings=[thirds], quantity=7)
        amounts = [receipts.received(market, order, 1).net_amount for _ in range(7)]
        assert sum(amounts) == Decimal("2.33")
        assert set(amounts) == {Decimal("0.33"), Decimal("0.34")}
        assert receipts.stands(market) == (Decimal("0.00"), Decimal("2.33"))

    def test_what_is_worth_nothing_is_received_and_not_posted(self):
        market = receipts.market_with_books()
        cheap = catalogue.listing(market.supplier, unit_price="0.004")
        order = ordering.sent(market, listings=[cheap], quantity=1)
        assert receipts.received(market, order, 1).net_amount == 0
        with market.acting():
            assert Journal.objects.count() == 0

    def test_leaves_a_trace_that_the_supplier_may_read(self, market, order):
        made = receipts.received(market, order, 2, note="All well.")
        for side in (market.acting, market.selling):
            with side():
                event = Event.objects.get(verb="receipt.recorded")
                assert (event.subject_reference, event.note) == (made.number, "All well.")
                assert event.after["order"] == order.number
                assert Receipt.objects.get().lines.count() == 1

    def test_tells_whoever_ordered_it(self, market, order):
        mine = receipts.received(market, order, 1, receiver=market.requester)
        theirs = receipts.received(market, order, 1, receiver=receipts.receiver(market))
        with market.acting():
            keys = Message.objects.filter(key__startswith="receipt:").values_list("key", flat=True)
            assert list(keys) == [f"receipt:{theirs.pk}"]
        assert mine.number != theirs.number

    def test_an_answer_is_not_waited_for(self, market):
        for stage in (ordering.sent, ordering.answered):
            receipts.received(market, stage(market), 2)

    def test_what_came_cannot_be_refused_any_more(self, market, order):
        receipts.received(market, order, 1)
        with market.selling(), pytest.raises(AnswerNotComplete, match="received already"):
            answer_order(
                order_id=order.pk, supplier=market.seller, at=AT,
                answers=ordering.answers_to(order, Answer.REFUSED),
            )  # fmt: skip

    def test_a_day_of_a_closed_month_counts_in_the_next(self, market, order):
        with stewardship():
            Period.objects.filter(number=8).update(status="CLOSED")
        receipts.received(market, order, 1)
        with market.acting():
            journal = Journal.objects.get()
        assert (journal.dated_on, journal.document_on) == (date(2026, 12, 1), receipts.TODAY)


class TestRefusals:
    def test_tells_everything_at_once(self):
        market = receipts.market_with_books(listings=3)
        order = ordering.sent(market, quantity=4)
        lines = receipts.counted(order, "1.5", 5, 0)
        lines += [ReceivedLine(uuid4(), Decimal(1)), lines[0]]
        problems = refusal(
            market, order, lines, received_on=receipts.TODAY + timedelta(days=1),
            delivery_note="x" * 101,
        )  # fmt: skip
        assert problems == {
            "lines/0/quantity": "Enter a whole number.",
            "lines/1/quantity": "Enter 4 at most.",
            "lines/2/quantity": "Enter a number above 0.",
            "lines/3/order_line_id": "There is no such line on this order.",
            "lines/4/quantity": "This line is here twice. Give it once.",
            "received_on": "The day must be today or in the past.",
            "delivery_note": "Enter at most 100 characters.",
        }

    @pytest.mark.parametrize("quantity", ["-1", "0", "NaN", "Infinity", "1E+30", "0.0001", "1e-9"])
    def test_refuses_what_is_no_count(self, market, order, quantity):
        assert "lines/0/quantity" in refusal(market, order, receipts.counted(order, quantity))

    def test_measured_goods_come_in_parts(self):
        market = receipts.market_with_books()
        sand = catalogue.listing(market.supplier, unit_price="10", unit="KGM")
        order = ordering.sent(market, listings=[sand], quantity=2)
        receipts.received(market, order, "0.125")
        problems = refusal(market, order, receipts.counted(order, "0.0005"))
        assert problems == {"lines/0/quantity": "Enter at most three decimal places."}

    def test_refuses_nothing_at_all(self, market, order):
        assert refusal(market, order, []) == {"lines": "Enter a quantity for at least one line."}

    def test_refuses_what_has_come_already(self, market, order):
        receipts.received(market, order, 2)
        assert "lines/0/quantity" in refusal(market, order, receipts.counted(order, 1))

    def test_refuses_a_day_before_the_order(self, market, order):
        day = receipts.TODAY - timedelta(days=1)
        problems = refusal(market, order, receipts.counted(order, 1), received_on=day)
        assert problems == {"received_on": "The day must not be before the order was made."}

    def test_refuses_a_line_that_the_supplier_refused(self):
        market = receipts.market_with_books(listings=2)
        order = ordering.sent(market)
        with market.acting():
            first, second = ordering.answers_to(order, Answer.ACCEPTED)
        with market.selling():
            answer_order(
                order_id=order.pk, supplier=market.seller, at=AT,
                answers=[LineAnswer(first.line_id, Answer.REFUSED, reason="Gone."), second],
            )  # fmt: skip
        lines = [ReceivedLine(first.line_id, Decimal(1)), ReceivedLine(second.line_id, Decimal(1))]
        assert list(refusal(market, order, lines)) == ["lines/0/quantity"]

    def test_refuses_an_order_that_was_not_sent_or_is_over(self, market):
        requisition = ordering.approved(market)
        with market.acting():
            (raised,) = raise_orders(
                council_id=market.council.pk, requisition_id=requisition.pk, at=AT
            )
        with pytest.raises(NothingToReceive, match="not been sent"):
            receipts.received(market, raised, 1)
        with market.acting():
            cancel_order(order_id=raised.pk, buyer=market.buyer, reason="x", at=AT)
        with pytest.raises(NothingToReceive, match="go back, or are ordered anew"):
            receipts.received(market, raised, 1)
        refused = ordering.answered(market, Answer.REFUSED)
        with pytest.raises(NothingToReceive, match="supplier refused it"):
            receipts.received(market, refused, 1)

    def test_refuses_strangers_the_supplier_and_other_councils(self, market, order):
        stranger = organisations.actor(market.council, "requester", "finance")
        with pytest.raises(ReceiptNotAllowed):
            receipts.received(market, order, 1, receiver=stranger)
        with pytest.raises(Missing):
            receipts.received(market, order, 1, receiver=market.seller)
        other = receipts.market_with_books()
        with pytest.raises(Missing):
            receipts.received(other, order, 1)

    def test_refuses_what_was_changed_meanwhile(self, market, order):
        with market.acting():
            seen = Order.objects.get().version
        receipts.received(market, order, 1, version=seen)
        with pytest.raises(OrderChanged):
            receipts.received(market, order, 1, version=seen)

    def test_says_whom_to_ask_when_no_month_is_open(self, market, order):
        with stewardship():
            Period.objects.update(status="CLOSED")
        with pytest.raises(BooksNotReady, match="Ask finance to open the month"):
            receipts.received(market, order, 1)

    def test_says_whom_to_ask_when_no_account_was_chosen(self, market, order):
        with stewardship():
            ControlAccount.objects.all().delete()
        with pytest.raises(BooksNotReady, match="Ask finance"):
            receipts.received(market, order, 1)
        assert receipts.lines_of(order)[0].received_quantity == 0
