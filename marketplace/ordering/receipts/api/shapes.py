"""The shapes in which receipts are answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.ordering.bought.api.shapes import ID, money
from marketplace.ordering.states import ReceiptKind


class ReceiptSummary(serializers.Serializer[Any]):
    """A receipt without its lines."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    kind = serializers.ChoiceField([each.value for each in ReceiptKind])
    order_id = serializers.UUIDField()
    order_number = serializers.CharField(source="order.number")
    council_id = serializers.UUIDField()
    supplier_id = serializers.UUIDField()
    received_on = serializers.DateField(help_text="The day on which the goods came or went.")
    delivery_note = serializers.CharField()
    net_amount = money("Pounds, without VAT; below nought when goods went back.")
    by_name = serializers.CharField()
    at = serializers.DateTimeField()


class ReceiptDetail(ReceiptSummary):
    """A receipt with its lines."""

    class Line(serializers.Serializer[Any]):
        """How much of one line of the order came or went."""

        id = serializers.UUIDField()
        order_line_id = serializers.UUIDField()
        line_number = serializers.IntegerField(source="order_line.line_number")
        part_number = serializers.CharField(source="order_line.part_number")
        name = serializers.CharField(source="order_line.name")
        unit = serializers.CharField(
            source="order_line.unit", help_text="A UN/ECE Recommendation 20 code."
        )
        quantity = serializers.DecimalField(
            max_digits=12, decimal_places=3, help_text="Below nought when goods went back."
        )
        amount = money("Pounds, without VAT.")

    note = serializers.CharField()
    is_replaced = serializers.BooleanField(
        help_text="Whether others are to come for what went back."
    )
    corrects_id = serializers.UUIDField(allow_null=True)
    lines = Line(many=True, source="shown_lines")


RECEIPT_EXAMPLE = {
    "id": ID,
    "number": "GR-26-000123",
    "kind": "RECEIVED",
    "order_id": ID,
    "order_number": "PO-26-000012",
    "council_id": ID,
    "supplier_id": ID,
    "received_on": "2026-11-27",
    "delivery_note": "DN 20417",
    "net_amount": "16.90",
    "by_name": "Amira Siddiqui",
    "at": "2026-11-27T10:12:00Z",
}
RECEIPT_DETAIL_EXAMPLE = {
    **RECEIPT_EXAMPLE,
    "note": "",
    "is_replaced": False,
    "corrects_id": None,
    "lines": [
        {
            "id": ID,
            "order_line_id": ID,
            "line_number": 1,
            "part_number": "QM-005001",
            "name": "Lever arch file, A4 black, box of 10",
            "unit": "XBX",
            "quantity": "1.000",
            "amount": "16.90",
        }
    ],
}
LINES_SENT = [{"order_line_id": ID, "quantity": "1"}]
