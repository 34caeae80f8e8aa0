"""What was posted, for programs: the trial balance, and the lines of one account."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.ledger.api.lists import ID, one_of
from marketplace.ledger.audience import BOOK_READERS
from marketplace.ledger.selectors.coding import accounts_kept
from marketplace.ledger.selectors.journals import (
    ACCOUNT_LEDGER_KEYS,
    account_ledger,
    trial_balance,
)
from marketplace.ledger.states import AccountKind
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.openapi import described
from marketplace.web.strict import StrictDay

NOUGHT = Decimal("0.00")
SCOPE = "journals:read"


class Days(Input):
    """From which day to which."""

    since = StrictDay(required=False, help_text="What moved from this day; all, if not given.")
    until = StrictDay(required=False, help_text="To this day; today, if not given.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the days, until today if nothing else is said."""
        return {"since": attrs.get("since"), "until": attrs.get("until") or timezone.localdate()}


class BalanceShape(serializers.Serializer[Any]):
    """One account."""

    account_id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField([each.value for each in AccountKind])
    debit_amount = serializers.DecimalField(max_digits=16, decimal_places=2)
    credit_amount = serializers.DecimalField(max_digits=16, decimal_places=2)
    net_amount = serializers.DecimalField(
        max_digits=16, decimal_places=2, help_text="Debit less credit."
    )


class LineShape(serializers.Serializer[Any]):
    """One line of a journal."""

    id = serializers.UUIDField()
    journal = serializers.CharField(source="journal.reference")
    number = serializers.IntegerField()
    dated_on = serializers.DateField()
    document_on = serializers.DateField(source="journal.document_on")
    kind = serializers.CharField(source="journal.kind")
    document = serializers.CharField(source="journal.document_reference")
    narrative = serializers.CharField(source="journal.narrative")
    cost_centre = serializers.CharField(source="cost_centre.code", default="")
    supplier = serializers.CharField(source="supplier.name", default="")
    debit_amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    credit_amount = serializers.DecimalField(max_digits=14, decimal_places=2)


class TrialBalance(Operation):
    """What stands on each account."""

    access = BOOK_READERS
    scope = SCOPE

    class Output(serializers.Serializer[Any]):
        """The accounts by code; debits equal credits."""

        since = serializers.DateField(allow_null=True)
        until = serializers.DateField()
        debit_amount = serializers.DecimalField(max_digits=16, decimal_places=2)
        credit_amount = serializers.DecimalField(max_digits=16, decimal_places=2)
        accounts = BalanceShape(many=True)

    @described(
        "Read the trial balance",
        answers=Output,
        asks=Days,
        example={
            "since": None, "until": "2026-11-30", "debit_amount": "120.00",
            "credit_amount": "120.00",
            "accounts": [
                {"account_id": ID, "code": "5023", "name": "Equipment", "kind": "expense",
                 "debit_amount": "120.00", "credit_amount": "0.00", "net_amount": "120.00"}
            ],
        },
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return what stands on each account at the end of a day, or moved since another."""
        days = self.asked(Days)
        rows = trial_balance(actor(request).organisation_id, **days)
        answer = {
            **days,
            "debit_amount": sum((row.debit_amount for row in rows), NOUGHT),
            "credit_amount": sum((row.credit_amount for row in rows), NOUGHT),
            "accounts": rows,
        }
        return Response(self.Output(answer).data)


class AccountLines(Operation):
    """What was posted on one account."""

    access = BOOK_READERS
    scope = SCOPE

    @described(
        "List the lines of an account",
        answers=LineShape,
        asks=Days,
        is_list=True,
        example={
            "id": ID, "journal": "J26-000001", "number": 1, "dated_on": "2026-11-23",
            "document_on": "2026-11-23", "kind": "RECEIPT", "document": "GRN-26-000001",
            "narrative": "Chairs received", "cost_centre": "C100", "supplier": "",
            "debit_amount": "120.00", "credit_amount": "0.00",
        },
    )  # fmt: skip
    def get(self, request: Request, code: str) -> Response:
        """List what was posted on an account, the oldest first."""
        council_id = actor(request).organisation_id
        account = one_of(accounts_kept(council_id), code)
        rows = account_ledger(council_id, account.pk, **self.asked(Days))
        return self.page(rows, LineShape, keys=ACCOUNT_LEDGER_KEYS)
