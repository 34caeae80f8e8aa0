"""A change that was meant for an older version is refused where the row is held.

What an operation reads before it holds the row may be old by then; the services look again.
"""

from __future__ import annotations

import pytest

from marketplace.audit.models import Event
from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Order, Requisition
from marketplace.ordering.orders.services.answers import answer_order
from marketplace.ordering.orders.services.orders import OrderChanged, cancel_order
from marketplace.ordering.requisitions.services.held_baskets import DraftChanged
from marketplace.ordering.requisitions.services.submissions import (
    submit_requisition,
    withdraw_requisition,
)
from marketplace.ordering.states import Answer
from tests.factories import ordering

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


def kept(row):
    with stewardship():
        return type(row).objects.filter(pk=row.pk).values().get(), Event.objects.count()


def refused(row, refusal, code, deed, **call):
    """Expect a refusal that names the version there is, and that nothing is different."""
    before = kept(row)
    with pytest.raises(refusal) as caught:
        deed(version=row.version - 1, **call)
    assert caught.value.code == code
    assert caught.value.facts["current_version"] == row.version
    assert kept(row) == before


class TestRequisition:
    @pytest.mark.parametrize("deed", [submit_requisition, withdraw_requisition])
    def test_one_that_changed_is_left_alone(self, market, at, deed):
        draft = ordering.basket(market)
        call = {"requisition_id": draft.pk, "requester": market.requester, "at": at}
        if deed is submit_requisition:
            call["details"] = ordering.DETAILS
        with market.acting():
            draft = Requisition.objects.get(pk=draft.pk)
            refused(draft, DraftChanged, "requisition.changed-meanwhile", deed, **call)
            assert deed(version=draft.version, **call).version == draft.version + 1


class TestOrder:
    def test_one_that_changed_is_not_cancelled(self, market, at):
        order = ordering.sent(market)
        call = {"order_id": order.pk, "buyer": market.buyer, "reason": "Not needed.", "at": at}
        with market.acting():
            order = Order.objects.get(pk=order.pk)
            refused(order, OrderChanged, "order.changed-meanwhile", cancel_order, **call)
            assert cancel_order(version=order.version, **call).status == "CANCELLED"

    def test_one_that_changed_is_not_answered(self, market, at):
        order = ordering.sent(market)
        with market.selling():
            order = Order.objects.get(pk=order.pk)
            call = {
                "order_id": order.pk, "supplier": market.seller, "at": at,
                "answers": ordering.answers_to(order, Answer.ACCEPTED),
            }  # fmt: skip
            refused(order, OrderChanged, "order.changed-meanwhile", answer_order, **call)
            assert answer_order(version=order.version, **call).status == "ACKNOWLEDGED"
