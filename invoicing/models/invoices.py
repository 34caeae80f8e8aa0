"""Invoices and credit notes, as their supplier wrote them and as they stand with us."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from invoicing.models.arrivals import Arrival
from invoicing.states import INVOICE, InvoiceKind, InvoiceStatus
from marketplace.core.models import Row, Stateful, TenantQuerySet
from marketplace.core.unit_labels import unit_label
from marketplace.documents.models import Document
from marketplace.ordering.models import Order

NOUGHT = Decimal("0.00")

INVOICE_KIND_LABELS = {
    InvoiceKind.INVOICE: _("Invoice"),
    InvoiceKind.CREDIT_NOTE: _("Credit note"),
}
INVOICE_STATUS_LABELS = {
    InvoiceStatus.HELD: _("Held"),
    InvoiceStatus.MATCHED: _("Agrees, waiting for approval"),
    InvoiceStatus.APPROVED: _("Approved for payment"),
    InvoiceStatus.PAID: _("Paid"),
    InvoiceStatus.SETTLED: _("Settled, nothing to pay"),
    InvoiceStatus.SENT_BACK: _("Sent back"),
    InvoiceStatus.REPEAT: _("Sent before"),
}
_PASSED = [
    InvoiceStatus.APPROVED.value, InvoiceStatus.PAID.value, InvoiceStatus.SETTLED.value,
]  # fmt: skip


class Invoice(Row, Stateful):
    """What a supplier asks for, or gives back; what the document says is never changed.

    `supplier` and `order` are whom and what the document was recognised to speak of, None where
    nobody could tell. `received_at` is when it came: the thirty days begin with it. The number as
    `number_key` and `look_key`, and what is asked for as `asks_key`, are what
    invoicing.matching.duplicates compares. `ordered_by_id` is whoever raised the
    requisition of the order; the database keeps it beside the order.
    Units: amounts as the document states them, in `currency`, above nought for a credit note too.
    `payable_amount` is what is still asked for (BT-115). `charges_amount` is everything
    that it adds beyond its lines (BT-99), before what it takes off (BT-92).
    Source: EN 16931-1 BT-1, 2, 3, 5, 9, 13, 25, 109, 110, 112, 115; Procurement Act 2023 s.68.
    """

    tenant_columns = ("council_id", "supplier_id")
    machine = INVOICE

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, null=True, related_name="+"
    )
    arrival = models.OneToOneField(Arrival, models.PROTECT, related_name="invoice")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="invoices")
    credits = models.ForeignKey("self", models.PROTECT, null=True, related_name="credit_notes")
    repeats = models.ForeignKey("self", models.PROTECT, null=True, related_name="repeated_by")
    sha256 = models.CharField(max_length=64)
    syntax = models.CharField(max_length=20)
    profile = models.CharField(max_length=200, blank=True)
    rules_version = models.CharField(max_length=60, blank=True)
    kind = models.CharField(
        max_length=12, choices=[(each.value, label) for each, label in INVOICE_KIND_LABELS.items()]
    )
    status = models.CharField(
        max_length=10,
        choices=[(each.value, label) for each, label in INVOICE_STATUS_LABELS.items()],
        default=InvoiceStatus.HELD.value,
    )
    number = models.CharField(max_length=200)
    number_key = models.CharField(max_length=200)
    look_key = models.CharField(max_length=200)
    asks_key = models.CharField(max_length=64, blank=True)
    issued_on = models.DateField()
    due_on = models.DateField(null=True)
    received_at = models.DateTimeField()
    pay_by_on = models.DateField()
    currency = models.CharField(max_length=3)
    net_amount = models.DecimalField(max_digits=14, decimal_places=2)
    vat_amount = models.DecimalField(max_digits=14, decimal_places=2)
    gross_amount = models.DecimalField(max_digits=14, decimal_places=2)
    payable_amount = models.DecimalField(max_digits=14, decimal_places=2)
    charges_amount = models.DecimalField(max_digits=14, decimal_places=2, default=NOUGHT)
    seller_name = models.CharField(max_length=300, blank=True)
    seller_vat_number = models.CharField(max_length=40, blank=True)
    buyer_name = models.CharField(max_length=300, blank=True)
    order_reference = models.CharField(max_length=200, blank=True)
    credited_reference = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    matched_at = models.DateTimeField(null=True)
    told_supplier_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    ordered_by_id = models.UUIDField(null=True, editable=False)
    approved_by_id = models.UUIDField(null=True)
    approved_by_name = models.CharField(max_length=200, blank=True)
    sent_back_at = models.DateTimeField(null=True)
    sent_back_by_id = models.UUIDField(null=True)
    sent_back_by_name = models.CharField(max_length=200, blank=True)
    sent_back_reason = models.TextField(blank=True)
    paid_on = models.DateField(null=True)

    objects = TenantQuerySet["Invoice"].as_manager()

    class Meta:
        verbose_name = _("invoice")
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "council",
                    "supplier",
                    "kind",
                    "number_key",
                    "issued_on",
                    "gross_amount",
                    "asks_key",
                ],
                condition=~Q(status__in=["REPEAT", "SENT_BACK"]) & Q(supplier__isnull=False),
                name="invoice_asked_once",
            ),
            models.CheckConstraint(
                name="invoice_status_known",
                condition=Q(status__in=[each.value for each in InvoiceStatus]),
            ),
            models.CheckConstraint(
                name="invoice_kind_known",
                condition=Q(kind__in=[each.value for each in InvoiceKind]),
            ),
            models.CheckConstraint(
                name="invoice_two_sides",
                condition=Q(supplier__isnull=True) | ~Q(council=F("supplier")),
            ),
            models.CheckConstraint(name="invoice_has_number", condition=~Q(number="")),
            models.CheckConstraint(
                name="invoice_order_has_supplier",
                condition=Q(order__isnull=True) | Q(supplier__isnull=False),
            ),
            models.CheckConstraint(
                name="invoice_approved_has_approver",
                condition=~Q(status__in=_PASSED)
                | Q(
                    approved_at__isnull=False,
                    approved_by_id__isnull=False,
                    supplier__isnull=False,
                    currency="GBP",
                ),
            ),
            models.CheckConstraint(
                name="invoice_four_eyes",
                condition=Q(approved_by_id__isnull=True)
                | Q(ordered_by_id__isnull=True)
                | ~Q(approved_by_id=F("ordered_by_id")),
            ),
            models.CheckConstraint(
                name="invoice_sent_back_has_reason",
                condition=~Q(status=InvoiceStatus.SENT_BACK.value)
                | (Q(sent_back_at__isnull=False) & ~Q(sent_back_reason="")),
            ),
            models.CheckConstraint(
                name="invoice_repeat_has_first",
                condition=~Q(status=InvoiceStatus.REPEAT.value) | Q(repeats__isnull=False),
            ),
            models.CheckConstraint(
                name="invoice_paid_has_day",
                condition=~Q(status=InvoiceStatus.PAID.value) | Q(paid_on__isnull=False),
            ),
            models.CheckConstraint(
                name="invoice_settled_asks_nothing",
                condition=Q(status=InvoiceStatus.SETTLED.value, payable_amount=0)
                | ~Q(status__in=_PASSED)
                | (~Q(status=InvoiceStatus.SETTLED.value) & Q(payable_amount__gt=0)),
            ),
        ]
        indexes = [
            models.Index(fields=["council", "-id"], name="invoice_by_council"),
            models.Index(fields=["council", "status", "-id"], name="invoice_by_status"),
            models.Index(fields=["council", "supplier", "number_key"], name="invoice_by_number"),
            models.Index(
                fields=["council", "supplier", "gross_amount"], name="invoice_by_gross_amount"
            ),
            models.Index(
                fields=["supplier", "-id"],
                condition=Q(supplier__isnull=False),
                name="invoice_by_supplier",
            ),
            models.Index(
                fields=["order"], condition=Q(order__isnull=False), name="invoice_by_order"
            ),
            # Whoever sends one in is asked whether the same bytes came before.
            models.Index(fields=["council", "sha256"], name="invoice_by_bytes"),
        ]

    @property
    def reference(self) -> str:
        """What people know it by."""
        return self.number

    @property
    def is_credit_note(self) -> bool:
        """Whether it gives money back."""
        return self.kind == InvoiceKind.CREDIT_NOTE

    @property
    def signed_amount(self) -> Decimal:
        """Return what it adds to what is owed, below nought for a credit note."""
        amount: Decimal = self.payable_amount
        return -amount if self.is_credit_note else amount

    @property
    def was_sent_back(self) -> bool:
        """Tell whether the council wants another one in its place."""
        return self.status == InvoiceStatus.SENT_BACK

    @property
    def is_repeat(self) -> bool:
        """Tell whether it is a copy of one that came before."""
        return self.status == InvoiceStatus.REPEAT

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing of it is left to pay."""
        return self.status == InvoiceStatus.SETTLED

    @property
    def is_held(self) -> bool:
        """Tell whether something stops it."""
        return self.status == InvoiceStatus.HELD


