"""Budgets, for programs."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core.dates import financial_year
from marketplace.ledger.selectors.budgets import budget_position
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.openapi import described


class BudgetList(Operation):
    """How every budget of a year stands."""

    access = ("buyer", "approver", "finance", "auditor")
    scope = "budgets:read"

    class Query(Input):
        """Which to list."""

        year = serializers.IntegerField(
            min_value=2000,
            max_value=2999,
            required=False,
            help_text="The year in which the financial year began; this one, if not given.",
        )
        words = serializers.CharField(
            max_length=100, required=False, default="", help_text="In the code or the names."
        )

    class Output(serializers.Serializer[Any]):
        """One budget. Amounts are pounds without the VAT that the council gets back."""

        id = serializers.UUIDField()
        financial_year = serializers.IntegerField()
        coding = serializers.CharField()
        cost_centre = serializers.CharField(source="cost_centre.code")
        cost_centre_name = serializers.CharField(source="cost_centre.name")
        account = serializers.CharField(source="account.code")
        account_name = serializers.CharField(source="account.name")
        budget_amount = serializers.DecimalField(max_digits=14, decimal_places=2)
        committed_amount = serializers.DecimalField(
            max_digits=14, decimal_places=2, help_text="Promised to requisitions and orders."
        )
        actual_amount = serializers.DecimalField(
            max_digits=14, decimal_places=2, help_text="Spent."
        )
        available_amount = serializers.DecimalField(
            max_digits=14, decimal_places=2, help_text="Left."
        )
        is_hard_stop = serializers.BooleanField(
            help_text="Whether nothing can be approved beyond it."
        )

    @described(
        "List budgets",
        answers=Output,
        asks=Query,
        is_list=True,
        example={
            "id": "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b21",
            "financial_year": 2026,
            "coding": "11010/14041",
            "cost_centre": "11010",
            "cost_centre_name": "Ashgrove Primary School",
            "account": "14041",
            "account_name": "Stationery and office supplies",
            "budget_amount": "5500.00",
            "committed_amount": "292.46",
            "actual_amount": "0.00",
            "available_amount": "5207.54",
            "is_hard_stop": False,
        },
    )
    def get(self, request: Request) -> Response:
        """List the budgets of a financial year by their code, and how each stands."""
        asked = self.asked(self.Query)
        year = asked.get("year") or financial_year(timezone.localdate())
        rows = budget_position(actor(request).organisation_id, year, words=asked["words"])
        return self.page(rows, self.Output, keys=("coding", "id"))
