"""Receipts, for programs of either side: the same services as the pages call."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.ledger.services.commitments import OverBudget
from marketplace.ordering.bought.api.shapes import ID, LARGEST
from marketplace.ordering.orders.api.orders import READERS
from marketplace.ordering.orders.selectors.orders import order as order_of
from marketplace.ordering.orders.services.orders import OrderChanged
from marketplace.ordering.receipts.api.shapes import (
    LINES_SENT,
    RECEIPT_DETAIL_EXAMPLE,
    RECEIPT_EXAMPLE,
    ReceiptDetail,
    ReceiptSummary,
)
from marketplace.ordering.receipts.rules import LONGEST_DELIVERY_NOTE, ReceivedLine
from marketplace.ordering.receipts.selectors.receipts import (
    receipt,
    receipt_lines,
    receipts_found,
    receipts_of,
    receipts_of_order,
)
from marketplace.ordering.receipts.services.booking import BooksNotReady
from marketplace.ordering.receipts.services.corrections import (
    CorrectionStays,
    NothingToCorrect,
    correct_receipt,
)
from marketplace.ordering.receipts.services.counting import (
    NothingToReceive,
    ReceiptNotAllowed,
    ReceiptNotRight,
)
from marketplace.ordering.receipts.services.receipts import receive_goods
from marketplace.ordering.receipts.services.returns import (
    Parcel,
    return_for_credit,
    return_for_replacement,
)
from marketplace.ordering.states import ReceiptKind
from marketplace.web import api
from marketplace.web.actors import actor
from marketplace.web.etags import check_if_match, etag
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described
from marketplace.web.strict import StrictDay, StrictDecimal

DOOR = ("receiver", "buyer", "requester")
READ, WRITE = "receipts:read", "receipts:write"
REFUSALS = (ReceiptNotAllowed, OrderChanged, NothingToReceive, ReceiptNotRight, BooksNotReady)


class CountedLine(api.Input):
    """How much of one line of the order."""

    order_line_id = serializers.UUIDField()
    quantity = StrictDecimal(
        max_digits=12, decimal_places=3, min_value=0, max_value=LARGEST,
        help_text="In the unit of the order’s line.",
    )  # fmt: skip


def _lines(values: dict[str, Any]) -> list[ReceivedLine]:
    return [ReceivedLine(**line) for line in values.pop("lines")]


def _seen(request: Request, order_id: UUID) -> int:
    """Return the version of an order that the request is meant for.

    Raises: Missing, VersionNotNamed, VersionChanged.
    """
    version = order_of(actor(request), order_id).version
    check_if_match(request, version)
    return version


def _answer(request: Request, receipt_id: UUID, status: int = 200) -> Response:
    """Return a receipt with the ETag of its order, which is what changes with it."""
    found = receipt(actor(request), receipt_id)
    found.shown_lines = receipt_lines(found)  # type: ignore[attr-defined]  # read by the serializer
    headers = {"ETag": etag(found.order.version)}
    if status == 201:
        headers["Location"] = reverse("api-receipt", args=[found.pk])
    return Response(ReceiptDetail(found).data, status=status, headers=headers)


class ReceiptList(api.Operation):
    """Receipts, from either side."""

    access = READERS
    scope = READ

    class Query(api.Input):
        """Which to list."""

        words = serializers.CharField(
            max_length=100, required=False,
            help_text="A receipt’s number; or in the order’s number, or the names of its sides.",
        )  # fmt: skip
        kind = serializers.ChoiceField([each.value for each in ReceiptKind], required=False)
        since = StrictDay(required=False, help_text="What came or went from this day.")
        until = StrictDay(required=False, help_text="What came or went to this day.")

    @described(
        "List receipts", answers=ReceiptSummary, asks=Query, is_list=True, example=RECEIPT_EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """List what came and went back, latest first."""
        reader = actor(request)
        found = receipts_found(receipts_of(reader), **self.asked(self.Query))
        return self.page(found, ReceiptSummary, keys=("-id",))


class ReceiptOne(api.Operation):
    """One receipt."""

    access = READERS
    scope = READ

    @described(
        "Read a receipt", answers=ReceiptDetail, is_versioned=True, example=RECEIPT_DETAIL_EXAMPLE
    )
    def get(self, request: Request, receipt_id: UUID) -> Response:
        """Read a receipt with its lines. Its ETag is that of its order."""
        return _answer(request, receipt_id)


class OrderReceipts(api.Operation):
    """What came of an order."""

    access = READERS
    writers = DOOR
    scope = {"GET": READ, "POST": WRITE}

    class Input(api.Input):
        """What was counted."""

        lines = CountedLine(many=True, allow_empty=False)
        received_on = StrictDay(help_text="The day on which it came.")
        delivery_note = serializers.CharField(
            max_length=LONGEST_DELIVERY_NOTE, allow_blank=True, default="",
            help_text="The supplier’s own number.",
        )  # fmt: skip
        note = serializers.CharField(
            max_length=2000, allow_blank=True, default="", help_text="The supplier may read it."
        )

    @described(
        "List an order’s receipts", answers=ReceiptSummary, is_list=True, example=RECEIPT_EXAMPLE
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        """List what came of an order and went back, latest first."""
        rows = receipts_of_order(actor(request), order_id)
        return self.page(rows, ReceiptSummary, keys=("-id",))

    @described(
        "Book goods in",
        answers=ReceiptDetail,
        takes=Input,
        status=201,
        is_versioned=True,
        is_change=True,
        refusals=REFUSALS,
        example=RECEIPT_DETAIL_EXAMPLE,
        sent={"lines": LINES_SENT, "received_on": "2026-11-27", "delivery_note": "DN 20417"},
    )
    @idempotent()
    def post(self, request: Request, order_id: UUID) -> Response:
        """Book in what has come. Send the ETag of the order."""
        version = _seen(request, order_id)
        values = self.taken(self.Input)
        made = receive_goods(
            order_id=order_id,
            receiver=actor(request),
            lines=_lines(values),
            version=version,
            at=timezone.now(),
            **values,
        )
        return _answer(request, made.pk, 201)


class OrderReturns(api.Operation):
    """What goes back."""

    access = DOOR
    scope = WRITE

    class Input(api.Input):
        """What goes back, and why."""

        lines = CountedLine(many=True, allow_empty=False)
        returned_on = StrictDay(help_text="The day on which it goes back.")
        reason = serializers.CharField(max_length=2000, help_text="The supplier reads it.")
        delivery_note = serializers.CharField(
            max_length=LONGEST_DELIVERY_NOTE, allow_blank=True, default=""
        )
        is_replaced = serializers.BooleanField(
            help_text="Whether others are to come for it; otherwise a credit is."
        )

    @described(
        "Send goods back",
        answers=ReceiptDetail,
        takes=Input,
        status=201,
        is_versioned=True,
        is_change=True,
        refusals=(*REFUSALS, OverBudget),
        example={**RECEIPT_DETAIL_EXAMPLE, "kind": "RETURNED", "is_replaced": True},
        sent={
            "lines": LINES_SENT,
            "returned_on": "2026-11-27",
            "reason": "Damaged.",
            "is_replaced": True,
        },
    )
    @idempotent()
    def post(self, request: Request, order_id: UUID) -> Response:
        """Book out what goes back. Send the ETag of the order."""
        version = _seen(request, order_id)
        values = self.taken(self.Input)
        service = return_for_replacement if values.pop("is_replaced") else return_for_credit
        made = service(
            order_id=order_id,
            receiver=actor(request),
            parcel=Parcel(_lines(values), **values),
            version=version,
            at=timezone.now(),
        )
        return _answer(request, made.pk, 201)


class ReceiptCorrections(api.Operation):
    """Putting a receipt right."""

    access = DOOR
    scope = WRITE

    class Input(api.Input):
        """How much it should have said of lines, and why; lines that are left out stay."""

        lines = CountedLine(many=True, allow_empty=False)
        reason = serializers.CharField(max_length=2000, help_text="The supplier reads it.")

    @described(
        "Put a receipt right",
        answers=ReceiptDetail,
        takes=Input,
        status=201,
        is_versioned=True,
        is_change=True,
        refusals=(*REFUSALS, CorrectionStays, NothingToCorrect, OverBudget),
        example={
            **RECEIPT_DETAIL_EXAMPLE,
            "kind": "CORRECTED",
            "corrects_id": ID,
        },
        sent={"lines": LINES_SENT, "reason": "Miscounted."},
    )
    @idempotent()
    def post(self, request: Request, receipt_id: UUID) -> Response:
        """Say what it should have said; the difference is a receipt of its own."""
        found = receipt(actor(request), receipt_id)
        version = _seen(request, found.order_id)
        values = self.taken(self.Input)
        made = correct_receipt(
            receipt_id=found.pk,
            receiver=actor(request),
            lines=_lines(values),
            reason=values["reason"],
            version=version,
            at=timezone.now(),
        )
        return _answer(request, made.pk, 201)
