"""A letter is owed last: after what it tells of was done and recorded."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.ordering.models import Order
from marketplace.ordering.orders.services.answers import answer_order, settle_answer
from marketplace.ordering.orders.services.orders import cancel_order, raise_orders
from marketplace.ordering.orders.services.sending import resend_order, send_order
from marketplace.ordering.requisitions.services.decisions import reject_requisition
from marketplace.ordering.states import Answer
from tests.factories import ordering

pytestmark = pytest.mark.django_db

AT = ordering.NOON


def reject(market):
    waiting = ordering.submitted(market)
    return lambda: reject_requisition(
        requisition_id=waiting.pk, approver=market.approver, content_hash=waiting.content_hash,
        reason="Too dear.", at=AT,
    )  # fmt: skip


def send(market):
    approved = ordering.approved(market)
    with market.acting():
        (order,) = raise_orders(council_id=market.council.pk, requisition_id=approved.pk, at=AT)
    return lambda: send_order(council_id=market.council.pk, order_id=order.pk, at=AT)


def resend(market):
    order = ordering.sent(market)
    return lambda: resend_order(order_id=order.pk, buyer=market.buyer, at=AT)


def cancel(market):
    order = ordering.sent(market)
    return lambda: cancel_order(order_id=order.pk, buyer=market.buyer, reason="No.", at=AT)


def settle(market):
    order = ordering.sent(market)
    with market.selling():
        answer_order(
            order_id=order.pk, supplier=market.seller, at=AT,
            answers=ordering.answers_to(order, Answer.REFUSED),
        )  # fmt: skip
    return lambda: settle_answer(council_id=market.council.pk, order_id=order.pk, at=AT)


@pytest.mark.parametrize("prepare", [reject, send, resend, cancel, settle])
def test_is_owed_after_the_record(prepare):
    market = ordering.market()
    deed = prepare(market)
    with market.acting(), CaptureQueriesContext(connection) as captured:
        deed()
    said = [query["sql"] for query in captured]
    (recorded,) = [i for i, sql in enumerate(said) if "audit_append" in sql]
    owed = [
        i for i, sql in enumerate(said) if sql.startswith('INSERT INTO "notifications_message"')
    ]
    assert owed
    assert recorded < min(owed)


def test_an_order_of_which_nothing_is_left_is_not_moved(at):
    """The check comes before the move, so that what is refused was not touched."""
    market = ordering.market()
    order = ordering.answered(market)
    with market.acting():
        order = Order.objects.get(pk=order.pk)
        assert order.check_move("cancel") == "CANCELLED"
        assert order.status == "ACKNOWLEDGED"
