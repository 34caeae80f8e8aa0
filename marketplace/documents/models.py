"""Documents: the exact bytes that were sent or received, by their hash."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, TenantQuerySet


class ScanVerdict(models.TextChoices):
    """What was found by looking at a document for harm."""

    CLEAN = "CLEAN", _("Clean")
    HARMFUL = "HARMFUL", _("Harmful")


class ScanState(models.TextChoices):
    """How a document stands: who made it, and what the latest look at it found."""

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
    from_outside = models.BooleanField(default=False)
    stored_at = models.DateTimeField()
    keep_until_on = models.DateField(null=True)

    objects = TenantQuerySet["Document"].as_manager()

    class Meta:
        verbose_name = _("document")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "counterparty", "sha256", "name", "from_outside"],
                name="document_kept_once",
                nulls_distinct=False,
            ),
        ]

    @property
    def reference(self) -> str:
        """What people know it by."""
        return self.name

    @property
    def scan_state(self) -> ScanState:
        """How it stands: what was made here is clean by origin, unless a scan says otherwise."""
        latest = self.scans.order_by("-at", "-id").values_list("verdict", flat=True).first()
        if latest is not None:
            return ScanState(latest)
        return ScanState.WAITING if self.from_outside else ScanState.OURS


class DocumentScan(Row):
    """One look at a document for harm; added by a worker and never changed, and the latest counts.

    A table of its own, since what is found may change with the engine while the bytes stay.
    """

    tenant_columns = ("organisation_id",)

    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, related_name="scans")
    verdict = models.CharField(max_length=10, choices=ScanVerdict)
    engine = models.CharField(max_length=100)
    finding = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects = TenantQuerySet["DocumentScan"].as_manager()

    class Meta:
        verbose_name = _("scan of a document")
        constraints = [
            models.CheckConstraint(
                name="documentscan_verdict_known", condition=Q(verdict__in=ScanVerdict.values)
            ),
            models.CheckConstraint(name="documentscan_has_engine", condition=~Q(engine="")),
        ]
