"""The months of the accounts, for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core.states import IllegalMove
from marketplace.ledger.api.lists import ID
from marketplace.ledger.audience import CLOSERS, READERS
from marketplace.ledger.models import Period
from marketplace.ledger.rules import FIRST_YEAR, LAST_YEAR
from marketplace.ledger.selectors.periods import periods
from marketplace.ledger.services.budgets import YearNotRight
from marketplace.ledger.services.periods import (
    MonthNotBegun,
    PeriodNotAllowed,
    ReasonMissing,
    YearFarAway,
    YearIsOpen,
    close_period,
    open_year,
    reopen_period,
)
from marketplace.ledger.states import PeriodStatus
from marketplace.web import api
from marketplace.web.actors import actor
from marketplace.web.etags import etag, honour_if_match
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described

SCOPES = {"GET": "periods:read", "POST": "periods:write"}
EXAMPLE = {
    "id": ID,
    "financial_year": 2026,
    "number": 8,
    "starts_on": "2026-11-01",
    "ends_on": "2026-11-30",
    "status": "OPEN",
}


class PeriodShape(serializers.Serializer[Any]):
    """One month. April is number 1."""

    id = serializers.UUIDField()
    financial_year = serializers.IntegerField()
    number = serializers.IntegerField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    status = serializers.ChoiceField([each.value for each in PeriodStatus])


class PeriodList(api.Operation):
    """Months, and the opening of a year."""

    access = READERS
    writers = CLOSERS
    scope = SCOPES

    class Query(api.Input):
        """Which to list."""

        financial_year = serializers.IntegerField(
            min_value=FIRST_YEAR,
            max_value=LAST_YEAR,
            required=False,
            help_text="The year in which the financial year began; all, if not given.",
        )

    class Year(api.Input):
        """Which year to open."""

        financial_year = serializers.IntegerField(
            min_value=FIRST_YEAR,
            max_value=LAST_YEAR,
            help_text="The year in which the financial year begins.",
        )

    class Opened(serializers.Serializer[Any]):
        """The months of the year, April first."""

        periods = PeriodShape(many=True)

    @described(
        "List the months of the accounts",
        answers=PeriodShape,
        asks=Query,
        is_list=True,
        example=EXAMPLE,
    )
    def get(self, request: Request) -> Response:
        """List the months of the years that were opened, in their order."""
        rows = periods(actor(request).organisation_id, **self.asked(self.Query))
        return self.page(rows, PeriodShape, keys=("starts_on", "id"))

    @described(
        "Open a financial year",
        answers=Opened,
        takes=Year,
        status=201,
        refusals=(PeriodNotAllowed, YearNotRight, YearFarAway, YearIsOpen),
        example={"periods": [{**EXAMPLE, "number": 1, "starts_on": "2026-04-01",
                              "ends_on": "2026-04-30"}]},
        sent={"financial_year": 2026},
    )  # fmt: skip
    @idempotent()
    def post(self, request: Request) -> Response:
        """Make the twelve months of a financial year, all of them open. Finance officers can."""
        made = open_year(finance=actor(request), at=timezone.now(), **self.taken(self.Year))
        return Response(self.Opened({"periods": made}).data, status=201)


class PeriodClosing(api.Operation):
    """Closing a month."""

    access = CLOSERS
    scope = SCOPES

    @described(
        "Close a month",
        answers=PeriodShape,
        is_versioned=True,
        may_match=True,
        refusals=(PeriodNotAllowed, MonthNotBegun, IllegalMove),
        example={**EXAMPLE, "status": "CLOSED"},
    )
    @idempotent()
    def post(self, request: Request, period_id: UUID) -> Response:
        """Let nothing more be posted in a month; what comes late counts in the next open one.

        A month may be closed before it is over, but not before it has begun. Its status is its
        version, so `If-Match: "OPEN"` says what you saw.
        """
        period = periods(actor(request).organisation_id).one(period_id)
        honour_if_match(request, period.status)
        return _answer(close_period(finance=actor(request), period_id=period.pk, at=timezone.now()))


class PeriodReopening(api.Operation):
    """Opening a month again."""

    access = CLOSERS
    scope = SCOPES

    class Input(api.Input):
        """Why."""

        reason = serializers.CharField(max_length=500, help_text="It stands in the audit trail.")

    @described(
        "Open a month again",
        answers=PeriodShape,
        takes=Input,
        is_versioned=True,
        may_match=True,
        refusals=(PeriodNotAllowed, ReasonMissing, IllegalMove),
        example=EXAMPLE,
        sent={"reason": "A bill was posted twice."},
    )
    @idempotent()
    def post(self, request: Request, period_id: UUID) -> Response:
        """Let things be posted again in a month that was closed.

        Its status is its version, so `If-Match: "CLOSED"` says what you saw.
        """
        # Somebody else's is missing, whatever was sent about it.
        period = periods(actor(request).organisation_id).one(period_id)
        honour_if_match(request, period.status)
        return _answer(
            reopen_period(
                finance=actor(request),
                period_id=period.pk,
                at=timezone.now(),
                **self.taken(self.Input),
            )
        )


def _answer(period: Period) -> Response:
    return Response(PeriodShape(period).data, headers={"ETag": etag(period.status)})
