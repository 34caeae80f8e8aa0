"""Auditors' bundles, for programs: the same services as the pages call."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core.errors import Missing
from marketplace.desk.bundles.keys import SigningKeyNotRight, public_key
from marketplace.desk.bundles.selectors import BUNDLE_KEYS, READERS, bundles
from marketplace.desk.bundles.services import (
    BundleDaysNotRight,
    BundleEnded,
    BundleNotAllowed,
    BundleTooLarge,
    BundleWaits,
    ask_bundle,
    cancel_bundle,
)
from marketplace.desk.bundles.subjects import Days
from marketplace.desk.states import BundleStatus
from marketplace.documents.selectors import document
from marketplace.web import api
from marketplace.web.actors import actor
from marketplace.web.idempotency import idempotent
from marketplace.web.openapi import described
from marketplace.web.strict import StrictDay

SCOPES = {"GET": "audit-bundles:read", "POST": "audit-bundles:write"}
_HASH = "9e107d9d372bb6826bd81d3542a419d6e8b1c3f0a7d2459cb0f1e6d7a8c9b0d1"
EXAMPLE = {
    "id": "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b21",
    "since_on": "2026-04-01",
    "until_on": "2026-09-30",
    "status": "MADE",
    "asked_at": "2026-10-05T09:00:00Z",
    "asked_by_name": "Amira Siddiqui",
    "ended_at": "2026-10-05T09:01:00Z",
    "percent": 100,
    "rows_count": 4711,
    "sha256": _HASH,
    "public_key": _HASH,
    "refusal": "",
}
ASKED = {**EXAMPLE, "status": "WAITING", "percent": 0, "sha256": "", "public_key": "",
         "ended_at": None}  # fmt: skip


class BundleShape(serializers.Serializer[Any]):
    """One bundle, and how far it is."""

    id = serializers.UUIDField()
    since_on = serializers.DateField()
    until_on = serializers.DateField()
    status = serializers.ChoiceField([each.value for each in BundleStatus])
    asked_at = serializers.DateTimeField()
    asked_by_name = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)
    percent = serializers.IntegerField(help_text="How far it is.")
    rows_count = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of the file; empty until it is made.")
    public_key = serializers.CharField(help_text="Of the key that signed it, in hexadecimal.")
    refusal = serializers.CharField(help_text="Why it could not be made.")


class BundleList(api.Operation):
    """Bundles, and the asking for one."""

    access = READERS
    scope = SCOPES

    class Input(api.Input):
        """From which day to which."""

        since_on = StrictDay(help_text="The first day.")
        until_on = StrictDay(help_text="The last day.")

    @described("List bundles for auditors", answers=BundleShape, is_list=True, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """List what was asked for, the latest first."""
        return self.page(bundles(actor(request).organisation_id), BundleShape, keys=BUNDLE_KEYS)

    @described(
        "Ask for a bundle",
        answers=BundleShape,
        takes=Input,
        status=201,
        refusals=(BundleNotAllowed, BundleDaysNotRight, BundleTooLarge, BundleWaits),
        example=ASKED,
        sent={"since_on": "2026-04-01", "until_on": "2026-09-30"},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Ask for everything of some days in one signed file; ask again how far it is."""
        said = self.taken(self.Input)
        days = Days(said["since_on"], said["until_on"])
        asked = ask_bundle(auditor=actor(request), days=days, at=timezone.now())
        return Response(BundleShape(asked).data, status=201)


class BundleOne(api.Operation):
    """One bundle."""

    access = READERS
    scope = SCOPES

    @described("Read about a bundle", answers=BundleShape, example=EXAMPLE)
    def get(self, request: Request, bundle_id: UUID) -> Response:
        """Return how far a bundle is, or what came of it."""
        found = bundles(actor(request).organisation_id).one(bundle_id)
        return Response(BundleShape(found).data)


class BundleFile(api.Operation):
    """The file itself."""

    access = READERS
    scope = SCOPES

    @described("Download a bundle", media_type="application/zip")
    def get(self, request: Request, bundle_id: UUID) -> HttpResponse:
        """Download the file as it was handed out; missing until it is made."""
        reader = actor(request)
        found = bundles(reader.organisation_id).one(bundle_id)
        if found.document_id is None:
            raise Missing(_("There is no file: it is not made."))
        kept = document(reader, found.document_id)
        answer = HttpResponse(bytes(kept.content), content_type=kept.media_type)
        answer["Content-Disposition"] = f'attachment; filename="{kept.name}"'
        answer["ETag"] = f'"{kept.sha256}"'
        return answer


class BundleCancellation(api.Operation):
    """Having it not made after all."""

    access = READERS
    scope = SCOPES

    @described(
        "Cancel a bundle",
        answers=BundleShape,
        refusals=(BundleNotAllowed, BundleEnded),
        example={**ASKED, "status": "CANCELLED", "ended_at": "2026-10-05T09:00:10Z"},
    )
    @idempotent()
    def post(self, request: Request, bundle_id: UUID) -> Response:
        """Have a bundle that waits not made."""
        done = cancel_bundle(auditor=actor(request), bundle_id=bundle_id, at=timezone.now())
        return Response(BundleShape(done).data)


class BundleKey(api.Operation):
    """The key that bundles are checked with."""

    access = READERS
    scope = SCOPES

    class Output(serializers.Serializer[Any]):
        """The public half."""

        public_key = serializers.CharField(help_text="Ed25519 (RFC 8032), in hexadecimal.")

    @described(
        "Read the public key",
        answers=Output,
        refusals=(SigningKeyNotRight,),
        example={"public_key": _HASH},
    )
    def get(self, request: Request) -> Response:
        """Return the key to write down before there is a bundle to check."""
        return Response(self.Output({"public_key": public_key()}).data)
