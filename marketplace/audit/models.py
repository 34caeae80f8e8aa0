"""The audit trail: what was done, by whom, when; added to and never changed.

It holds keys and names, not foreign keys: the trail outlives what it speaks of.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from marketplace.core.models import Row


class ChainHead(models.Model):
    """Where one organisation's chain ends: the row that an append holds."""

    chain = models.UUIDField(primary_key=True)
    sequence = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32)


class Event(Row):
    """One thing that was done.

    `body` is the canonical JSON that was hashed, exactly; the columns beside it are copies to
    query by, and the verifier holds them against it.
    """

    tenant_columns = ("chain", "counterparty_id")

    chain = models.UUIDField()
    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    verb = models.CharField(max_length=100)
    subject_type = models.CharField(max_length=100)
    subject_id = models.UUIDField()
    subject_reference = models.CharField(max_length=200, blank=True)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200, blank=True)
    counterparty_id = models.UUIDField(null=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    body = models.TextField()
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "sequence"], name="event_one_a_place"),
            models.CheckConstraint(name="event_sequence_counts", condition=Q(sequence__gt=0)),
        ]
        indexes = [
            models.Index(fields=["subject_id", "sequence"], name="event_by_subject"),
            models.Index(fields=["chain", "at", "id"], name="event_by_instant"),
            models.Index(
                fields=["counterparty_id", "at", "id"],
                condition=Q(counterparty_id__isnull=False),
                name="event_by_counterparty",
            ),
            # Who asks for one kind of deed walks these, however many others stand between.
            models.Index(fields=["chain", "verb", "at", "id"], name="event_by_verb"),
            models.Index(
                fields=["counterparty_id", "verb", "at", "id"],
                condition=Q(counterparty_id__isnull=False),
                name="event_by_others_verb",
            ),
        ]

    @property
    def previous_hex(self) -> str:
        """The hash before this event's, as people compare it."""
        return bytes(self.previous_hash).hex()

    @property
    def hash_hex(self) -> str:
        """This event's hash, as people compare it."""
        return bytes(self.hash).hex()
