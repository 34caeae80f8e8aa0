"""Deciding about invoices, for programs: the same services as the pages call."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from invoicing.matching.services import CreditStandsAgainst
from invoicing.models import Invoice
from invoicing.settling.selectors import DECIDERS, finding_to_decide, invoice_to_decide
from invoicing.settling.services.approval import InvoiceChanged, approve_invoice
from invoicing.settling.services.checking import (
    BelowNought,
    BeyondBudget,
    CodingNeeded,
    GoodsWentBack,
    InvoiceApprovalNotAllowed,
    NotInPounds,
    PaidBefore,
    ReverseChargeUnknown,
    SupplierUnknown,
)
from invoicing.settling.services.releasing import (
    CannotBeReleased,
    ReleaseNotAllowed,
    ReleaseReasonNeeded,
    release_finding,
)
from invoicing.settling.services.sending_back import (
    SendingBackNotAllowed,
    SendingBackReasonNeeded,
    send_back_invoice,
)
from invoicing.states import InvoiceStatus
from marketplace.core.states import IllegalMove
from marketplace.ledger.services.controls import ControlAccountMissing
from marketplace.ledger.services.spending import NoOpenPeriod
from marketplace.web import api
from marketplace.web.actors import actor
from marketplace.web.etags import check_if_match, etag
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described

WRITE = "invoices:write"
EXAMPLE = {
    "id": "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b30",
    "number": "INV-1001",
    "status": "APPROVED",
    "pay_by_on": "2026-12-23",
    "approved_by_name": "Amira Siddiqui",
    "sent_back_reason": "",
}


class Decided(serializers.ModelSerializer[Invoice]):
    """An invoice after a decision."""

    class Meta:
        model = Invoice
        fields = ("id", "number", "status", "pay_by_on", "approved_by_name", "sent_back_reason")
        read_only_fields = fields


class Reason(api.Input):
    """Why."""

    reason = serializers.CharField(max_length=2000)


def decided(invoice: Invoice) -> Response:
    """Return the answer after a decision."""
    return Response(Decided(invoice).data, headers={"ETag": etag(invoice.version)})


class InvoiceApproval(api.Operation):
    """Approving."""

    access = "finance"
    scope = WRITE

    class Input(api.Input):
        """Who pays for what no order says: both, or neither where there is nothing such."""

        cost_centre_id = serializers.UUIDField(required=False)
        account_id = serializers.UUIDField(required=False)

        def validate(self, said: dict[str, Any]) -> dict[str, Any]:
            """Ask for both or neither."""
            if ("cost_centre_id" in said) != ("account_id" in said):
                raise serializers.ValidationError(
                    {"cost_centre_id": ["Send a cost centre and an account, or neither."]}
                )
            return said

    @described(
        "Approve an invoice",
        answers=Decided,
        takes=Input,
        is_versioned=True,
        is_change=True,
        refusals=(
            InvoiceApprovalNotAllowed, InvoiceChanged, CodingNeeded, PaidBefore, NotInPounds,
            BelowNought, SupplierUnknown, BeyondBudget, GoodsWentBack, ReverseChargeUnknown,
            IllegalMove, ControlAccountMissing, NoOpenPeriod,
        ),
        example=EXAMPLE,
        sent={},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, invoice_id: UUID) -> Response:
        """Approve an invoice that agrees, and post what is owed from then on."""
        approver = actor(request)
        seen = invoice_to_decide(approver, invoice_id)
        check_if_match(request, seen.version)
        said = self.taken(self.Input)
        coding = (said["cost_centre_id"], said["account_id"]) if said else None
        return decided(
            approve_invoice(
                invoice_id=seen.pk,
                approver=approver,
                at=timezone.now(),
                version=seen.version,
                coding=coding,
            )
        )


class InvoiceSendingBack(api.Operation):
    """Sending back."""

    access = "finance"
    scope = WRITE

    @described(
        "Send an invoice back",
        answers=Decided,
        takes=Reason,
        is_versioned=True,
        is_change=True,
        refusals=(
            SendingBackNotAllowed, SendingBackReasonNeeded, InvoiceChanged, IllegalMove,
            CreditStandsAgainst,
        ),
        example={**EXAMPLE, "status": "SENT_BACK", "approved_by_name": "",
                 "sent_back_reason": "It names no order."},
        sent={"reason": "It names no order."},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, invoice_id: UUID) -> Response:
        """Send an invoice back to its supplier, who is told why at once."""
        finance = actor(request)
        seen = invoice_to_decide(finance, invoice_id)
        check_if_match(request, seen.version)
        return decided(
            send_back_invoice(
                invoice_id=seen.pk,
                finance=finance,
                at=timezone.now(),
                version=seen.version,
                **self.taken(Reason),
            )
        )


class FindingRelease(api.Operation):
    """Letting a difference through."""

    access = DECIDERS
    scope = WRITE

    @described(
        "Let a difference through",
        answers=Decided,
        takes=Reason,
        is_versioned=True,
        is_change=True,
        refusals=(
            ReleaseNotAllowed, ReleaseReasonNeeded, CannotBeReleased, InvoiceChanged, IllegalMove,
        ),
        example={**EXAMPLE, "status": InvoiceStatus.MATCHED.value, "approved_by_name": ""},
        sent={"reason": "The new price was agreed by telephone."},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request, invoice_id: UUID, finding_id: UUID) -> Response:
        """Let one thing through that holds an invoice; with the last of them it agrees."""
        releaser = actor(request)
        seen = invoice_to_decide(releaser, invoice_id)
        finding = finding_to_decide(seen, finding_id)
        check_if_match(request, seen.version)
        return decided(
            release_finding(
                invoice_id=seen.pk,
                finding_id=finding.pk,
                releaser=releaser,
                at=timezone.now(),
                version=seen.version,
                **self.taken(Reason),
            )
        )
