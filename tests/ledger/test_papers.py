"""What the documents behind commitments are called."""

from __future__ import annotations

from uuid import uuid4

import pytest

from marketplace.core.tenancy import tenant
from marketplace.ledger.papers import numbers_of
from tests.factories import ordering as factory

pytestmark = pytest.mark.django_db


def test_numbers_are_asked_once_a_kind_and_only_of_ones_own(django_assert_num_queries):
    market, strange = factory.market(), factory.market()
    order, theirs = factory.sent(market), factory.sent(strange)
    documents = [
        ("order", order.pk), ("requisition", order.requisition_id), ("order", theirs.pk),
        ("spell", uuid4()),
    ]  # fmt: skip
    with tenant(market.council.pk), django_assert_num_queries(2):
        found = numbers_of(market.council.pk, documents)
    assert set(found) == {order.pk, order.requisition_id}
    assert found[order.pk] == order.number


def test_nothing_is_asked_about_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert numbers_of(uuid4(), []) == {}
