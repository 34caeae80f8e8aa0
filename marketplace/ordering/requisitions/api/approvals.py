"""Deciding about requisitions, for programs: the same services as the pages call."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.approvals.services.cases import (
    ApprovalNotAllowed,
    ChangedMeanwhile,
    NotAwaitingApproval,
    ReasonNeeded,
)
from marketplace.core.states import IllegalMove
from marketplace.ledger.services.commitments import NoBudget, OverBudget
from marketplace.ordering.bought.api.shapes import HASH
from marketplace.ordering.requisitions.api.requisitions import READ, WRITE, answer
from marketplace.ordering.requisitions.api.shapes import (
    DETAIL_EXAMPLE,
    SUMMARY_EXAMPLE,
    RequisitionDetail,
    RequisitionSummary,
)
from marketplace.ordering.requisitions.selectors.requisitions import (
    requisition,
    requisitions_awaiting,
)
from marketplace.ordering.requisitions.services.decisions import (
    SupplierSuspended,
    approve_requisition,
    reject_requisition,
)
from marketplace.web import api
from marketplace.web.actors import actor
from marketplace.web.etags import honour_if_match
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described


class RequisitionApproval(api.Operation):
    """Saying yes."""

    access = "approver"
    scope = WRITE

    class Input(api.Input):
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
        honour_if_match(request, requisition(actor(request), requisition_id).version)
        approve_requisition(
            requisition_id=requisition_id,
            approver=actor(request),
            at=timezone.now(),
            **self.taken(self.Input),
        )
        return answer(request, requisition_id)


class RequisitionRejection(api.Operation):
    """Saying no."""

    access = "approver"
    scope = WRITE

    class Input(api.Input):
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
        honour_if_match(request, requisition(actor(request), requisition_id).version)
        reject_requisition(
            requisition_id=requisition_id,
            approver=actor(request),
            at=timezone.now(),
            **self.taken(self.Input),
        )
        return answer(request, requisition_id)


class ApprovalQueue(api.Operation):
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
