"""The shapes in which requisitions are answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.ordering.bought.api.shapes import HASH, ID, LINE_EXAMPLE, BoughtLineShape, money
from marketplace.ordering.states import RequisitionStatus


class RequisitionSummary(serializers.Serializer[Any]):
    """A requisition without its lines."""

    id = serializers.UUIDField()
    number = serializers.CharField(help_text="Empty until it is submitted.")
    title = serializers.CharField()
    status = serializers.ChoiceField([each.value for each in RequisitionStatus])
    raised_by_name = serializers.CharField()
    net_amount = money("Pounds, without VAT.")
    vat_amount = money("Pounds.")
    gross_amount = money("Pounds.")
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class RequisitionDetail(RequisitionSummary):
    """A requisition with its lines, and how its approval stands."""

    class Line(BoughtLineShape):
        """One line, and what it is paid from."""

        supplier_id = serializers.UUIDField()
        supplier_name = serializers.CharField(source="supplier.name")
        cost_centre = serializers.CharField(source="cost_centre.code", default=None)
        account = serializers.CharField(source="account.code", default=None)
        note = serializers.CharField()

    class Step(serializers.Serializer[Any]):
        """One yes that it needs."""

        status = serializers.CharField()
        who = serializers.ListField(
            source="eligible_names", child=serializers.CharField(), help_text="Who may decide it."
        )
        decided_by = serializers.CharField(source="decision.decided_by_name", default=None)
        on_behalf_of = serializers.CharField(source="decision.on_behalf_of_name", default=None)
        decided_at = serializers.DateTimeField(source="decision.at", default=None)
        comment = serializers.CharField(source="decision.comment", default=None)

    reason = serializers.CharField()
    deliver_to = serializers.CharField()
    needed_by_on = serializers.DateField(allow_null=True)
    content_hash = serializers.CharField(
        help_text="What an approver must send back: the fingerprint of all that they approve."
    )
    rejection_reason = serializers.CharField()
    lines = Line(many=True, source="shown_lines")
    steps = Step(many=True, source="shown_steps")


SUMMARY_EXAMPLE = {
    "id": ID,
    "number": "REQ-26-000017",
    "title": "Files for the spring term",
    "status": "SUBMITTED",
    "raised_by_name": "Amira Siddiqui",
    "net_amount": "33.80",
    "vat_amount": "6.76",
    "gross_amount": "40.56",
    "created_at": "2026-11-23T11:40:00Z",
    "submitted_at": "2026-11-23T12:00:00Z",
    "version": 4,
}
DETAIL_EXAMPLE = {
    **SUMMARY_EXAMPLE,
    "reason": "The old ones are full.",
    "deliver_to": "Ashgrove Primary School\n2 Ash Grove\nCastermere\nZT1 4QA",
    "needed_by_on": "2026-12-04",
    "content_hash": HASH,
    "rejection_reason": "",
    "lines": [
        {
            **LINE_EXAMPLE,
            "supplier_id": ID,
            "supplier_name": "Quillmoor Stationers Ltd",
            "cost_centre": "11010",
            "account": "14041",
            "note": "",
        }
    ],
    "steps": [
        {
            "status": "CURRENT",
            "who": ["Oluwaseun Adeyemi"],
            "decided_by": None,
            "on_behalf_of": None,
            "decided_at": None,
            "comment": None,
        }
    ],
}
