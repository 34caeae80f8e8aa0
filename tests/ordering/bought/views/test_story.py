"""What happened, as it is told."""

from __future__ import annotations

import pytest
from django.urls import reverse

from marketplace.audit.models import Event
from marketplace.ordering.bought.views.story import told
from marketplace.ordering.models import RequisitionLine
from tests.factories import ledger
from tests.factories import ordering as factory
from tests.ordering.reading import as_, seen, text

pytestmark = pytest.mark.django_db


class TestStory:
    def test_only_the_one_who_asked_reads_how_the_basket_was_filled(self, client, market):
        basket, other = factory.basket(market), ledger.budget(market.council)
        line = seen(market, RequisitionLine)
        as_(client, market.requester)
        said = {f"quantity-{line.pk}": "3", f"coding-{line.pk}": str(other.pk), "save": "1"}
        client.post(reverse("basket"), said)
        address = reverse("requisition", args=[basket.pk])
        own = text(client.get(address))
        assert "Put in the basket" in own
        with market.acting():
            paid_from = f"Paid from: {other.cost_centre.code} "
        assert f"Quantity changed: part {line.part_number}, now 3. {paid_from}" in own
        factory.submitted(market)
        others = text(as_(client, market.buyer).get(address))
        assert "Put in the basket" not in others
        assert "Sent for approval" in others

    @pytest.mark.parametrize(("lines", "said"), [(1, "1 line"), (2, "2 lines")])
    @pytest.mark.parametrize("verb", ["basket.filled", "basket.copied"])
    def test_lines_are_counted_as_people_count_them(self, verb, lines, said):
        event = Event(verb=verb, before={}, after={"lines": lines, "from": "RQ-26-000001"})
        (shown,) = told([event])
        assert shown.title.endswith(f": {said}")
