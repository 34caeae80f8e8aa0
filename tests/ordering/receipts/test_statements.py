"""What receiving costs the database: the same statements at ten lines and at a hundred."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from marketplace.ordering.orders.services.remainders import cancel_remainder
from marketplace.ordering.receipts.rules import ReceivedLine
from marketplace.ordering.receipts.services.corrections import correct_receipt
from marketplace.ordering.receipts.services.receipts import receive_goods
from marketplace.ordering.receipts.services.returns import (
    Parcel,
    return_for_credit,
    return_for_replacement,
)
from tests.factories import ordering, receipts

AT = ordering.NOON
MOST = {"receive": 30, "replace": 33, "credit": 30, "correct": 33, "remainder": 18}


def life(market) -> dict[str, int]:
    counts: dict[str, int] = {}
    order = ordering.sent(market, quantity=4)
    door = receipts.receiver(market)
    facts = {"order_id": order.pk, "receiver": door, "at": AT}

    def lines(quantity):
        return [ReceivedLine(line.pk, Decimal(quantity)) for line in receipts.lines_of(order)]

    def counted(name, deed):
        with CaptureQueriesContext(connection) as captured:
            result = deed()
        counts[name] = len(captured)
        return result

    two, one = lines(2), lines(1)
    back = Parcel(one, receipts.TODAY, "They wobble.")
    with market.acting():
        made = counted(
            "receive", lambda: receive_goods(lines=two, received_on=receipts.TODAY, **facts)
        )
        counted("replace", lambda: return_for_replacement(parcel=back, **facts))
        receive_goods(lines=two, received_on=receipts.TODAY, **facts)
        counted("credit", lambda: return_for_credit(parcel=back, **facts))
        counted(
            "correct",
            lambda: correct_receipt(
                receipt_id=made.pk, receiver=door, lines=one, reason="Miscounted.", at=AT
            ),
        )
        counted(
            "remainder",
            lambda: cancel_remainder(order_id=order.pk, buyer=market.buyer, reason="No.", at=AT),
        )
    return counts


@pytest.fixture(scope="module")
def measured(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        found = []
        for size in (10, 100):
            with transaction.atomic():
                market = receipts.market_with_books(budget_amount=100_000, listings=size)
                found.append(life(market))
                transaction.set_rollback(True)
        return found


@pytest.mark.parametrize("deed", MOST)
def test_lines_do_not_cost_statements(measured, deed):
    ten, hundred = measured
    assert ten[deed] == hundred[deed]


@pytest.mark.parametrize("deed", MOST)
def test_no_deed_takes_more_than_it_may(measured, deed):
    assert measured[0][deed] <= MOST[deed]
