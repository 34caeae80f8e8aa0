"""How far invoices may differ from their orders, for programs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from invoicing.matching.selectors import allowed_differences, tolerances_of
from invoicing.matching.tolerances import Tolerances
from invoicing.models import AllowedDifferences
from invoicing.settling.selectors import ALLOWED_KEEPERS, ALLOWED_READERS
from invoicing.settling.services.allowing import (
    COLUMNS,
    AllowedDifferencesChanged,
    AllowedTooMuch,
    AllowingNotAllowed,
    figures_of,
    set_allowed_differences,
    version_of,
)
from marketplace.web import api
from marketplace.web.actors import actor
from marketplace.web.etags import check_if_match, etag
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described

_SENT = {"price_percent": "2", "price_amount": "0.50", "line_percent": "2"}
_EXAMPLE = {
    "price_percent": "2.00",
    "price_amount": "0.5000",
    "ordered_percent": "0.00",
    "ordered_quantity": None,
    "received_percent": "0.00",
    "received_quantity": None,
    "line_percent": "2.00",
    "line_amount": None,
    "charges_amount": "0.00",
    "needs_receipt": True,
    "set_at": "2026-11-23T12:00:00Z",
    "set_by_name": "Amira Siddiqui",
}


def _percent(of: str, **more: Any) -> serializers.DecimalField:  # noqa: ANN401  # DRF's options
    words = f"How many per cent above {of}. Null is not tested, 0 is exact."
    return serializers.DecimalField(
        max_digits=4, decimal_places=2, allow_null=True, help_text=words, **more
    )


def _most(what: str, places: int, **more: Any) -> serializers.DecimalField:  # noqa: ANN401  # as above
    words = f"And at most this {what}, whatever the percentage is. Null is not tested."
    return serializers.DecimalField(
        max_digits=12, decimal_places=places, allow_null=True, help_text=words, **more
    )


def _figures(**more: Any) -> dict[str, serializers.Field[Any, Any, Any, Any]]:  # noqa: ANN401  # as above
    return {
        "price_percent": _percent("the price agreed for one", **more),
        "price_amount": _most("many pounds dearer for one", 4, **more),
        "ordered_percent": _percent("the quantity ordered", **more),
        "ordered_quantity": _most("many more", 3, **more),
        "received_percent": _percent("the quantity that has come", **more),
        "received_quantity": _most("many more", 3, **more),
        "line_percent": _percent("what a line of the order costs, all invoices together", **more),
        "line_amount": _most("many pounds more", 2, **more),
        "charges_amount": serializers.DecimalField(
            max_digits=12,
            decimal_places=2,
            help_text="Pounds that all invoices of an order may add beyond its lines.",
            **more,
        ),
        "needs_receipt": serializers.BooleanField(
            help_text="Whether things have to have come before they are paid for.", **more
        ),
    }


class Allowed(api.Operation):
    """How far invoices may differ from their orders and still agree."""

    access = ALLOWED_READERS
    writers = ALLOWED_KEEPERS
    scope = {"GET": "allowed-differences:read", "PUT": "allowed-differences:write"}

    class Figures(api.Input):
        """What may differ; figures that are not named stay as they are."""

        def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
            """Return a field for every figure there is."""
            return _figures(required=False)

    class Output(serializers.Serializer[Any]):
        """What may differ, and who said so last; all exact where nobody did."""

        set_at = serializers.DateTimeField(allow_null=True)
        set_by_name = serializers.CharField()

        def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
            """Return every figure, then who set them."""
            return {**_figures(), **super().get_fields()}

    @described(
        "Read how far invoices may differ", answers=Output, is_versioned=True, example=_EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """Read how far invoices may differ from their orders and still agree."""
        return self._answer(allowed_differences(actor(request).organisation_id))

    @described(
        "Say how far invoices may differ",
        answers=Output,
        takes=Figures,
        is_versioned=True,
        is_change=True,
        refusals=(AllowingNotAllowed, AllowedTooMuch, AllowedDifferencesChanged),
        example=_EXAMPLE,
        sent=_SENT,
    )
    @idempotent()
    def put(self, request: Request) -> Response:
        """Say how far invoices may differ. What waits and differs is compared again.

        No figure may be beyond 10 per cent or, where no percentage is given, £100. What a line
        costs in all has the last word, and whoever sets these figures cannot approve what agrees
        only because of them.
        """
        keeper = actor(request)
        seen = allowed_differences(keeper.organisation_id)
        check_if_match(request, version_of(seen))
        wanted = _changed(tolerances_of(seen), self.taken(self.Figures))
        return self._answer(
            set_allowed_differences(
                keeper=keeper, allowed=wanted, at=timezone.now(), version=version_of(seen)
            )
        )

    def _answer(self, row: AllowedDifferences | None) -> Response:
        facts = figures_of(tolerances_of(row))
        facts["set_at"] = row.set_at if row else None
        facts["set_by_name"] = row.set_by_name if row else ""
        return Response(self.Output(facts).data, headers={"ETag": etag(version_of(row))})


def _changed(present: Tolerances, sent: dict[str, Decimal | bool | None]) -> Tolerances:
    """Return what is there with the figures that were sent put in."""
    wanted = present
    for path, name in COLUMNS.items():
        if name not in sent:
            continue
        whole, _dot, part = path.partition(".")
        figure: Any = sent[name]
        if part:
            figure = replace(getattr(wanted, whole), **{part: figure})
        wanted = replace(wanted, **{whole: figure})
    return wanted
