"""The answers that were given to requests with an Idempotency-Key."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from marketplace.core.models import Row, TenantQuerySet


class IdempotencyKey(Row):
    """One request that had an effect, and the answer that it got.

    It is written in the transaction of the effect, so that there is never one without the other.
    """

    tenant_columns: ClassVar[tuple[str, ...]] = ("organisation_id",)

    organisation_id = models.UUIDField()
    person_id = models.UUIDField()
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=2000)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True, default="")
    headers = models.JSONField(default=dict)
    at = models.DateTimeField()

    objects = TenantQuerySet["IdempotencyKey"].as_manager()

    class Meta:
        verbose_name = "idempotency key"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation_id", "person_id", "key"], name="idempotency_key_once"
            ),
            models.CheckConstraint(
                name="idempotency_key_only_success",
                condition=Q(status__isnull=True) | Q(status__gte=200, status__lt=300),
            ),
            models.CheckConstraint(name="idempotency_key_not_empty", condition=~Q(key="")),
        ]
        indexes = [models.Index(fields=["at"], name="idempotency_key_by_age")]
