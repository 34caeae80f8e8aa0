"""What of an order an invoice bills, and what was found in comparing the two."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invoicing.models.invoices import Invoice, InvoiceLine
from invoicing.states import Closed, Severity, Source
from marketplace.core.models import Row, TenantQuerySet
from marketplace.ordering.models import OrderLine

SEVERITY_LABELS = {
    Severity.BLOCK: _("Cannot be paid"),
    Severity.HOLD: _("Held"),
    Severity.NOTE: _("Note"),
}
CLOSED_LABELS = {Closed.RELEASED: _("Let through"), Closed.GONE: _("Settled by itself")}


class Allocation(Row):
    """So much of a line of an order is billed by a line of an invoice; added and never changed.

    Taken back, it gets a second row that is equal and opposite. `OrderLine.billed_quantity` is
    their sum, kept by the database. `worth_amount` is what the quantity comes to at the order's
    price; those of one invoice and one line together are rounded once.
    Units: `quantity` in the order line's unit, amounts in GBP, net; below nought where they take
    back (a credit note, or a row that undoes another).
    """

    tenant_columns = ("council_id", "supplier_id")

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations")
    invoice_line = models.ForeignKey(InvoiceLine, models.PROTECT, related_name="allocations")
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="allocations")
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="undone_by")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    worth_amount = models.DecimalField(max_digits=14, decimal_places=2)
    how = models.CharField(max_length=12)
    at = models.DateTimeField()

    objects = TenantQuerySet["Allocation"].as_manager()

    class Meta:
        verbose_name = _("allocation")
        constraints = [
            models.CheckConstraint(
                name="allocation_is_something", condition=~Q(quantity=0, amount=0)
            ),
        ]
        indexes = [models.Index(fields=["order_line", "invoice"], name="allocation_by_order_line")]


class Finding(Row):
    """One thing that was found in an invoice; what keeps it from being paid is a hold.

    What was found is never changed; how it ended is said once. `facts_key` makes it this finding
    and no other: what a person let through is not raised again for the same facts, and is for new
    ones. `owner` is the role whose task it is; `agreed` and `asked` are the figures that differ.
    `told_at` is when the supplier was told of it.
    """

    tenant_columns = ("council_id", "supplier_id")

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, null=True, related_name="+"
    )
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="findings")
    source = models.CharField(max_length=10)
    code = models.CharField(max_length=60)
    severity = models.CharField(
        max_length=6, choices=[(each.value, label) for each, label in SEVERITY_LABELS.items()]
    )
    place = models.PositiveIntegerField(null=True)
    where = models.CharField(max_length=300, blank=True)
    order_line = models.ForeignKey(OrderLine, models.PROTECT, null=True, related_name="+")
    agreed = models.CharField(max_length=200, blank=True)
    asked = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    text = models.TextField(blank=True)
    other = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="+")
    facts_key = models.CharField(max_length=64)
    owner = models.CharField(max_length=20)
    raised_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    closed = models.CharField(
        max_length=10,
        blank=True,
        choices=[(each.value, label) for each, label in CLOSED_LABELS.items()],
    )
    closed_at = models.DateTimeField(null=True)
    closed_by_id = models.UUIDField(null=True)
    closed_by_name = models.CharField(max_length=200, blank=True)
    closed_reason = models.TextField(blank=True)

    objects = TenantQuerySet["Finding"].as_manager()

    class Meta:
        verbose_name = _("finding")
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "facts_key"],
                condition=~Q(closed=Closed.GONE.value),
                name="finding_raised_once",
            ),
            models.CheckConstraint(
                name="finding_severity_known",
                condition=Q(severity__in=[each.value for each in Severity]),
            ),
            models.CheckConstraint(
                name="finding_source_known",
                condition=Q(source__in=[each.value for each in Source]),
            ),
            models.CheckConstraint(
                name="finding_closed_known",
                condition=Q(closed__in=["", *(each.value for each in Closed)]),
            ),
            models.CheckConstraint(
                name="finding_closed_has_instant",
                condition=Q(closed="", closed_at__isnull=True)
                | (~Q(closed="") & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="finding_released_has_reason",
                condition=~Q(closed=Closed.RELEASED.value)
                | (Q(closed_by_id__isnull=False) & ~Q(closed_reason="")),
            ),
            models.CheckConstraint(
                name="finding_block_is_never_released",
                condition=~Q(closed=Closed.RELEASED.value, severity=Severity.BLOCK.value),
            ),
        ]
        indexes = [
            models.Index(
                fields=["council", "owner", "invoice"],
                condition=Q(closed="", severity=Severity.HOLD.value),
                name="finding_open_by_owner",
            ),
        ]
