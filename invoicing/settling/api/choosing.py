"""Saying which order an invoice is for, for programs: the same services as the pages call."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from invoicing.matching.services import CreditStandsAgainst
from invoicing.settling.api.deciding import EXAMPLE, WRITE, Decided, decided
from invoicing.settling.selectors import invoice_to_decide
from invoicing.settling.services.approval import InvoiceChanged
from invoicing.settling.services.choosing import (
    ChoosingNotAllowed,
    NothingToChoose,
    OrderOfAnotherSupplier,
    choose_line,
    choose_order,
)
from marketplace.core.states import IllegalMove
from marketplace.web import api
from marketplace.web.actors import actor
from marketplace.web.etags import check_if_match
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described

_REFUSALS = (ChoosingNotAllowed, NothingToChoose, InvoiceChanged, IllegalMove)
_HELD = {**EXAMPLE, "status": "HELD", "approved_by_name": ""}
_ID = "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b31"


class InvoiceOrder(api.Operation):
    """Saying which order an invoice is for."""

    access = "finance"
    scope = WRITE

    class Input(api.Input):
        """The order."""

        order_id = serializers.UUIDField(
            allow_null=True, help_text="Null takes back what was said before."
        )

    @described(
        "Say which order an invoice is for",
        answers=Decided,
        takes=Input,
        is_versioned=True,
        is_change=True,
        refusals=(*_REFUSALS, OrderOfAnotherSupplier, CreditStandsAgainst),
        example=_HELD,
        sent={"order_id": _ID},
    )
    @idempotent()
    def post(self, request: Request, invoice_id: UUID) -> Response:
        """Say which order an invoice is for, where it does not say so itself.

        It is compared with the order at once. Whoever says so cannot approve it afterwards.
        """
        finance = actor(request)
        seen = invoice_to_decide(finance, invoice_id)
        check_if_match(request, seen.version)
        return decided(
            choose_order(
                invoice_id=seen.pk,
                finance=finance,
                at=timezone.now(),
                version=seen.version,
                **self.taken(self.Input),
            )
        )


class InvoiceOrderLine(api.Operation):
    """Saying which line of its order a line of an invoice means."""

    access = "finance"
    scope = WRITE

    class Input(api.Input):
        """The order's line, or that it is none of them."""

        order_line_id = serializers.UUIDField(
            allow_null=True, help_text="Null takes back what was said, or goes with is_on_no_line."
        )
        is_on_no_line = serializers.BooleanField(
            required=False, help_text="True where it is on no line of the order."
        )

        def validate(self, said: dict[str, Any]) -> dict[str, Any]:
            """Ask for one or the other."""
            if said["order_line_id"] and said.get("is_on_no_line"):
                raise serializers.ValidationError(
                    {"is_on_no_line": [_("Name a line, or say that it is on none; not both.")]}
                )
            return said

    @described(
        "Say which line of its order an invoice's line means",
        answers=Decided,
        takes=Input,
        is_versioned=True,
        is_change=True,
        refusals=_REFUSALS,
        example=_HELD,
        sent={"order_line_id": _ID},
    )
    @idempotent()
    def post(self, request: Request, invoice_id: UUID, place: int) -> Response:
        """Say which line of the order the line at a place means, counted from 1.

        Only where the invoice does not say so plainly. What is on no line stays held until it is
        let through, and whoever approves it says who pays.
        """
        finance = actor(request)
        seen = invoice_to_decide(finance, invoice_id)
        check_if_match(request, seen.version)
        return decided(
            choose_line(
                invoice_id=seen.pk,
                place=place,
                finance=finance,
                at=timezone.now(),
                version=seen.version,
                **self.taken(self.Input),
            )
        )
