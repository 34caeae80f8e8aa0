"""Bundles that auditors asked for."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, Stateful, TenantQuerySet
from marketplace.desk.states import BUNDLE, BundleStatus
from marketplace.documents.models import Document

BUNDLE_STATUS_LABELS = {
    BundleStatus.WAITING: _("Being made"),
    BundleStatus.MADE: _("Ready"),
    BundleStatus.CANCELLED: _("Cancelled"),
    BundleStatus.FAILED: _("Could not be made"),
}


class AuditBundle(Row, Stateful):
    """Everything of some days in one signed file, kept as it was handed out.

    `rows_done` of `rows_count` is how far the worker is; it is told beside what it does. Once made,
    `sha256` is the file's, and `public_key` that of the key which signed it, in hexadecimal.
    """

    tenant_columns = ("council_id",)
    machine = BUNDLE

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    since_on = models.DateField()
    until_on = models.DateField()
    status = models.CharField(
        max_length=10,
        choices=[(each.value, label) for each, label in BUNDLE_STATUS_LABELS.items()],
        default=BundleStatus.WAITING.value,
    )
    asked_at = models.DateTimeField()
    asked_by_id = models.UUIDField()
    asked_by_name = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True)
    rows_count = models.PositiveIntegerField()
    rows_done = models.PositiveIntegerField(default=0)
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True)
    public_key = models.CharField(max_length=64, blank=True)
    refusal = models.TextField(blank=True)

    objects = TenantQuerySet["AuditBundle"].as_manager()

    class Meta:
        verbose_name = _("bundle")
        constraints = [
            models.CheckConstraint(
                name="auditbundle_status_known",
                condition=Q(status__in=[each.value for each in BundleStatus]),
            ),
            models.CheckConstraint(
                name="auditbundle_days_in_order", condition=Q(until_on__gte=F("since_on"))
            ),
            models.CheckConstraint(
                name="auditbundle_made_has_file",
                condition=~Q(status=BundleStatus.MADE.value)
                | (
                    Q(document__isnull=False, ended_at__isnull=False) & ~Q(sha256="", public_key="")
                ),
            ),
            models.UniqueConstraint(
                fields=["council"],
                condition=Q(status=BundleStatus.WAITING.value),
                name="auditbundle_one_waits",
            ),
        ]
        indexes = [models.Index(fields=["council", "-id"], name="auditbundle_by_council")]

    @property
    def reference(self) -> str:
        """What people know it by: its days."""
        return f"{self.since_on.isoformat()}/{self.until_on.isoformat()}"

    @property
    def percent(self) -> int:
        """How far the worker is with it, from 0 to 100."""
        if self.status == BundleStatus.MADE:
            return 100
        return min(99, 100 * self.rows_done // max(1, self.rows_count))

    @property
    def has_begun(self) -> bool:
        """Whether the worker has begun with it."""
        return self.rows_done > 0

    @property
    def is_waiting(self) -> bool:
        """Tell whether it has yet to be made."""
        return self.status == BundleStatus.WAITING

    @property
    def is_made(self) -> bool:
        """Tell whether it can be taken away."""
        return self.status == BundleStatus.MADE

    @property
    def has_failed(self) -> bool:
        """Tell whether it could not be made."""
        return self.status == BundleStatus.FAILED
