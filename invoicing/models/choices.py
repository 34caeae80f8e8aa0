"""What a person said that an invoice means, where the document does not say it plainly."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invoicing.models.invoices import Invoice, InvoiceLine
from marketplace.core.models import Row, TenantQuerySet
from marketplace.ordering.models import Order, OrderLine


class Choice(Row):
    """Somebody said which order an invoice is for, or which line of it a line means.

    Only ever added: the latest about a line, or about the whole (no line), is what counts. One
    that names nothing takes the earlier ones back, so that the document speaks for itself again.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="choices")
    invoice_line = models.ForeignKey(InvoiceLine, models.PROTECT, null=True, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="+")
    order_line = models.ForeignKey(OrderLine, models.PROTECT, null=True, related_name="+")
    is_on_no_line = models.BooleanField(default=False)
    at = models.DateTimeField()
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=200)

    objects = TenantQuerySet["Choice"].as_manager()

    class Meta:
        verbose_name = _("choice")
        constraints = [
            models.CheckConstraint(
                name="choice_says_one_thing",
                condition=Q(invoice_line__isnull=True, order_line__isnull=True, is_on_no_line=False)
                | Q(invoice_line__isnull=False, order__isnull=True, order_line__isnull=True)
                | Q(invoice_line__isnull=False, order__isnull=True, is_on_no_line=False),
            ),
        ]
        indexes = [models.Index(fields=["invoice", "-id"], name="choice_by_invoice")]