class InvoiceLine(Row):
    """One line as the supplier wrote it; added with its invoice and never changed.

    `unit_price` is for one `unit`, with the base quantity (BT-149) taken out.
    Units: the document's currency, net. Source: EN 16931-1 BG-25.
    """

    tenant_columns = ("council_id", "supplier_id")

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, null=True, related_name="+"
    )
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    place = models.PositiveIntegerField()
    number = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=500, blank=True)
    part_number = models.CharField(max_length=100, blank=True)
    gtin = models.CharField(max_length=100, blank=True)
    order_line_reference = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit_price = models.DecimalField(max_digits=20, decimal_places=8)
    net_amount = models.DecimalField(max_digits=14, decimal_places=2)
    vat_category = models.CharField(max_length=6, blank=True)
    vat_rate_percent = models.DecimalField(max_digits=6, decimal_places=3)

    objects = TenantQuerySet["InvoiceLine"].as_manager()

    class Meta:
        verbose_name = _("invoice line")
        constraints = [
            models.UniqueConstraint(fields=["invoice", "place"], name="invoiceline_one_a_place"),
        ]

    @property
    def unit_label(self) -> str:
        """The unit as people say it, or as it was written where nobody does."""
        return unit_label(self.unit)


class InvoiceTax(Row):
    """VAT at one rate as the supplier stated it; never reckoned anew. Source: EN 16931-1 BG-23."""

    tenant_columns = ("council_id", "supplier_id")

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, null=True, related_name="+"
    )
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="taxes")
    place = models.PositiveIntegerField()
    category = models.CharField(max_length=6, blank=True)
    rate_percent = models.DecimalField(max_digits=6, decimal_places=3, null=True)
    taxable_amount = models.DecimalField(max_digits=14, decimal_places=2)
    tax_amount = models.DecimalField(max_digits=14, decimal_places=2)

    objects = TenantQuerySet["InvoiceTax"].as_manager()

    class Meta:
        verbose_name = _("VAT of an invoice")
        constraints = [
            models.UniqueConstraint(fields=["invoice", "place"], name="invoicetax_one_a_place"),
        ]
