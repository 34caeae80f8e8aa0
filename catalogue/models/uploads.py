"""Price lists that were sent and wait for the worker, and how far it has come with each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.states import UPLOAD, UploadStatus
from marketplace.core.models import Row, Stateful, TenantQuerySet

LABELS = {
    UploadStatus.WAITING: _("Being read"),
    UploadStatus.DONE: _("Read"),
    UploadStatus.FAILED: _("Cannot be read"),
    UploadStatus.CANCELLED: _("Cancelled"),
}


class Upload(Row, Stateful):
    """One file on its way: to be tried, or to be taken in, by the worker.

    Shapes: `confirms` is the run that is to be taken in, with `good_rows` without its wrong ones;
    `run` is what came of it, `refusal` why nothing could.
    """

    tenant_columns = ("supplier_id",)
    machine = UPLOAD

    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    document = models.ForeignKey("documents.Document", models.PROTECT, related_name="+")
    name = models.CharField(_("file name"), max_length=200)
    encoding = models.CharField(max_length=10, blank=True)
    dry_run = models.BooleanField()
    confirms = models.ForeignKey("catalogue.ImportRun", models.PROTECT, null=True, related_name="+")
    withdraw_missing = models.BooleanField(default=False)
    good_rows = models.BooleanField(default=False)
    for_all = models.JSONField(default=dict)
    status = models.CharField(
        max_length=10,
        choices=[(each.value, label) for each, label in LABELS.items()],
        default=UploadStatus.WAITING.value,
    )
    run = models.ForeignKey("catalogue.ImportRun", models.PROTECT, null=True, related_name="+")
    refusal = models.TextField(blank=True)
    sent_by = models.ForeignKey("organisations.Membership", models.PROTECT, related_name="+")
    sent_by_name = models.CharField(max_length=200)
    sent_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = TenantQuerySet["Upload"].as_manager()

    class Meta:
        verbose_name = _("price list")
        constraints = [
            models.CheckConstraint(
                name="upload_status_known", condition=Q(status__in=list(UploadStatus))
            ),
            models.UniqueConstraint(
                name="upload_taken_in_once",
                fields=["confirms"],
                condition=Q(status__in=[UploadStatus.WAITING, UploadStatus.DONE]),
            ),
            models.CheckConstraint(
                name="upload_ended_has_instant",
                condition=Q(status=UploadStatus.WAITING, ended_at__isnull=True)
                | (~Q(status=UploadStatus.WAITING) & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="upload_done_has_run",
                condition=Q(status=UploadStatus.DONE, run__isnull=False)
                | (~Q(status=UploadStatus.DONE) & Q(run__isnull=True)),
            ),
            models.CheckConstraint(
                name="upload_failed_says_why",
                condition=~Q(status=UploadStatus.FAILED) | ~Q(refusal=""),
            ),
        ]
        indexes = [models.Index(fields=["supplier", "-id"], name="upload_by_supplier")]

    @property
    def reference(self) -> str:
        """What people know it by."""
        return self.name

    @property
    def is_waiting(self) -> bool:
        """Tell whether it has yet to be read to its end."""
        return self.status == UploadStatus.WAITING

    @property
    def has_failed(self) -> bool:
        """Tell whether it could not be read."""
        return self.status == UploadStatus.FAILED

    @property
    def was_cancelled(self) -> bool:
        """Tell whether somebody called it off."""
        return self.status == UploadStatus.CANCELLED


class UploadProgress(models.Model):
    """How far the worker is with a file.

    Why: a row of its own, since the worker holds the upload while it works, and tells how far it
    is beside its transaction.
    Units: `read_bytes` of `size_bytes`.
    """

    tenant_columns = ("supplier_id",)

    upload = models.OneToOneField(Upload, models.PROTECT, primary_key=True, related_name="progress")
    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    rows_count = models.PositiveIntegerField(default=0)
    read_bytes = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField()

    objects = TenantQuerySet["UploadProgress"].as_manager()

    @property
    def has_begun(self) -> bool:
        """Whether the worker has begun to read."""
        return self.rows_count > 0 or self.read_bytes > 0

    @property
    def percent(self) -> int:
        """How much of the file is read, in whole hundredths."""
        return min(100, self.read_bytes * 100 // max(1, self.size_bytes))
