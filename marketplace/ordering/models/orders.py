"""Orders: what one supplier is asked to deliver, and what they answered."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, Stateful, TenantQuerySet
from marketplace.documents.models import Document
from marketplace.ledger.models import Account, CostCentre
from marketplace.ordering.models.bought import BoughtLine, line_constraints
from marketplace.ordering.models.requisitions import Requisition, RequisitionLine
from marketplace.ordering.models.words import words_of
from marketplace.ordering.states import ORDER, RECEIVABLE, Answer, Channel, OrderStatus

NOUGHT = Decimal("0.00")

ORDER_STATUS_LABELS = {
    OrderStatus.RAISED: _("Being sent"),
    OrderStatus.SENT: _("Sent"),
    OrderStatus.ACKNOWLEDGED: _("Accepted"),
    OrderStatus.PARTLY_REFUSED: _("Partly refused"),
    OrderStatus.REFUSED: _("Refused"),
    OrderStatus.CANCELLED: _("Cancelled"),
}
ANSWER_LABELS = {
    Answer.WAITS: _("No answer yet"),
    Answer.ACCEPTED: _("Accepted"),
    Answer.LATER: _("Accepted for a later day"),
    Answer.REFUSED: _("Refused"),
}
CHANNEL_LABELS = {Channel.PORTAL: _("Supplier’s pages"), Channel.EMAIL: _("Email")}
_ANSWERED = [
    OrderStatus.ACKNOWLEDGED.value,
    OrderStatus.PARTLY_REFUSED.value,
    OrderStatus.REFUSED.value,
]
# A line of which something may still come, as long as its order is one of which anything may.
TO_COME = ~Q(answer=Answer.REFUSED.value) & Q(
    quantity__gt=F("received_quantity") + F("cancelled_quantity")
)
# A line of which something is promised for a later day, and has not come yet.
COMES_LATER = Q(answer=Answer.LATER.value) & Q(
    quantity__gt=F("received_quantity") + F("cancelled_quantity")
)


class Order(Row, Stateful):
    """A council's order to one supplier. The supplier sees it once it has been sent.

    It holds nothing that the supplier should not read: why it was wanted and who approved it stand
    on the requisition. Units: amounts in GBP; `gross_amount` is reckoned by the database.
    """

    tenant_columns = ("council_id", "supplier_id")
    machine = ORDER

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    requisition = models.ForeignKey(Requisition, models.PROTECT, related_name="orders")
    number = models.CharField(max_length=30)
    financial_year = models.PositiveSmallIntegerField()
    status = models.CharField(
        max_length=16,
        choices=[(each.value, label) for each, label in ORDER_STATUS_LABELS.items()],
        default=OrderStatus.RAISED.value,
    )
    deliver_to = models.TextField()
    needed_by_on = models.DateField(null=True)
    contact_id = models.UUIDField()
    contact_name = models.CharField(max_length=200)
    contact_email = models.EmailField()
    net_amount = models.DecimalField(max_digits=14, decimal_places=2)
    vat_amount = models.DecimalField(max_digits=14, decimal_places=2)
    gross_amount = models.GeneratedField(
        expression=F("net_amount") + F("vat_amount"),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
    )
    version = models.PositiveIntegerField(default=1)
    raised_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    pdf = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    ubl = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by_name = models.CharField(max_length=200, blank=True)
    answer_note = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by_id = models.UUIDField(null=True)
    cancelled_by_name = models.CharField(max_length=200, blank=True)
    cancellation_reason = models.TextField(blank=True)
    words = words_of("contact_name")

    objects = TenantQuerySet["Order"].as_manager()

    class Meta:
        verbose_name = _("order")
        constraints = [
            models.UniqueConstraint(fields=["council", "number"], name="order_number_once"),
            models.UniqueConstraint(
                fields=["requisition", "supplier"], name="order_one_a_supplier"
            ),
            models.CheckConstraint(name="order_has_number", condition=~Q(number="")),
            models.CheckConstraint(
                name="order_status_known",
                condition=Q(status__in=[each.value for each in OrderStatus]),
            ),
            models.CheckConstraint(name="order_two_sides", condition=~Q(council=F("supplier"))),
            models.CheckConstraint(
                name="order_sent_has_papers",
                condition=Q(status__in=[OrderStatus.RAISED.value, OrderStatus.CANCELLED.value])
                | Q(sent_at__isnull=False, pdf__isnull=False, ubl__isnull=False),
            ),
            models.CheckConstraint(
                name="order_raised_is_unsent",
                condition=~Q(status=OrderStatus.RAISED.value) | Q(sent_at__isnull=True),
            ),
            models.CheckConstraint(
                name="order_answered_has_instant",
                condition=~Q(status__in=_ANSWERED) | Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="order_cancelled_has_reason",
                condition=~Q(status=OrderStatus.CANCELLED.value)
                | (Q(cancelled_at__isnull=False) & ~Q(cancellation_reason="")),
            ),
            models.CheckConstraint(
                name="order_totals_not_negative",
                condition=Q(net_amount__gte=0, vat_amount__gte=0),
            ),
        ]
        indexes = [
            models.Index(fields=["council", "-id"], name="order_by_council"),
            models.Index(fields=["council", "status", "-id"], name="order_by_status"),
            GinIndex(fields=["words"], opclasses=["gin_trgm_ops"], name="order_by_words"),
            models.Index(
                fields=["supplier", "-id"],
                condition=Q(sent_at__isnull=False),
                name="order_by_supplier",
            ),
        ]

    @property
    def reference(self) -> str:
        """What people know it by."""
        return self.number

    @property
    def is_cancelled(self) -> bool:
        """Tell whether the council called it off."""
        return self.status == OrderStatus.CANCELLED

    @property
    def is_unanswered(self) -> bool:
        """Tell whether the supplier has yet to answer."""
        return self.status == OrderStatus.SENT

    @property
    def is_accepted(self) -> bool:
        """Tell whether the supplier took all of it."""
        return self.status == OrderStatus.ACKNOWLEDGED

    @property
    def may_be_billed(self) -> bool:
        """Tell whether the supplier may ask for money for it."""
        return self.status in RECEIVABLE


class OrderLine(BoughtLine):
    """One thing that is ordered, what the supplier said to it, and how far it has come.

    `received_quantity` is the sum of its lines on receipts, less what went back: the database keeps
    it and lets nobody else. `cancelled_quantity` is what will not come any more.
    `billed_quantity` is kept by invoices, net of what was credited.
    """

    tenant_columns = ("council_id", "supplier_id")

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    requisition_line = models.OneToOneField(
        RequisitionLine, models.PROTECT, related_name="order_line"
    )
    cost_centre = models.ForeignKey(CostCentre, models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    answer = models.CharField(
        max_length=10,
        choices=[(each.value, label) for each, label in ANSWER_LABELS.items()],
        default=Answer.WAITS.value,
    )
    promised_on = models.DateField(null=True)
    refusal_reason = models.CharField(max_length=500, blank=True)
    received_quantity = models.DecimalField(max_digits=12, decimal_places=3, default=Decimal(0))
    cancelled_quantity = models.DecimalField(max_digits=12, decimal_places=3, default=Decimal(0))
    billed_quantity = models.DecimalField(max_digits=12, decimal_places=3, default=Decimal(0))

    objects = TenantQuerySet["OrderLine"].as_manager()

    class Meta:
        verbose_name = _("order line")
        constraints = [
            *line_constraints("orderline"),
            models.UniqueConstraint(fields=["order", "line_number"], name="orderline_one_a_place"),
            models.CheckConstraint(
                name="orderline_answer_known",
                condition=Q(answer__in=[each.value for each in Answer]),
            ),
            models.CheckConstraint(
                name="orderline_later_has_day",
                condition=~Q(answer=Answer.LATER.value) | Q(promised_on__isnull=False),
            ),
            models.CheckConstraint(
                name="orderline_refused_has_reason",
                condition=~Q(answer=Answer.REFUSED.value) | ~Q(refusal_reason=""),
            ),
            models.CheckConstraint(
                name="orderline_progress_not_negative",
                condition=Q(
                    received_quantity__gte=0, billed_quantity__gte=0, cancelled_quantity__gte=0
                ),
            ),
            models.CheckConstraint(
                name="orderline_not_beyond_ordered",
                condition=Q(quantity__gte=F("received_quantity") + F("cancelled_quantity")),
            ),
            models.CheckConstraint(
                name="orderline_refused_has_not_come",
                condition=~Q(answer=Answer.REFUSED.value) | Q(received_quantity=0),
            ),
        ]
        indexes = [
            models.Index(fields=["council", "id"], name="orderline_by_council"),
            models.Index(fields=["supplier", "id"], name="orderline_by_supplier"),
            models.Index(
                fields=["council", "order"], condition=COMES_LATER, name="orderline_later"
            ),
            models.Index(fields=["council", "order"], condition=TO_COME, name="orderline_to_come"),
        ]

    @property
    def to_come_quantity(self) -> Decimal:
        """How much of it may still be received."""
        if self.answer == Answer.REFUSED:
            return Decimal(0)
        left: Decimal = self.quantity - self.cancelled_quantity - self.received_quantity
        return left

    @property
    def comes_later(self) -> bool:
        """Whether something of it is promised for a later day, and has not come yet."""
        return self.answer == Answer.LATER and self.to_come_quantity > 0


class Transmission(Row):
    """One document that was sent by one way, with its hash; added and never changed."""

    tenant_columns = ("council_id", "supplier_id")

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, related_name="transmissions")
    attempt = models.PositiveIntegerField()
    channel = models.CharField(
        max_length=10, choices=[(each.value, label) for each, label in CHANNEL_LABELS.items()]
    )
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    to = models.CharField(max_length=254, blank=True)
    sent_by_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects = TenantQuerySet["Transmission"].as_manager()

    class Meta:
        verbose_name = _("transmission")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "attempt", "channel", "document"], name="transmission_once"
            ),
            models.CheckConstraint(
                name="transmission_channel_known",
                condition=Q(channel__in=[each.value for each in Channel]),
            ),
            models.CheckConstraint(
                name="transmission_mail_has_address",
                condition=~Q(channel=Channel.EMAIL.value) | ~Q(to=""),
            ),
        ]
