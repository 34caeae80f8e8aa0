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
from marketplace.approvals.services.cases import (
    ApprovalNotAllowed,
    ChangedMeanwhile,
    NoApprover,
    NotAwaitingApproval,
    ReasonNeeded,
)
from marketplace.core.actors import Actor
from marketplace.core.states import IllegalMove
from marketplace.ledger.services.commitments import NoBudget, OverBudget
from marketplace.ordering.api.shapes import (
    DETAIL_EXAMPLE,
    HASH,
    ID,
    LARGEST,
    SUMMARY_EXAMPLE,
    RequisitionDetail,
    RequisitionSummary,
)
from marketplace.ordering.selectors.requisitions import (
    lines_with_coding,
    requisitions_awaiting,
    requisitions_found,
)
from marketplace.ordering.selectors.requisitions import requisition as requisition_of
from marketplace.ordering.services.decisions import (
    SupplierSuspended,
    approve_requisition,
    reject_requisition,
)
from marketplace.ordering.services.drafting import (
    BasketInUse,
    DraftChanged,
    WantedLine,
    change_requisition,
    create_requisition,
)
from marketplace.ordering.services.drafts import Details, NotABuyer, NotADraft, WrongAddress
from marketplace.ordering.services.lines import LinesNotRight
from marketplace.ordering.services.requisitions import (
    NeededInThePast,
    NotComplete,
    PriceChanged,
    submit_requisition,
    withdraw_requisition,
)
from marketplace.ordering.states import RequisitionStatus
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.etags import check_if_match, etag, honour_if_match
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
        max_length=1000,
        allow_blank=True,
        default="",
        help_text="At most 10 lines, each of at most 100 characters.",
    )
    needed_by_on = StrictDay(required=False, allow_null=True, default=None)
    lines = Line(many=True, allow_empty=True)


def _details(values: dict[str, Any]) -> Details:
    return Details(values["title"], values["reason"], values["deliver_to"], values["needed_by_on"])


def _wanted(values: dict[str, Any]) -> list[WantedLine]:
    return [WantedLine(**line) for line in values["lines"]]


def _seen(request: Request, requisition_id: UUID) -> int:
    """Return the version of a requisition that the request is meant for.

    Raises: Missing, VersionNotNamed, VersionChanged.
    """
    version = requisition_of(actor(request), requisition_id).version
    check_if_match(request, version)
    return version


def _answer(reader: Actor, requisition_id: UUID, status: int = 200) -> Response:
    """Return a requisition as it stands now, with its ETag."""
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
    scope = {"GET": READ, "POST": WRITE}

    class Query(Input):
        """Which to list."""

        status = serializers.ChoiceField([each.value for each in RequisitionStatus], required=False)
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
        refusals=(NotABuyer, BasketInUse, LinesNotRight, WrongAddress),
        example={**DETAIL_EXAMPLE, "number": "", "status": "DRAFT"},
        sent=DRAFT_SENT,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Begin a requisition with its lines. It is a draft until it is submitted."""
        values, requester = self.taken(DraftInput), actor(request)
        made = create_requisition(
            requester=requester,
            details=_details(values),
            wanted=_wanted(values),
            at=timezone.now(),
        )
        return _answer(requester, made.pk, 201)


class RequisitionOne(Operation):
    """One requisition."""

    access = READERS
    scope = {"GET": READ, "PUT": WRITE}

    @described(
        "Read a requisition",
        answers=RequisitionDetail,
        is_versioned=True,
        example=DETAIL_EXAMPLE,
    )
    def get(self, request: Request, requisition_id: UUID) -> Response:
        """Read a requisition with its lines and how its approval stands."""
        return _answer(actor(request), requisition_id)

    @described(
        "Change a draft",
        answers=RequisitionDetail,
        takes=DraftInput,
        is_versioned=True,
        is_change=True,
        refusals=(NotABuyer, NotADraft, DraftChanged, LinesNotRight, WrongAddress),
        example={**DETAIL_EXAMPLE, "number": "", "status": "DRAFT"},
        sent=DRAFT_SENT,
    )
    def put(self, request: Request, requisition_id: UUID) -> Response:
        """Make a draft of one's own say this and nothing else."""
        requester = actor(request)
        found = requisition_of(requester, requisition_id)
        check_if_match(request, found.version)
        values = self.taken(DraftInput)
        change_requisition(
            requisition_id=found.pk,
            requester=requester,
            version=found.version,
            details=_details(values),
            wanted=_wanted(values),
            at=timezone.now(),
        )
        return _answer(requester, found.pk)


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
            NotABuyer, NotADraft, DraftChanged, NotComplete, NeededInThePast, PriceChanged,
            NoBudget, OverBudget, NoApprover,
        ),
        example=DETAIL_EXAMPLE,
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, requisition_id: UUID) -> Response:
        """Number a draft of one's own and ask for its approval."""
        requester = actor(request)
        version = _seen(request, requisition_id)
        submit_requisition(
            requisition_id=requisition_id,
            requester=requester,
            version=version,
            at=timezone.now(),
        )
        return _answer(requester, requisition_id)


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
        requester = actor(request)
        version = _seen(request, requisition_id)
        withdraw_requisition(
            requisition_id=requisition_id,
            requester=requester,
            version=version,
            at=timezone.now(),
        )
        return _answer(requester, requisition_id)


