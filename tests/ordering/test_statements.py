"""What buying costs the database: the same number of statements at ten lines and at a hundred."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.ordering.orders.selectors.orders import (
    council_counts,
    order_page,
    orders_for,
    orders_of,
    supplier_counts,
)
from marketplace.ordering.orders.services.answers import answer_order, settle_answer
from marketplace.ordering.orders.services.orders import cancel_order, raise_orders
from marketplace.ordering.orders.services.sending import send_order
from marketplace.ordering.requisitions.selectors.requisitions import (
    lines_with_coding,
    outlook,
    requisitions_awaiting,
    requisitions_of,
)
from marketplace.ordering.requisitions.services.baskets import LineChange, change_basket
from marketplace.ordering.requisitions.services.copies import copy_requisition
from marketplace.ordering.requisitions.services.decisions import approve_requisition
from marketplace.ordering.requisitions.services.prices import accept_prices
from marketplace.ordering.requisitions.services.submissions import submit_requisition
from marketplace.ordering.states import Answer
from tests.factories import catalogue, ledger, ordering

pytestmark = pytest.mark.django_db

AT = ordering.NOON
# The most that each deed may take, so that a growth is seen. The whole way of an order from a full
# basket to its settled answer is their sum.
MOST = {
    "copy": 13, "accept": 7, "change": 10, "submit": 16, "approve": 18, "raise": 13, "send": 19,
    "answer": 9, "settle": 15, "cancel": 18,
}  # fmt: skip


def life(market) -> dict[str, int]:
    """Take everything in the market through its life; return what each deed took."""
    counts: dict[str, int] = {}

    def counted(name, deed):
        with CaptureQueriesContext(connection) as captured:
            result = deed()
        counts[name] = len(captured)
        return result

    first = ordering.submitted(market, listings=market.listings, quantity=1)
    other = ledger.budget(market.council, amount=100_000)
    with market.acting():
        copied = counted(
            "copy",
            lambda: copy_requisition(requisition_id=first.pk, requester=market.requester, at=AT),
        )
        facts = {"requisition_id": copied.requisition.pk, "requester": market.requester, "at": AT}
        counted("accept", lambda: accept_prices(**facts))
        changes = [
            LineChange(line.pk, Decimal(2), other.cost_centre_id, other.account_id)
            for line in copied.requisition.lines.all()
        ]
        counted("change", lambda: change_basket(**facts, wanted=changes))
        waiting = counted("submit", lambda: submit_requisition(**facts, details=ordering.DETAILS))
        done = counted(
            "approve",
            lambda: approve_requisition(
                requisition_id=waiting.pk, approver=market.approver,
                content_hash=waiting.content_hash, at=AT,
            ),
        )  # fmt: skip
        ids = {"council_id": market.council.pk, "at": AT}
        (order,) = counted("raise", lambda: raise_orders(requisition_id=done.pk, **ids))
        counted("send", lambda: send_order(order_id=order.pk, **ids))
        answers = ordering.answers_to(order, Answer.ACCEPTED)
        answers[0] = replace(answers[0], answer=Answer.REFUSED, reason="Gone.")
    with market.selling():
        counted(
            "answer",
            lambda: answer_order(order_id=order.pk, supplier=market.seller, answers=answers, at=AT),
        )
    with market.acting():
        counted("settle", lambda: settle_answer(order_id=order.pk, **ids))
        counted(
            "cancel",
            lambda: cancel_order(order_id=order.pk, buyer=market.buyer, reason="No.", at=AT),
        )
    return counts


@pytest.fixture(scope="module")
def measured(django_db_setup, django_db_blocker):
    from django.db import transaction

    with django_db_blocker.unblock():
        found = []
        for size in (10, 100):
            with transaction.atomic():
                found.append(life(ordering.market(budget_amount=100_000, listings=size)))
                transaction.set_rollback(True)
        return found


@pytest.mark.parametrize("deed", MOST)
def test_lines_do_not_cost_statements(measured, deed):
    ten, hundred = measured
    assert ten[deed] == hundred[deed]


@pytest.mark.parametrize("deed", MOST)
def test_no_deed_takes_more_than_it_may(measured, deed):
    assert measured[0][deed] <= MOST[deed]


def test_from_basket_to_answer_in_less_than_ninety(measured):
    way = ("submit", "approve", "raise", "send", "answer", "settle")
    assert sum(measured[0][deed] for deed in way) < 90


def test_the_home_page_looks_only_at_what_is_open(at):
    """Everything that was ever ordered must not be joined to its lines to count what waits."""
    market = ordering.market()
    ordering.sent(market)
    with market.acting(), CaptureQueriesContext(connection) as captured:
        council_counts(market.buyer, at)
    requisitions, orders = (query["sql"] for query in captured)
    where = requisitions.split(" WHERE ")[1]
    assert "raised_by_id" in where
    assert "status" in where
    assert "ordering_orderline" not in orders
    assert "status" in orders.split(" WHERE ")[1]


def test_lists_and_pages_take_the_same_whatever_there_is(at):
    market = ordering.market(budget_amount=100_000, listings=2)
    counts = []
    for _round in range(2):
        order = ordering.sent(market)
        ordering.submitted(market)
        basket = ordering.basket(market)
        counts.append(_ask(market, order, basket, at))
        with market.acting():
            basket.lines.all().delete()
        catalogue.listing(market.supplier, unit_price=Decimal(1))
    assert counts[0] == counts[1]


def _ask(market, order, basket, at) -> list[int]:
    def asked(deed):
        with CaptureQueriesContext(connection) as captured:
            deed()
        return len(captured)

    with market.acting():
        counts = [
            asked(lambda: list(requisitions_of(market.buyer))),
            asked(lambda: list(requisitions_awaiting(market.approver, at))),
            asked(lambda: [each.supplier.name for each in orders_of(market.buyer)]),
            asked(lambda: order_page(market.buyer, order.pk)),
            asked(lambda: council_counts(market.approver, at)),
            asked(lambda: outlook(basket, market.requester, list(lines_with_coding(basket)), at)),
        ]
    with market.selling():
        counts += [
            asked(lambda: [each.council.name for each in orders_for(market.seller)]),
            asked(lambda: order_page(market.seller, order.pk)),
            asked(lambda: supplier_counts(market.seller)),
        ]
    return counts
