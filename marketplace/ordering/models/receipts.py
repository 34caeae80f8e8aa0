"""Receipts: what came of an order, what went back, and what had been counted wrongly."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, TenantQuerySet
from marketplace.ordering.models.orders import Order, OrderLine
from marketplace.ordering.states import ReceiptKind

RECEIPT_KIND_LABELS = {
    ReceiptKind.RECEIVED: _("Received"),
    ReceiptKind.RETURNED: _("Sent back"),
    ReceiptKind.CORRECTED: _("Corrected"),
}


class Receipt(Row):
    """What one person counted on one day; added and never changed. The supplier may read it.

    `received_on` is the day on which the goods came or went, also of what is corrected.
    `delivery_note` is the supplier's own number. `is_replaced` says of goods that went back that
    others are to come for them. `net_amount` is what it changed in the books, below nought if it
    took something out of them. `lines_count` is fixed with it: the database keeps it only with so
    many lines that come to that amount.
    Units: GBP, without VAT.
    """

    tenant_columns = ("council_id", "supplier_id")

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, related_name="receipts")
    number = models.CharField(max_length=30)
    kind = models.CharField(
        max_length=10, choices=[(each.value, label) for each, label in RECEIPT_KIND_LABELS.items()]
    )
    received_on = models.DateField()
    delivery_note = models.CharField(max_length=100, blank=True)
    note = models.TextField(blank=True)
    is_replaced = models.BooleanField(default=False)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()
    lines_count = models.PositiveIntegerField()
    net_amount = models.DecimalField(max_digits=14, decimal_places=2)

    objects = TenantQuerySet["Receipt"].as_manager()

    class Meta:
        verbose_name = _("receipt")
        constraints = [
            models.UniqueConstraint(fields=["council", "number"], name="receipt_number_once"),
            models.CheckConstraint(name="receipt_has_number", condition=~Q(number="")),
            models.CheckConstraint(
                name="receipt_kind_known",
                condition=Q(kind__in=[each.value for each in ReceiptKind]),
            ),
            models.CheckConstraint(
                name="receipt_says_why",
                condition=Q(kind=ReceiptKind.RECEIVED.value) | ~Q(note=""),
            ),
            models.CheckConstraint(
                name="receipt_corrects_another",
                condition=Q(kind=ReceiptKind.CORRECTED.value, corrects__isnull=False)
                | (~Q(kind=ReceiptKind.CORRECTED.value) & Q(corrects__isnull=True)),
            ),
            models.CheckConstraint(
                name="receipt_replaced_if_returned",
                condition=Q(is_replaced=False) | Q(kind=ReceiptKind.RETURNED.value),
            ),
            models.CheckConstraint(
                name="receipt_amount_fits_kind",
                condition=(~Q(kind=ReceiptKind.RECEIVED.value) | Q(net_amount__gte=0))
                & (~Q(kind=ReceiptKind.RETURNED.value) | Q(net_amount__lte=0)),
            ),
            models.CheckConstraint(name="receipt_has_lines", condition=Q(lines_count__gte=1)),
        ]
        indexes = [
            models.Index(fields=["council", "-id"], name="receipt_by_council"),
            models.Index(fields=["council", "received_on"], name="receipt_by_day"),
            models.Index(fields=["supplier", "-id"], name="receipt_by_supplier"),
        ]

    @property
    def reference(self) -> str:
        """What people know it by."""
        return self.number


class ReceiptLine(Row):
    """How much of one line of an order came, went back or was counted wrongly; never changed.

    Units: `quantity` in the order line's unit; `amount` in GBP without VAT. Both are above nought
    for what came, below nought for what went.
    """

    tenant_columns = ("council_id", "supplier_id")

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="receipt_lines")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    objects = TenantQuerySet["ReceiptLine"].as_manager()

    class Meta:
        verbose_name = _("receipt line")
        constraints = [
            models.UniqueConstraint(
                fields=["receipt", "order_line"], name="receiptline_one_an_order_line"
            ),
            models.CheckConstraint(name="receiptline_says_how_much", condition=~Q(quantity=0)),
            models.CheckConstraint(
                name="receiptline_amount_fits_quantity",
                condition=Q(quantity__gte=0, amount__gte=0) | Q(quantity__lte=0, amount__lte=0),
            ),
        ]
