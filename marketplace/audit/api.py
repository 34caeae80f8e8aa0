"""The trail, for programs."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.audit.models import Event
from marketplace.audit.selectors import Wanted, events_wanted
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.openapi import described

_ID = "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b21"
_EXAMPLE = {
    "id": _ID,
    "chain": _ID,
    "sequence": 17,
    "at": "2026-11-23T12:00:00Z",
    "verb": "requisition.submitted",
    "subject_type": "ordering.requisition",
    "subject_id": _ID,
    "subject_reference": "REQ-26-000017",
    "actor_id": _ID,
    "actor_name": "Amira Siddiqui",
    "counterparty_id": None,
    "before": {"status": "DRAFT"},
    "after": {"status": "SUBMITTED"},
    "note": "",
    "body": "{…}",
    "previous_hash": "9e107d9d372bb6826bd81d3542a419d6e8b1c3f0a7d2459cb0f1e6d7a8c9b0d1",
    "hash": "5f2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b",
}


class Events(Operation):
    """What was done, the newest first."""

    access = ("auditor", "administrator")
    scope = "events:read"

    class Query(Input):
        """Which events to list."""

        words = serializers.CharField(
            max_length=200, required=False, help_text="In the note or the subject’s reference."
        )
        verb = serializers.CharField(
            max_length=100, required=False, help_text="How the verb begins."
        )
        person = serializers.CharField(
            max_length=200, required=False, help_text="In the name of who did it."
        )
        since = serializers.DateField(required=False)
        until = serializers.DateField(required=False)
        subject = serializers.UUIDField(
            required=False,
            help_text="A thing: its events, those of what led to it and of what came of it.",
        )

    class Output(serializers.ModelSerializer[Event]):
        """One event; the hash is SHA-256 over the hash before it and the body."""

        previous_hash = serializers.SerializerMethodField()
        hash = serializers.SerializerMethodField()

        class Meta:
            model = Event
            fields = (
                "id", "chain", "sequence", "at", "verb", "subject_type", "subject_id",
                "subject_reference", "actor_id", "actor_name", "counterparty_id", "before", "after",
                "note", "body", "previous_hash", "hash",
            )  # fmt: skip
            read_only_fields = fields

        def get_previous_hash(self, event: Event) -> str:
            """Return the hash of the event before, in hexadecimal."""
            return bytes(event.previous_hash).hex()

        def get_hash(self, event: Event) -> str:
            """Return the event's own hash, in hexadecimal."""
            return bytes(event.hash).hex()

    @described("List events", answers=Output, asks=Query, is_list=True, example=_EXAMPLE)
    def get(self, request: Request) -> Response:
        """List what was done, the newest first; an empty chain is an empty list."""
        wanted = Wanted(**self.asked(self.Query))
        found = events_wanted(actor(request).organisation_id, wanted)
        return self.page(found, self.Output, keys=("-at", "-id"))
