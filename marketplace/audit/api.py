"""The trail, for programs."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.audit.models import Event
from marketplace.audit.selectors import Wanted, events_wanted
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation


class Events(Operation):
    """What was done, the newest first."""

    access = ("auditor", "administrator")
    scope = "events:read"

    class Query(Input):
        """Which events to list."""

        words = serializers.CharField(max_length=200, required=False)
        verb = serializers.CharField(max_length=100, required=False)
        person = serializers.CharField(max_length=200, required=False)
        since = serializers.DateField(required=False)
        until = serializers.DateField(required=False)
        subject = serializers.UUIDField(required=False)

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

    def get(self, request: Request) -> Response:
        """List events."""
        wanted = Wanted(**self.asked(self.Query))
        found = events_wanted(actor(request).organisation_id, wanted)
        return self.page(found, self.Output, keys=("-at", "-id"))
