"""The shapes in which orders are answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.ordering.bought.api.shapes import ID, LINE_EXAMPLE, BoughtLineShape, money
from marketplace.ordering.states import Answer, OrderStatus


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
        received_quantity = serializers.DecimalField(
            max_digits=12, decimal_places=3, help_text="What came, less what went back."
        )
        cancelled_quantity = serializers.DecimalField(
            max_digits=12, decimal_places=3, help_text="What will not come any more."
        )

    council_name = serializers.CharField(source="council.name")
    supplier_name = serializers.CharField(source="supplier.name")
    deliver_to = serializers.CharField()
    needed_by_on = serializers.DateField(allow_null=True)
    contact_name = serializers.CharField()
    contact_email = serializers.CharField()
    answer_note = serializers.CharField()
    cancellation_reason = serializers.CharField()
    lines = Line(many=True, source="shown_lines")


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
    "lines": [
        {
            **LINE_EXAMPLE,
            "answer": "WAITS",
            "promised_on": None,
            "refusal_reason": "",
            "received_quantity": "0.000",
            "cancelled_quantity": "0.000",
        }
    ],
}
