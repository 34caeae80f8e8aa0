"""The doors that a council has goods brought to, for programs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.ledger.api.lists import ID, REFUSALS, ListQuery, answer, one_of, put
from marketplace.ordering.delivery_points.rules import address_of
from marketplace.ordering.delivery_points.selectors import delivery_points_kept
from marketplace.ordering.delivery_points.services import (
    DELIVERY_POINTS,
    LONGEST_INSTRUCTIONS,
)
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described

READERS = ("requester", "buyer", "receiver", "auditor", "administrator")
KEEPERS = ("buyer", "administrator")
SCOPES = {"GET": "delivery-points:read", "PUT": "delivery-points:write"}
EXAMPLE = {
    "id": ID,
    "code": "ASH",
    "name": "Ashgrove Primary School",
    "address": "2 Ash Grove\nCastermere\nZT1 4QA",
    "instructions": "Ring at the kitchen door.",
    "is_active": True,
    "version": 1,
}
SENT = {k: v for k, v in EXAMPLE.items() if k not in {"id", "code", "version"}}


class DeliveryPointShape(serializers.Serializer[Any]):
    """One delivery point."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField(help_text="In lines, as on a letter.")
    instructions = serializers.CharField(help_text="What the driver must know.")
    is_active = serializers.BooleanField(help_text="Whether it is offered for new things.")
    version = serializers.IntegerField()


class DeliveryPointInput(Input):
    """What a delivery point is to say."""

    name = serializers.CharField(max_length=200)
    address = serializers.CharField(
        max_length=1000,
        help_text="At most 10 lines, each of at most 100 characters, the postcode last.",
    )
    instructions = serializers.CharField(
        max_length=LONGEST_INSTRUCTIONS, allow_blank=True, default=""
    )
    is_active = serializers.BooleanField(default=True)


class DeliveryPointList(Operation):
    """The doors that goods are brought to."""

    access = READERS
    scope = SCOPES

    @described(
        "List delivery points",
        answers=DeliveryPointShape,
        asks=ListQuery,
        is_list=True,
        example=EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """List delivery points by their code."""
        rows = delivery_points_kept(actor(request).organisation_id, **self.asked(ListQuery))
        return self.page(rows, DeliveryPointShape, keys=("code", "id"))


class DeliveryPointOne(Operation):
    """One delivery point, by the council's own code."""

    access = READERS
    writers = KEEPERS
    scope = SCOPES

    @described(
        "Read a delivery point", answers=DeliveryPointShape, is_versioned=True, example=EXAMPLE
    )
    def get(self, request: Request, code: str) -> Response:
        """Read a delivery point."""
        rows = delivery_points_kept(actor(request).organisation_id)
        return answer(one_of(rows, code), DeliveryPointShape)

    @described(
        "Add or change a delivery point",
        answers=DeliveryPointShape,
        takes=DeliveryPointInput,
        is_versioned=True,
        may_match=True,
        refusals=REFUSALS,
        example=EXAMPLE,
        sent=SENT,
    )
    @idempotent()
    def put(self, request: Request, code: str) -> Response:
        """Make a delivery point say this. One that is there needs If-Match; a new one does not.

        Buyers and administrators can. Retire it with `is_active` false.
        """
        rows = delivery_points_kept(actor(request).organisation_id)
        facts = self.taken(DeliveryPointInput)
        facts["address"] = address_of(facts["address"].splitlines())
        key = put(request, DELIVERY_POINTS, rows, code, facts)
        return answer(rows.one(key), DeliveryPointShape)
