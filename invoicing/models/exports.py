"""Journals that left for the finance ledger, in files that never change."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invoicing.states import EXPORT, ExportFormat, ExportStatus
from marketplace.core.models import Row, Stateful, TenantQuerySet
from marketplace.documents.models import Document
from marketplace.ledger.models import Journal

EXPORT_STATUS_LABELS = {
    ExportStatus.BUILT: _("Waiting for the finance ledger"),
    ExportStatus.ACKNOWLEDGED: _("Taken by the finance ledger"),
}
EXPORT_FORMAT_LABELS = {ExportFormat.CSV: _("CSV with control totals")}


class LedgerExport(Row, Stateful):
    """One file of journals, numbered without gaps for each council and format.

    A file that was made is never made again: sent twice, it is the same bytes. Each names the hash
    of the one before it. Units: GBP.
    """

    tenant_columns = ("council_id",)
    machine = EXPORT

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    format = models.CharField(
        max_length=10, choices=[(each.value, label) for each, label in EXPORT_FORMAT_LABELS.items()]
    )
    number = models.PositiveIntegerField()
    until_on = models.DateField()
    status = models.CharField(
        max_length=12,
        choices=[(each.value, label) for each, label in EXPORT_STATUS_LABELS.items()],
        default=ExportStatus.BUILT.value,
    )
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64, blank=True)
    journals_count = models.PositiveIntegerField()
    lines_count = models.PositiveIntegerField()
    debit_amount = models.DecimalField(max_digits=16, decimal_places=2)
    credit_amount = models.DecimalField(max_digits=16, decimal_places=2)
    accounts_hash = models.CharField(max_length=64)
    built_at = models.DateTimeField()
    built_by_name = models.CharField(max_length=200, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by_name = models.CharField(max_length=200, blank=True)
    acknowledgement = models.CharField(max_length=200, blank=True)

    objects = TenantQuerySet["LedgerExport"].as_manager()

    class Meta:
        verbose_name = _("ledger export")
        constraints = [
            models.UniqueConstraint(
                fields=["council", "format", "number"], name="ledgerexport_number_once"
            ),
            models.CheckConstraint(
                name="ledgerexport_status_known",
                condition=Q(status__in=[each.value for each in ExportStatus]),
            ),
            models.CheckConstraint(
                name="ledgerexport_balances", condition=Q(debit_amount=models.F("credit_amount"))
            ),
            models.CheckConstraint(
                name="ledgerexport_holds_something", condition=Q(journals_count__gte=1)
            ),
        ]

    @property
    def reference(self) -> str:
        """What people know it by, on both sides."""
        return f"LX-{self.number:06d}"


class ExportedJournal(Row):
    """A journal stands in one export of each format; added and never changed."""

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    export = models.ForeignKey(LedgerExport, models.PROTECT, related_name="journals")
    format = models.CharField(max_length=10)
    journal = models.ForeignKey(Journal, models.PROTECT, related_name="+")

    objects = TenantQuerySet["ExportedJournal"].as_manager()

    class Meta:
        verbose_name = _("journal in an export")
        constraints = [
            models.UniqueConstraint(fields=["journal", "format"], name="exportedjournal_once"),
        ]
