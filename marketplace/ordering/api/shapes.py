"""The shapes in which requisitions and orders are answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from marketplace.ordering.states import Answer, OrderStatus, RequisitionStatus

PENNIES = {"max_digits": 14, "decimal_places": 2}
ID = "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b21"
HASH = "5f2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b"


def money(help_text: str) -> serializers.DecimalField:
    """Return a field for an amount in pounds."""
    return serializers.DecimalField(**PENNIES, help_text=help_text)  # type: ignore[arg-type]


class BoughtLineShape(serializers.Serializer[Any]):
    """A thing as it was offered, and how much of it."""

    id = serializers.UUIDField()
    line_number = serializers.IntegerField()
    listing_id = serializers.UUIDField()
    part_number = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField(help_text="A UN/ECE Recommendation 20 code.")
    quantity = serializers.DecimalField(max_digits=12, decimal_places=3)
    unit_price = serializers.DecimalField(
        max_digits=14, decimal_places=6, help_text="Pounds for one unit, without VAT."
    )
    vat_category = serializers.CharField()
    vat_rate_percent = serializers.DecimalField(max_digits=5, decimal_places=2)
    net_amount = money("Pounds, without VAT.")


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


class OrderSummary(serializers.Serializer[Any]):
    """An order without its lines."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField([each.value for each in OrderStatus])
    council_id = serializers.UUIDField()
    supplier_id = serializers.UUIDField()
    net_amount = money("Pounds, without VAT.")
    vat_amount = money("Pounds.")
    gross_amount = money("Pounds.")
    raised_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class OrderDetail(OrderSummary):
    """An order with its lines."""

    class Line(BoughtLineShape):
        """One line, and what the supplier said to it."""

        answer = serializers.ChoiceField([each.value for each in Answer])
        promised_on = serializers.DateField(allow_null=True)
        refusal_reason = serializers.CharField()

    council_name = serializers.CharField(source="council.name")
    supplier_name = serializers.CharField(source="supplier.name")
    deliver_to = serializers.CharField()
    needed_by_on = serializers.DateField(allow_null=True)
    contact_name = serializers.CharField()
    contact_email = serializers.CharField()
    answer_note = serializers.CharField()
    cancellation_reason = serializers.CharField()
    lines = Line(many=True, source="shown_lines")


LINE_EXAMPLE = {
    "id": ID,
    "line_number": 1,
    "listing_id": ID,
    "part_number": "QM-005001",
    "name": "Lever arch file, A4 black, box of 10",
    "unit": "XBX",
    "quantity": "2.000",
    "unit_price": "16.900000",
    "vat_category": "standard",
    "vat_rate_percent": "20.00",
    "net_amount": "33.80",
}
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
ORDER_EXAMPLE = {
    "id": ID,
    "number": "PO-26-000012",
    "status": "SENT",
    "council_id": ID,
    "supplier_id": ID,
    "net_amount": "33.80",
    "vat_amount": "6.76",
    "gross_amount": "40.56",
    "raised_at": "2026-11-23T12:05:00Z",
    "sent_at": "2026-11-23T12:05:02Z",
    "answered_at": None,
    "version": 2,
}
ORDER_DETAIL_EXAMPLE = {
    **ORDER_EXAMPLE,
    "council_name": "Castermere City Council",
    "supplier_name": "Quillmoor Stationers Ltd",
    "deliver_to": "Ashgrove Primary School\n2 Ash Grove\nCastermere\nZT1 4QA",
    "needed_by_on": "2026-12-04",
    "contact_name": "Amira Siddiqui",
    "contact_email": "amira.siddiqui@castermere.example",
    "answer_note": "",
    "cancellation_reason": "",
    "lines": [{**LINE_EXAMPLE, "answer": "WAITS", "promised_on": None, "refusal_reason": ""}],
}
LARGEST = Decimal(1_000_000)
