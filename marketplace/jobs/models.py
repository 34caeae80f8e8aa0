"""The outbox: work that is owed, written in the transaction that owes it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from marketplace.core.models import Row


class JobStatus(models.TextChoices):
    """Whether a job is still owed."""

    OWED = "OWED", "Owed"
    DONE = "DONE", "Done"
    PARKED = "PARKED", "Parked: it failed too often and waits for a person"


class Job(Row):
    """One piece of work that is owed. The row is the truth; the broker is only a doorbell."""

    name = models.CharField(max_length=100)
    key = models.CharField(max_length=200)
    organisation_id = models.UUIDField(null=True)
    payload = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.OWED)
    # None: at once. Moved into the future by whoever takes the job, so that it comes again if
    # they die of it.
    due_at = models.DateTimeField(null=True)
    owed_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    # Attempts in a row that were begun and of which nothing was heard: their workers died.
    unheard_attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "key"], name="job_owed_once"),
            models.CheckConstraint(
                name="job_status_known", condition=Q(status__in=JobStatus.values)
            ),
            models.CheckConstraint(
                name="job_done_has_instant",
                condition=Q(status=JobStatus.DONE, done_at__isnull=False)
                | (~Q(status=JobStatus.DONE) & Q(done_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                Coalesce("due_at", "owed_at"),
                "id",
                condition=Q(status=JobStatus.OWED),
                name="job_due",
            ),
            models.Index(fields=["organisation_id", "id"], name="job_by_organisation"),
        ]
