"""What came in from outside, as evidence, whatever became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invoicing.states import ARRIVAL, ArrivalStatus, Channel
from marketplace.core.models import Row, Stateful, TenantQuerySet
from marketplace.documents.models import Document

ARRIVAL_STATUS_LABELS = {
    ArrivalStatus.WAITS: _("Being read"),
    ArrivalStatus.TAKEN: _("Read"),
    ArrivalStatus.REFUSED: _("Could not be read"),
}
CHANNEL_LABELS = {
    Channel.UPLOAD: _("Sent in by the council"),
    Channel.PORTAL: _("Sent in by the supplier"),
    Channel.FLIP: _("Made from the order by the supplier"),
    Channel.API: _("Sent by a program"),
    Channel.COMMAND: _("Taken in by an operator"),
}


class Arrival(Row, Stateful):
    """One file that arrived: its bytes are kept, and when and how it came is never changed.

    `supplier` is who sent it in, where that was a supplier; whom the invoice says it is from stands
    on the invoice. A refused one says why by the code of the refusal and its words at the time.
    """

    tenant_columns = ("council_id", "supplier_id")
    machine = ARRIVAL

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, null=True, related_name="+"
    )
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    size_bytes = models.PositiveBigIntegerField()
    channel = models.CharField(
        max_length=10, choices=[(each.value, label) for each, label in CHANNEL_LABELS.items()]
    )
    received_at = models.DateTimeField()
    sent_by_id = models.UUIDField(null=True)
    sent_by_name = models.CharField(max_length=200, blank=True)
    status = models.CharField(
        max_length=10,
        choices=[(each.value, label) for each, label in ARRIVAL_STATUS_LABELS.items()],
        default=ArrivalStatus.WAITS.value,
    )
    read_at = models.DateTimeField(null=True)
    refusal_code = models.CharField(max_length=60, blank=True)
    refusal_detail = models.TextField(blank=True)

    objects = TenantQuerySet["Arrival"].as_manager()

    class Meta:
        verbose_name = _("file that arrived")
        constraints = [
            models.CheckConstraint(
                name="arrival_status_known",
                condition=Q(status__in=[each.value for each in ArrivalStatus]),
            ),
            models.CheckConstraint(
                name="arrival_channel_known",
                condition=Q(channel__in=[each.value for each in Channel]),
            ),
            models.CheckConstraint(
                name="arrival_two_sides",
                condition=Q(supplier__isnull=True) | ~Q(council=models.F("supplier")),
            ),
            models.CheckConstraint(
                name="arrival_read_has_instant",
                condition=Q(status=ArrivalStatus.WAITS.value) | Q(read_at__isnull=False),
            ),
            models.CheckConstraint(
                name="arrival_refused_has_reason",
                condition=~Q(status=ArrivalStatus.REFUSED.value)
                | (~Q(refusal_code="") & ~Q(refusal_detail="")),
            ),
        ]
        indexes = [
            models.Index(fields=["council", "-id"], name="arrival_by_council"),
            models.Index(
                fields=["supplier", "-id"],
                condition=Q(supplier__isnull=False),
                name="arrival_by_supplier",
            ),
        ]

    @property
    def reference(self) -> str:
        """What people know it by."""
        return self.name

    @property
    def is_waiting(self) -> bool:
        """Tell whether it has yet to be read."""
        return self.status == ArrivalStatus.WAITS

    @property
    def is_refused(self) -> bool:
        """Tell whether it could not be taken in."""
        return self.status == ArrivalStatus.REFUSED
