"""What the answers about requisitions and orders have in common: a bought line, and money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

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
LARGEST = Decimal(1_000_000)
