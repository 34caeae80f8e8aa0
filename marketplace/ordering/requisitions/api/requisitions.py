"""Requisitions, for programs: the same services as the pages call."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.approvals.selectors.cases import case_of
from marketplace.approvals.services.cases import NoApprover
from marketplace.core.states import IllegalMove
from marketplace.ledger.services.commitments import NoBudget, OverBudget
from marketplace.ordering.bought.api.shapes import ID, LARGEST
from marketplace.ordering.requisitions.api.shapes import (
    DETAIL_EXAMPLE,
    SUMMARY_EXAMPLE,
    RequisitionDetail,
    RequisitionSummary,
)
from marketplace.ordering.requisitions.lines import BasketFull, LinesNotRight
from marketplace.ordering.requisitions.obstacles import (
    NeededInThePast,
    NeededTooFarAhead,
    NotComplete,
    PriceChanged,
)
from marketplace.ordering.requisitions.selectors.requisitions import (
    lines_with_coding,
    requisitions_found,
)
from marketplace.ordering.requisitions.selectors.requisitions import requisition as requisition_of
from marketplace.ordering.requisitions.services.held_baskets import (
    Details,
    DraftChanged,
    NotABuyer,
    NotADraft,
    WrongAddress,
)
from marketplace.ordering.requisitions.services.requisitions import (
    BasketInUse,
    WantedLine,
    change_requisition,
    create_requisition,
)
from marketplace.ordering.requisitions.services.submissions import (
    submit_requisition,
    withdraw_requisition,
)
from marketplace.ordering.states import RequisitionStatus
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.etags import check_if_match, etag
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described
from marketplace.web.strict import StrictDay, StrictDecimal

READERS = ("requester", "buyer", "approver", "receiver", "finance", "auditor", "administrator")
BUYERS = ("requester", "buyer")
READ, WRITE = "requisitions:read", "requisitions:write"
DRAFT_SENT = {
    "title": "Files for the spring term",
    "reason": "The old ones are full.",
    "deliver_to": "Ashgrove Primary School\n2 Ash Grove\nCastermere\nZT1 4QA",
    "needed_by_on": "2026-12-04",
    "lines": [{"listing_id": ID, "quantity": "2", "cost_centre": "11010", "account": "14041"}],
}


class DraftInput(Input):
    """A requisition as it should be: details and all lines."""

    class Line(Input):
        """One line; the codes are the council's own."""

        listing_id = serializers.UUIDField()
        quantity = StrictDecimal(max_digits=12, decimal_places=3, max_value=LARGEST)
        cost_centre = serializers.CharField(max_length=20, required=False, default="")
        account = serializers.CharField(
            max_length=20,
            required=False,
            default="",
            help_text="Without it, the account that fits the kind of thing.",
        )
        note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)

    title = serializers.CharField(max_length=200, allow_blank=True, default="")
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")
    deliver_to = serializers.CharField(
        max_length=2200,
        allow_blank=True,
        default="",
        help_text=(
            "At most 10 lines, each of at most 100 characters; then, after an empty line, what the"
            " driver must know."
        ),
    )
    needed_by_on = StrictDay(required=False, allow_null=True, default=None)
    lines = Line(many=True, allow_empty=True)


