"""Documents: the exact bytes that were sent or received, by their hash."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, TenantQuerySet


class ScanState(models.TextChoices):
    """Whether a document from outside was looked at for harm."""

    OURS = "OURS", _("Made here")
    WAITING = "WAITING", _("Waiting for a scan")
    CLEAN = "CLEAN", _("Clean")
    HARMFUL = "HARMFUL", _("Harmful")


class Document(Row):
    """Bytes that are kept as evidence; added and never changed."""

    tenant_columns = ("organisation_id", "counterparty_id")

    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    counterparty = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, null=True, related_name="+"
    )
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    content = models.BinaryField()
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    scan_state = models.CharField(max_length=10, choices=ScanState, default=ScanState.OURS)
    stored_at = models.DateTimeField()
    keep_until_on = models.DateField(null=True)

    objects = TenantQuerySet["Document"].as_manager()

    class Meta:
        verbose_name = _("document")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "counterparty", "sha256", "name"],
                name="document_kept_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="document_scan_state_known", condition=Q(scan_state__in=ScanState.values)
            ),
        ]
