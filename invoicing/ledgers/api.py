"""Handing journals to the finance ledger, for programs: the same services as the pages call."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from invoicing.ledgers.books import books_name, books_until
from invoicing.ledgers.selectors import EXPORT_KEYS, READERS, exports, waiting_for_export
from invoicing.ledgers.services import (
    LONGEST_REFERENCE,
    AcknowledgementMissing,
    ExportDayNotRight,
    ExportNotAllowed,
    NothingToExport,
    acknowledge_export,
    build_export,
)
from invoicing.states import ExportStatus
from marketplace.core.actors import Role
from marketplace.core.states import IllegalMove
from marketplace.documents.selectors import document
from marketplace.web import api
from marketplace.web.actors import actor
from marketplace.web.downloads import attached
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described
from marketplace.web.strict import StrictDay

SCOPES = {"GET": "ledger-exports:read", "POST": "ledger-exports:write"}
_ID = "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b21"
_HASH = "9e107d9d372bb6826bd81d3542a419d6e8b1c3f0a7d2459cb0f1e6d7a8c9b0d1"
EXAMPLE = {
    "id": _ID,
    "reference": "LX-000042",
    "number": 42,
    "until_on": "2026-11-30",
    "status": "BUILT",
    "sha256": _HASH,
    "previous_sha256": _HASH,
    "journals_count": 311,
    "lines_count": 1204,
    "debit_amount": "48210.17",
    "credit_amount": "48210.17",
    "accounts_hash": _HASH,
    "built_at": "2026-12-01T08:30:00Z",
    "built_by_name": "Amira Siddiqui",
    "acknowledged_at": None,
    "acknowledged_by_name": "",
    "acknowledgement": "",
}


class ExportShape(serializers.Serializer[Any]):
    """One file of journals, and what it must come to on the other side."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    number = serializers.IntegerField(help_text="Without gaps.")
    until_on = serializers.DateField(help_text="Up to and with which day it was made.")
    status = serializers.ChoiceField([each.value for each in ExportStatus])
    sha256 = serializers.CharField(help_text="Of the file.")
    previous_sha256 = serializers.CharField(help_text="Of the file before; empty for the first.")
    journals_count = serializers.IntegerField()
    lines_count = serializers.IntegerField()
    debit_amount = serializers.DecimalField(max_digits=16, decimal_places=2)
    credit_amount = serializers.DecimalField(max_digits=16, decimal_places=2)
    accounts_hash = serializers.CharField()
    built_at = serializers.DateTimeField()
    built_by_name = serializers.CharField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by_name = serializers.CharField()
    acknowledgement = serializers.CharField()


class LedgerExportList(api.Operation):
    """Files for the finance ledger, and the making of the next."""

    access = READERS
    writers = ("finance",)
    scope = SCOPES

    class Input(api.Input):
        """Up to which day."""

        until_on = StrictDay(help_text="The last day that is to be in the file.")

    @described(
        "List files for the finance ledger", answers=ExportShape, is_list=True, example=EXAMPLE
    )
    def get(self, request: Request) -> Response:
        """List the files that were made, the latest first."""
        rows = exports(actor(request).organisation_id)
        return self.page(rows, ExportShape, keys=EXPORT_KEYS)

    @described(
        "Make the next file for the finance ledger",
        answers=ExportShape,
        takes=Input,
        status=201,
        refusals=(ExportNotAllowed, ExportDayNotRight, NothingToExport),
        example=EXAMPLE,
        sent={"until_on": "2026-11-30"},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Put everything up to a day that stands in no file yet into one. Finance officers can.

        A file takes 10,000 journals; if more wait, make another.
        """
        made = build_export(finance=actor(request), at=timezone.now(), **self.taken(self.Input))
        return Response(ExportShape(made).data, status=201)


class LedgerExportWaiting(api.Operation):
    """What is not handed over yet."""

    access = READERS
    scope = SCOPES

    class Query(api.Input):
        """Up to which day."""

        until_on = StrictDay(required=False, help_text="Today, if not given.")

    class Output(serializers.Serializer[Any]):
        """How much, and what it comes to."""

        journals = serializers.IntegerField()
        lines = serializers.IntegerField()
        amount = serializers.DecimalField(
            max_digits=16, decimal_places=2, help_text="The debits, which equal the credits."
        )
        in_next_file = serializers.IntegerField()
        left_over = serializers.IntegerField()
        first_on = serializers.DateField(allow_null=True)
        last_on = serializers.DateField(allow_null=True)

    @described(
        "See what the next file for the finance ledger would hold",
        answers=Output,
        asks=Query,
        example={
            "journals": 12, "lines": 40, "amount": "1234.56", "in_next_file": 12, "left_over": 0,
            "first_on": "2026-11-01", "last_on": "2026-11-23",
        },
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Say how much stands in no file yet; nothing is made."""
        until = self.asked(self.Query).get("until_on") or timezone.localdate()
        found = waiting_for_export(actor(request).organisation_id, until=until)
        return Response(self.Output(found).data)


class LedgerExportOne(api.Operation):
    """One file."""

    access = READERS
    scope = SCOPES

    @described("Read about a file for the finance ledger", answers=ExportShape, example=EXAMPLE)
    def get(self, request: Request, export_id: UUID) -> Response:
        """Return what a file holds and what it comes to."""
        found = exports(actor(request).organisation_id).one(export_id)
        return Response(ExportShape(found).data)


class LedgerExportFile(api.Operation):
    """The file itself."""

    access = READERS
    scope = SCOPES

    @described("Download a file for the finance ledger", media_type="text/csv")
    def get(self, request: Request, export_id: UUID) -> HttpResponse:
        """Download the file; it is the same bytes whenever it is asked for."""
        reader = actor(request)
        found = exports(reader.organisation_id).one(export_id)
        kept = document(reader, found.document_id)
        answer = HttpResponse(bytes(kept.content), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{kept.name}"'
        answer["ETag"] = f'"{kept.sha256}"'
        return answer


class LedgerExportAcknowledgement(api.Operation):
    """The other side's word."""

    access = (Role.FINANCE,)
    scope = SCOPES

    class Input(api.Input):
        """What the finance ledger answered."""

        reference = serializers.CharField(
            max_length=LONGEST_REFERENCE, help_text="The number of its batch or voucher, say."
        )

    @described(
        "Say that the finance ledger has taken a file",
        answers=ExportShape,
        takes=Input,
        refusals=(ExportNotAllowed, AcknowledgementMissing, IllegalMove),
        example={**EXAMPLE, "status": "ACKNOWLEDGED", "acknowledgement": "Batch 4711"},
        sent={"reference": "Batch 4711"},
    )
    @idempotent()
    def post(self, request: Request, export_id: UUID) -> Response:
        """Write down that a file was taken, once."""
        finance = actor(request)
        seen = exports(finance.organisation_id).one(export_id)
        said = self.taken(self.Input)
        done = acknowledge_export(export_id=seen.pk, finance=finance, at=timezone.now(), **said)
        return Response(ExportShape(done).data)


class LedgerBooks(api.Operation):
    """The whole of the books, as plain-text accounting."""

    access = READERS
    scope = SCOPES

    class Query(api.Input):
        """Up to which day."""

        until_on = StrictDay(required=False, help_text="Today, if not given.")

    @described("Download the books for hledger", asks=Query, media_type="text/plain")
    def get(self, request: Request) -> HttpResponse:
        """Download everything that counts until a day, with what each account must come to."""
        until = self.asked(self.Query).get("until_on") or timezone.localdate()
        books = books_until(actor(request).organisation_id, until)
        return attached(books, books_name(until))