def _draft(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent as the services take it: the details, and the lines."""
    wanted = [WantedLine(**line) for line in values.pop("lines")]
    return {"details": Details(**values), "wanted": wanted}


def _seen(request: Request, requisition_id: UUID) -> int:
    """Return the version of a requisition that the request is meant for.

    Raises: Missing, VersionNotNamed, VersionChanged.
    """
    version = requisition_of(actor(request), requisition_id).version
    check_if_match(request, version)
    return version


def answer(request: Request, requisition_id: UUID, status: int = 200) -> Response:
    """Return a requisition as it stands now, with its ETag."""
    reader = actor(request)
    found = requisition_of(reader, requisition_id)
    case = case_of(reader.organisation_id, found.pk)
    steps = sorted(case.steps.all(), key=lambda step: step.step_order) if case else []
    found.shown_lines, found.shown_steps = list(lines_with_coding(found)), steps  # type: ignore[attr-defined]
    shown = RequisitionDetail(found)
    headers = {"ETag": etag(found.version)}
    if status == 201:
        headers["Location"] = reverse("api-requisition", args=[found.pk])
    return Response(shown.data, status=status, headers=headers)


class RequisitionList(Operation):
    """What was asked for."""

    access = READERS
    writers = BUYERS
    scope = {"GET": READ, "POST": WRITE}

    class Query(Input):
        """Which to list."""

        # Drafts are not among them, so nobody asks for them.
        status = serializers.ChoiceField(
            [each.value for each in RequisitionStatus if each is not RequisitionStatus.DRAFT],
            required=False,
        )
        words = serializers.CharField(
            max_length=100, required=False, help_text="In number, title or name of who asked."
        )

    @described(
        "List requisitions",
        answers=RequisitionSummary,
        asks=Query,
        is_list=True,
        example=SUMMARY_EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """List requisitions, latest first; drafts are not among them."""
        rows = requisitions_found(actor(request), **self.asked(self.Query))
        return self.page(rows, RequisitionSummary, keys=("-id",))

    @described(
        "Begin a requisition",
        answers=RequisitionDetail,
        takes=DraftInput,
        status=201,
        is_versioned=True,
        refusals=(NotABuyer, BasketInUse, BasketFull, LinesNotRight, WrongAddress),
        example={**DETAIL_EXAMPLE, "number": "", "status": "DRAFT"},
        sent=DRAFT_SENT,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Begin a requisition with its lines. It is a draft until it is submitted."""
        made = create_requisition(
            requester=actor(request), at=timezone.now(), **_draft(self.taken(DraftInput))
        )
        return answer(request, made.pk, 201)


class RequisitionOne(Operation):
    """One requisition."""

    access = READERS
    writers = BUYERS
    scope = {"GET": READ, "PUT": WRITE}

    @described(
        "Read a requisition",
        answers=RequisitionDetail,
        is_versioned=True,
        example=DETAIL_EXAMPLE,
    )
    def get(self, request: Request, requisition_id: UUID) -> Response:
        """Read a requisition with its lines and how its approval stands."""
        return answer(request, requisition_id)

    @described(
        "Change a draft",
        answers=RequisitionDetail,
        takes=DraftInput,
        is_versioned=True,
        is_change=True,
        refusals=(NotABuyer, NotADraft, DraftChanged, BasketFull, LinesNotRight, WrongAddress),
        example={**DETAIL_EXAMPLE, "number": "", "status": "DRAFT"},
        sent=DRAFT_SENT,
    )
    def put(self, request: Request, requisition_id: UUID) -> Response:
        """Make a draft of one's own say this and nothing else."""
        change_requisition(
            requisition_id=requisition_id,
            requester=actor(request),
            version=_seen(request, requisition_id),
            at=timezone.now(),
            **_draft(self.taken(DraftInput)),
        )
        return answer(request, requisition_id)


class RequisitionSubmission(Operation):
    """Asking for approval."""

    access = BUYERS
    scope = WRITE

    @described(
        "Submit a requisition",
        answers=RequisitionDetail,
        is_versioned=True,
        is_change=True,
        refusals=(
            NotABuyer, NotADraft, DraftChanged, NotComplete, NeededInThePast, NeededTooFarAhead,
            PriceChanged, NoBudget, OverBudget, NoApprover,
        ),
        example=DETAIL_EXAMPLE,
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, requisition_id: UUID) -> Response:
        """Number a draft of one's own and ask for its approval."""
        submit_requisition(
            requisition_id=requisition_id,
            requester=actor(request),
            version=_seen(request, requisition_id),
            at=timezone.now(),
        )
        return answer(request, requisition_id)


class RequisitionWithdrawal(Operation):
    """Taking back."""

    access = BUYERS
    scope = WRITE

    @described(
        "Withdraw a requisition",
        answers=RequisitionDetail,
        is_versioned=True,
        is_change=True,
        refusals=(DraftChanged, IllegalMove),
        example={**DETAIL_EXAMPLE, "status": "WITHDRAWN"},
    )
    @idempotent()
    def post(self, request: Request, requisition_id: UUID) -> Response:
        """Take back one's own requisition before it is approved, or give up one's draft."""
        withdraw_requisition(
            requisition_id=requisition_id,
            requester=actor(request),
            version=_seen(request, requisition_id),
            at=timezone.now(),
        )
        return answer(request, requisition_id)
