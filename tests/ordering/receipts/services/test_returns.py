"""Sending goods back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.ledger.models import Journal, JournalLine
from marketplace.ordering.bought.rules import still_due
from marketplace.ordering.models import Order
from marketplace.ordering.orders.services.orders import OrderChanged
from marketplace.ordering.receipts.services.counting import ReceiptNotAllowed, ReceiptNotRight
from marketplace.ordering.receipts.services.returns import (
    Parcel,
    return_for_credit,
    return_for_replacement,
)
from tests.factories import catalogue, ordering, organisations, receipts

pytestmark = pytest.mark.django_db

AT = ordering.NOON


@pytest.fixture
def market():
    return receipts.market_with_books()


@pytest.fixture
def order(market) -> Order:
    made = ordering.sent(market)
    receipts.received(market, made, 2)
    return made


def back(service, market, order, *quantities, receiver=None, version=None, **facts):
    chosen = {"returned_on": receipts.TODAY, "reason": "They wobble.", **facts}
    parcel = Parcel(receipts.counted(order, *quantities), **chosen)
    with market.acting():
        return service(
            order_id=order.pk, receiver=receiver or market.buyer, parcel=parcel, at=AT,
            version=version,
        )  # fmt: skip


class TestReturnForReplacement:
    def test_it_is_to_come_again_and_promised_again(self, market, order):
        made = back(return_for_replacement, market, order, 1, delivery_note="COL 3")
        assert (made.kind, made.is_replaced, made.net_amount) == (
            "RETURNED", True, Decimal("-79.50"),
        )  # fmt: skip
        assert (made.note, made.delivery_note) == ("They wobble.", "COL 3")
        (line,) = receipts.lines_of(order)
        assert (line.received_quantity, line.cancelled_quantity) == (1, 0)
        assert line.to_come_quantity == 1
        assert receipts.stands(market) == (Decimal("79.50"), Decimal("79.50"))
        receipts.received(market, order, 1)
        assert receipts.stands(market) == (0, Decimal("159.00"))

    def test_the_journal_is_the_mirror(self, market, order):
        made = back(return_for_replacement, market, order, 1)
        with market.acting():
            journal = Journal.objects.get(event_key=f"receipt:{made.pk}")
            spent, owed = JournalLine.objects.filter(journal=journal).order_by("number")
        assert (spent.credit_amount, spent.debit_amount) == (Decimal("79.50"), 0)
        assert (owed.debit_amount, owed.supplier_id) == (Decimal("79.50"), market.supplier.pk)

    def test_refuses_when_the_money_has_gone_elsewhere(self):
        """What it gives back is spent by a bill that nobody stops; then nothing is left for it."""
        market = receipts.market_with_books(budget_amount="159.00")
        order = ordering.sent(market)
        receipts.received(market, order, 2)
        back(return_for_replacement, market, order, 1)
        assert receipts.stands(market) == (Decimal("79.50"), Decimal("79.50"))
        back(return_for_credit, market, order, 1)
        other = ordering.sent(market, quantity=1)
        assert receipts.stands(market) == (Decimal("159.00"), 0)
        receipts.received(market, order, 1)
        receipts.received(market, other, 1)
        assert receipts.stands(market) == (0, Decimal("159.00"))
        assert back(return_for_replacement, market, other, 1).net_amount == Decimal("-79.50")


class TestReturnForCredit:
    def test_it_does_not_come_again(self, market, order):
        made = back(return_for_credit, market, order, 1)
        assert (made.is_replaced, made.net_amount) == (False, Decimal("-79.50"))
        (line,) = receipts.lines_of(order)
        assert (line.received_quantity, line.cancelled_quantity) == (1, 1)
        assert line.to_come_quantity == 0
        assert still_due(line).net_amount == Decimal("79.50")
        assert receipts.stands(market) == (0, Decimal("79.50"))

    def test_what_is_still_to_come_stays_promised(self, market):
        order = ordering.sent(market, quantity=4)
        receipts.received(market, order, 2)
        back(return_for_credit, market, order, 1)
        (line,) = receipts.lines_of(order)
        assert line.to_come_quantity == 2
        assert receipts.stands(market) == (Decimal("159.00"), Decimal("79.50"))

    def test_no_penny_stays_promised_for_what_is_over(self, market):
        cheap = catalogue.listing(market.supplier, unit_price="0.002")
        order = ordering.sent(market, listings=[cheap], quantity=5)
        receipts.received(market, order, 2)
        back(return_for_credit, market, order, 2)
        receipts.received(market, order, 2)
        back(return_for_credit, market, order, 1)
        assert receipts.stands(market)[0] == Decimal("0.01")
        receipts.received(market, order, 1)
        assert receipts.stands(market) == (0, 0)


@pytest.mark.parametrize("service", [return_for_replacement, return_for_credit])
class TestBoth:
    def test_leave_a_trace_that_the_supplier_may_read(self, market, order, service):
        made = back(service, market, order, 1)
        for side in (market.acting, market.selling):
            with side():
                event = Event.objects.get(verb="receipt.returned")
                assert (event.subject_reference, event.note) == (made.number, "They wobble.")
                assert event.after["is_replaced"] is made.is_replaced

    def test_refuse_more_than_is_here_and_tell_everything(self, market, order, service):
        tomorrow = receipts.TODAY + timedelta(days=1)
        with pytest.raises(ReceiptNotRight) as caught:
            back(service, market, order, 3, reason=" ", returned_on=tomorrow)
        assert [each.pointer for each in caught.value.errors] == [
            "lines/0/quantity", "returned_on", "reason",
        ]  # fmt: skip

    def test_refuse_what_has_not_come(self, market, service):
        with pytest.raises(ReceiptNotRight, match="Enter 0 at most"):
            back(service, market, ordering.sent(market), 1)

    def test_refuse_strangers_and_other_councils(self, market, order, service):
        with pytest.raises(ReceiptNotAllowed):
            back(service, market, order, 1, receiver=organisations.actor(market.council, "finance"))
        other = receipts.market_with_books()
        with pytest.raises(Missing):
            back(service, other, order, 1)

    def test_refuse_what_was_changed_meanwhile(self, market, order, service):
        with pytest.raises(OrderChanged):
            back(service, market, order, 1, version=1)