class RequisitionApproval(Operation):
    """Saying yes."""

    access = "approver"
    scope = WRITE

    class Input(Input):
        """What was seen, and what is said to it."""

        content_hash = serializers.RegexField(r"^[0-9a-f]{64}$")
        comment = serializers.CharField(max_length=2000, allow_blank=True, default="")
        over_budget_reason = serializers.CharField(max_length=2000, allow_blank=True, default="")

    @described(
        "Approve a requisition",
        answers=RequisitionDetail,
        takes=Input,
        is_versioned=True,
        may_match=True,
        refusals=(
            ApprovalNotAllowed, ChangedMeanwhile, NotAwaitingApproval, SupplierSuspended, NoBudget,
            OverBudget, IllegalMove,
        ),
        example={**DETAIL_EXAMPLE, "status": "APPROVED"},
        sent={"content_hash": HASH, "comment": "Agreed"},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, requisition_id: UUID) -> Response:
        """Approve what was seen; the last yes commits the money and makes the orders."""
        approver = actor(request)
        found = requisition_of(approver, requisition_id)
        honour_if_match(request, found.version)
        approve_requisition(
            requisition_id=requisition_id,
            approver=approver,
            at=timezone.now(),
            **self.taken(self.Input),
        )
        return _answer(approver, requisition_id)


class RequisitionRejection(Operation):
    """Saying no."""

    access = "approver"
    scope = WRITE

    class Input(Input):
        """What was seen, and why not."""

        content_hash = serializers.RegexField(r"^[0-9a-f]{64}$")
        reason = serializers.CharField(max_length=2000)

    @described(
        "Turn a requisition down",
        answers=RequisitionDetail,
        takes=Input,
        is_versioned=True,
        may_match=True,
        refusals=(
            ApprovalNotAllowed, ChangedMeanwhile, NotAwaitingApproval, ReasonNeeded, IllegalMove,
        ),
        example={**DETAIL_EXAMPLE, "status": "REJECTED"},
        sent={"content_hash": HASH, "reason": "Use the ones in the store first."},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, requisition_id: UUID) -> Response:
        """Turn a requisition down; whoever asked is told why."""
        approver = actor(request)
        found = requisition_of(approver, requisition_id)
        honour_if_match(request, found.version)
        reject_requisition(
            requisition_id=requisition_id,
            approver=approver,
            at=timezone.now(),
            **self.taken(self.Input),
        )
        return _answer(approver, requisition_id)


class ApprovalQueue(Operation):
    """What waits for a decision."""

    access = "approver"
    scope = READ

    @described(
        "List what waits for your approval",
        answers=RequisitionSummary,
        is_list=True,
        example=SUMMARY_EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """List the requisitions that you could decide now, the oldest first."""
        rows = requisitions_awaiting(actor(request), timezone.now())
        return self.page(rows, RequisitionSummary, keys=("submitted_at", "id"))
