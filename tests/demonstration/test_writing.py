"""Writing by the thousand leaves what writing one by one leaves."""

from __future__ import annotations

import json

import pytest

from marketplace.audit.models import Event
from marketplace.audit.selectors import chain_verdict
from marketplace.audit.services import record
from marketplace.core.tenancy import tenant
from marketplace.demonstration.writing import Happening, append, copy_in, take_numbers
from marketplace.ordering.models import DeliveryPoint
from marketplace.organisations.services.numbers import next_number
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def council():
    made = organisations.council()
    with tenant(made.pk):
        yield made


def door(council, code):
    return DeliveryPoint(council=council, code=code, name=f"Door {code}", address="1 Corn Square")


class TestAppend:
    def test_hashes_the_same_facts_as_record(self, council, at):
        actor = organisations.actor(council, "buyer")
        facts = {"actor": actor, "at": at, "organisation_id": council.pk, "counterparty_id": None,
                 "after": {"a": 1}}  # fmt: skip
        record("council.joined", council, **facts)
        append([Happening("council.joined", council, **facts)])
        single, bulk = (json.loads(event.body) for event in Event.objects.order_by("sequence"))
        for body in (single, bulk):
            del body["id"], body["request_id"]
        assert single == bulk

    def test_keeps_the_order_and_the_chain(self, council, at):
        append([Happening(f"step.{n}", council, None, at, council.pk, None, {}) for n in range(50)])
        verbs = Event.objects.order_by("sequence").values_list("verb", flat=True)
        assert list(verbs) == [f"step.{n}" for n in range(50)]
        assert chain_verdict(council.pk).breaks == ()


class TestCopyIn:
    def test_writes_every_row(self, council):
        copy_in([door(council, code) for code in ("A", "B")])
        assert set(DeliveryPoint.objects.values_list("code", "is_active")) == {
            ("A", True), ("B", True)}  # fmt: skip

    def test_is_stopped_by_the_wall(self, council):
        other = organisations.council()
        with pytest.raises(Exception, match="row-level security"):
            copy_in([door(other, "A")])

    def test_nothing_is_nothing(self):
        copy_in([])


class TestTakeNumbers:
    def test_takes_a_block_and_leaves_no_gap(self, council):
        assert take_numbers(council.pk, "order", 2026, 3) == range(1, 4)
        assert next_number(council.pk, "order", 2026) == 4
