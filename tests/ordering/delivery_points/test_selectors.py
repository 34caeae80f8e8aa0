"""Which delivery points are offered."""

from __future__ import annotations

import pytest

from marketplace.ordering.delivery_points.selectors import delivery_points
from marketplace.ordering.models import DeliveryPoint
from tests.factories import ledger, ordering

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return ordering.market()


def test_delivery_points_in_use_by_name(market):
    with market.acting():
        for code, name, active in (("2", "Zoo", True), ("1", "Hall", True), ("3", "Hut", False)):
            DeliveryPoint.objects.create(
                council=market.council, code=code, name=name, address="x", is_active=active
            )
        found = delivery_points(market.council.pk)
        assert [each.name for each in found] == ["Hall", "Zoo"]
    assert ledger.cost_centre(market.council).holder is None
