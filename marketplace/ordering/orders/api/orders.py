"""Orders, for programs of either side: the same services as the pages call."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core.actors import Actor, OrganisationKind
from marketplace.core.errors import Missing
from marketplace.core.states import IllegalMove
from marketplace.documents.selectors import document
from marketplace.ordering.bought.api.shapes import HASH, ID
from marketplace.ordering.orders.api.shapes import (
    ORDER_DETAIL_EXAMPLE,
    ORDER_EXAMPLE,
    OrderDetail,
    OrderSummary,
)
from marketplace.ordering.orders.selectors.orders import order as order_of
from marketplace.ordering.orders.selectors.orders import (
    order_page,
    orders_for,
    orders_found,
    orders_of,
)
from marketplace.ordering.orders.services.answers import (
    AnswerNotAllowed,
    AnswerNotComplete,
    LineAnswer,
    answer_order,
)
from marketplace.ordering.orders.services.orders import (
    CancelNotAllowed,
    CancelReasonNeeded,
    OrderChanged,
    PartHasCome,
    cancel_order,
)
from marketplace.ordering.orders.services.remainders import (
    NothingHasCome,
    NothingToCancel,
    cancel_remainder,
)
from marketplace.ordering.states import Answer, OrderStatus
from marketplace.web import api
from marketplace.web.actors import actor
from marketplace.web.etags import check_if_match, etag
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described
from marketplace.web.strict import StrictDay

COUNCIL = (
    "requester", "buyer", "approver", "receiver", "finance", "payments", "auditor",
    "administrator",
)  # fmt: skip
READERS = (*COUNCIL, "supplier")
READ, WRITE = "orders:read", "orders:write"


def _seen(request: Request, order_id: UUID) -> int:
    """Return the version of an order that the request is meant for.

    Raises: Missing, VersionNotNamed, VersionChanged.
    """
    version = order_of(actor(request), order_id).version
    check_if_match(request, version)
    return version


def _answer(request: Request, order_id: UUID) -> Response:
    """Return an order as it stands now, with its ETag."""
    found = order_page(actor(request), order_id)
    found.order.shown_lines = found.lines  # type: ignore[attr-defined]  # read by the serializer
    return Response(OrderDetail(found.order).data, headers={"ETag": etag(found.order.version)})


class OrderList(api.Operation):
    """Orders, from either side."""

    access = READERS
    scope = READ

    class Query(api.Input):
        """Which to list."""

        status = serializers.ChoiceField([each.value for each in OrderStatus], required=False)
        words = serializers.CharField(
            max_length=100, required=False, help_text="In number, council, supplier or contact."
        )

    @described("List orders", answers=OrderSummary, asks=Query, is_list=True, example=ORDER_EXAMPLE)
    def get(self, request: Request) -> Response:
        """List orders, latest first: a council's own, or those that councils sent a supplier."""
        reader = actor(request)
        mine = orders_for if reader.kind == OrganisationKind.SUPPLIER else orders_of
        rows = orders_found(mine(reader), **self.asked(self.Query))
        return self.page(rows, OrderSummary, keys=("-id",))


