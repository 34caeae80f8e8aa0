"""What a supplier may add to a council's audit trail, tried with SQL on the web's login."""

from __future__ import annotations

import json

import psycopg
import pytest

from marketplace.audit.models import Event
from marketplace.audit.selectors import chain_verdict
from marketplace.core.ids import uuid7
from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Order
from marketplace.ordering.orders.services.answers import answer_order
from marketplace.ordering.states import Answer
from tests.access.logins import raw, the_web
from tests.factories import ordering

ANSWER_ORDER = (
    "UPDATE ordering_order SET status = 'ACKNOWLEDGED', answered_at = %s,"
    " answered_by_name = 'Sal', answer_note = 'Soon.', version = version + 1 WHERE id = %s"
)
ANSWER_LINES = "UPDATE ordering_orderline SET answer = 'ACCEPTED' WHERE order_id = %s"
APPEND = "SELECT audit_append(%s)"


@pytest.fixture
def market(module_db):
    return ordering.market()


@pytest.fixture
def order(market) -> Order:
    return ordering.sent(market)


@pytest.fixture
def supplier(market):
    with raw("web", market.supplier.pk) as connected:
        yield connected


def told(order: Order, **facts: object) -> str:
    """The words that the service writes of an answer, some of them changed."""
    said = {
        "id": str(uuid7()),
        "chain": str(order.council_id),
        "at": ordering.NOON.isoformat(),
        "verb": "order.answered",
        "subject_type": "ordering.order",
        "subject_id": str(order.pk),
        "subject_reference": order.number,
        "actor_id": None,
        "actor_name": "Sal",
        "counterparty_id": str(order.supplier_id),
        "before": {"status": "SENT"},
        "after": {"status": "ACKNOWLEDGED", "accepted": 1},
        "note": "Soon.",
        "request_id": "",
    }
    return json.dumps(said | facts)


def answer(connected: psycopg.Connection, order: Order) -> None:
    assert connected.execute(ANSWER_ORDER, [ordering.NOON, order.pk]).rowcount == 1
    assert connected.execute(ANSWER_LINES, [order.pk]).rowcount == 1


def answers_told(order: Order) -> int:
    with stewardship():
        return Event.objects.filter(subject_id=order.pk, verb="order.answered").count()


def test_that_it_answered_once(supplier, order):
    answer(supplier, order)
    supplier.execute(APPEND, [told(order)])
    assert answers_told(order) == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        supplier.execute(APPEND, [told(order)])
    assert answers_told(order) == 1


def test_nothing_before_it_answered(supplier, order):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        supplier.execute(APPEND, [told(order)])


@pytest.mark.parametrize(
    "forged",
    [
        {"verb": "order.cancelled"}, {"verb": "council.changed"}, {"verb": "x'); DROP TABLE y"},
        {"verb": None}, {"subject_type": "organisations.organisation"},
        {"subject_id": "018f0000-0000-7000-8000-000000000000"}, {"subject_reference": "PO-1"},
        {"actor_name": "The chief executive"}, {"note": "Paid in full."},
        {"at": "2020-01-01T00:00:00Z"}, {"before": {"status": "RAISED"}},
        {"after": {"status": "ACKNOWLEDGED", "accepted": 2}},
        {"after": {"status": "ACKNOWLEDGED", "accepted": 1, "paid": True}},
    ],
    ids=lambda facts: " ".join(map(str, *facts.items())),
)  # fmt: skip
def test_nothing_else_than_what_it_did(supplier, order, forged):
    answer(supplier, order)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        supplier.execute(APPEND, [told(order, **forged)])
    assert answers_told(order) == 0


def test_nothing_of_another_suppliers_order(supplier, order):
    other = ordering.market()
    strange = ordering.sent(other)
    with raw("web", strange.supplier_id) as theirs:
        answer(theirs, strange)
    for facts in ({}, {"counterparty_id": str(order.supplier_id)}):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            supplier.execute(APPEND, [told(strange, **facts)])
    assert answers_told(strange) == 0


@pytest.mark.parametrize("chosen", [Answer.ACCEPTED, Answer.LATER, Answer.REFUSED])
def test_what_the_service_writes_on_the_webs_login(market, order, chosen):
    """The same as above in the service's own words, so that the two cannot drift apart."""
    with the_web(), market.selling():
        said = ordering.answers_to(order, chosen)
        answer_order(
            order_id=order.pk, supplier=market.seller, answers=said, note=" So. ", at=ordering.NOON
        )
    assert answers_told(order) == 1
    with stewardship():
        assert chain_verdict(order.council_id).breaks == ()