class OrderOne(api.Operation):
    """One order."""

    access = READERS
    scope = READ

    @described(
        "Read an order", answers=OrderDetail, is_versioned=True, example=ORDER_DETAIL_EXAMPLE
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        """Read an order with its lines and what the supplier said to them."""
        return _answer(request, order_id)


class OrderDocuments(api.Operation):
    """The papers of an order."""

    access = READERS
    scope = READ

    class Output(serializers.Serializer[Any]):
        """The papers: exact bytes, by their hash."""

        class Paper(serializers.Serializer[Any]):
            """One of them."""

            kind = serializers.ChoiceField(["pdf", "ubl"])
            name = serializers.CharField()
            media_type = serializers.CharField()
            size_bytes = serializers.IntegerField()
            sha256 = serializers.CharField()
            href = serializers.URLField(help_text="Where the bytes are.")

        documents = Paper(many=True)

    @described(
        "List an order’s documents",
        answers=Output,
        example={
            "documents": [
                {
                    "kind": "ubl",
                    "name": "PO-26-000012.xml",
                    "media_type": "application/xml",
                    "size_bytes": 6120,
                    "sha256": HASH,
                    "href": f"https://marketplace.example/api/v1/orders/{ID}/documents/ubl",
                }
            ]
        },
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        """List the papers that were sent: none until the order has been sent."""
        found = order_of(actor(request), order_id)
        papers = {"pdf": found.pdf, "ubl": found.ubl}
        return Response(
            {
                "documents": [
                    {
                        "kind": kind,
                        "name": paper.name,
                        "media_type": paper.media_type,
                        "size_bytes": paper.size_bytes,
                        "sha256": paper.sha256,
                        "href": request.build_absolute_uri(
                            reverse(f"api-order-{kind}", args=[found.pk])
                        ),
                    }
                    for kind, paper in papers.items()
                    if paper is not None
                ]
            }
        )


class OrderPdf(api.Operation):
    """The order for people, as bytes."""

    access = READERS
    scope = READ

    @described("Download an order as a PDF", media_type="application/pdf")
    def get(self, request: Request, order_id: UUID) -> HttpResponse:
        """Download the exact PDF that was sent."""
        found = order_of(actor(request), order_id)
        return _paper(actor(request), found.pdf_id, f"{found.number}.pdf")


class OrderUbl(api.Operation):
    """The order for computers, as bytes."""

    access = READERS
    scope = READ

    @described("Download an order as UBL", media_type="application/xml")
    def get(self, request: Request, order_id: UUID) -> HttpResponse:
        """Download the exact UBL document that was sent."""
        found = order_of(actor(request), order_id)
        return _paper(actor(request), found.ubl_id, f"{found.number}.xml")


def _paper(reader: Actor, document_id: UUID | None, name: str) -> HttpResponse:
    if document_id is None:
        raise Missing(_("The order has not been sent yet."))
    kept = document(reader, document_id)
    response = HttpResponse(bytes(kept.content), content_type=kept.media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["ETag"] = f'"{kept.sha256}"'
    return response


class OrderCancellation(api.Operation):
    """Cancelling."""

    access = ("requester", "buyer", "finance")
    scope = WRITE

    class Input(api.Input):
        """Why."""

        reason = serializers.CharField(max_length=2000, help_text="The supplier reads it.")

    @described(
        "Cancel an order",
        answers=OrderDetail,
        takes=Input,
        is_versioned=True,
        is_change=True,
        refusals=(
            CancelNotAllowed, OrderChanged, CancelReasonNeeded, PartHasCome, IllegalMove,
        ),
        example={**ORDER_DETAIL_EXAMPLE, "status": "CANCELLED"},
        sent={"reason": "Ordered twice."},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, order_id: UUID) -> Response:
        """Cancel an order of which nothing has come or been billed, and give its money back."""
        cancel_order(
            order_id=order_id,
            buyer=actor(request),
            version=_seen(request, order_id),
            at=timezone.now(),
            **self.taken(self.Input),
        )
        return _answer(request, order_id)


class OrderRemainder(api.Operation):
    """Cancelling what is left."""

    access = ("requester", "buyer", "finance")
    scope = WRITE

    class Input(api.Input):
        """Why."""

        reason = serializers.CharField(max_length=2000, help_text="The supplier reads it.")

    @described(
        "Cancel what is still to come of an order",
        answers=OrderDetail,
        takes=Input,
        is_versioned=True,
        is_change=True,
        refusals=(
            CancelNotAllowed, OrderChanged, CancelReasonNeeded, NothingHasCome, NothingToCancel,
            IllegalMove,
        ),
        example=ORDER_DETAIL_EXAMPLE,
        sent={"reason": "No longer needed."},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, order_id: UUID) -> Response:
        """Cancel what has neither come nor been billed of an order of which something has."""
        cancel_remainder(
            order_id=order_id,
            buyer=actor(request),
            version=_seen(request, order_id),
            at=timezone.now(),
            **self.taken(self.Input),
        )
        return _answer(request, order_id)


class OrderAnswer(api.Operation):
    """What the supplier says."""

    access = "supplier"
    scope = WRITE

    class Input(api.Input):
        """An answer to every line."""

        class Line(api.Input):
            """One line: LATER needs a day, REFUSED a reason."""

            line_id = serializers.UUIDField()
            answer = serializers.ChoiceField(
                [Answer.ACCEPTED.value, Answer.LATER.value, Answer.REFUSED.value]
            )
            promised_on = StrictDay(required=False, allow_null=True, default=None)
            reason = serializers.CharField(max_length=500, allow_blank=True, default="")

        lines = Line(many=True, allow_empty=False)
        note = serializers.CharField(max_length=2000, allow_blank=True, default="")

    @described(
        "Answer an order",
        answers=OrderDetail,
        takes=Input,
        is_versioned=True,
        is_change=True,
        refusals=(AnswerNotAllowed, OrderChanged, AnswerNotComplete, IllegalMove),
        example={**ORDER_DETAIL_EXAMPLE, "status": "ACKNOWLEDGED"},
        sent={
            "lines": [
                {"line_id": ID, "answer": "LATER", "promised_on": "2026-12-11"},
            ],
            "note": "",
        },
    )
    @idempotent()
    def post(self, request: Request, order_id: UUID) -> Response:
        """Accept, accept for a later day, or refuse every line of an order."""
        version = _seen(request, order_id)
        values = self.taken(self.Input)
        answer_order(
            order_id=order_id,
            supplier=actor(request),
            answers=[
                LineAnswer(
                    line["line_id"], Answer(line["answer"]), line["promised_on"], line["reason"]
                )
                for line in values["lines"]
            ],
            note=values["note"],
            version=version,
            at=timezone.now(),
        )
        return _answer(request, order_id)
