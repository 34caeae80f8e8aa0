"""Requisitions: what somebody asks to have bought; a draft of one is their basket."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, Stateful, TenantQuerySet
from marketplace.ledger.models import Account, CostCentre
from marketplace.ledger.models.coding import CODE
from marketplace.ordering.models.bought import BoughtLine, line_constraints
from marketplace.ordering.models.words import words_of
from marketplace.ordering.states import REQUISITION, RequisitionStatus

NOUGHT = Decimal("0.00")

REQUISITION_STATUS_LABELS = {
    RequisitionStatus.DRAFT: _("Basket"),
    RequisitionStatus.SUBMITTED: _("Waiting for approval"),
    RequisitionStatus.APPROVED: _("Approved"),
    RequisitionStatus.ORDERED: _("Ordered"),
    RequisitionStatus.REJECTED: _("Turned down"),
    RequisitionStatus.WITHDRAWN: _("Taken back"),
}
_NUMBERED = (
    Q(status=RequisitionStatus.DRAFT.value)
    | Q(status=RequisitionStatus.WITHDRAWN.value)
    | ~Q(number="")
)
_APPROVED = [RequisitionStatus.APPROVED.value, RequisitionStatus.ORDERED.value]


class DeliveryPoint(Row):
    """A door that a council has goods brought to."""

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    address = models.TextField()
    instructions = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    objects = TenantQuerySet["DeliveryPoint"].as_manager()

    class Meta:
        verbose_name = _("delivery point")
        constraints = [
            models.UniqueConstraint(fields=["council", "code"], name="deliverypoint_one_a_code"),
            models.CheckConstraint(
                name="deliverypoint_code_is_plain", condition=Q(code__regex=CODE)
            ),
            models.CheckConstraint(name="deliverypoint_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(name="deliverypoint_has_an_address", condition=~Q(address="")),
        ]

    @property
    def reference(self) -> str:
        return self.code


class Requisition(Row, Stateful):
    """What somebody asks to have bought, from one supplier or several.

    People are kept by key and name, since the paper outlives their membership. `…_by_id` is the
    person. Units: amounts in GBP; `gross_amount` is reckoned by the database.
    """

    tenant_columns = ("council_id",)
    machine = REQUISITION

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    number = models.CharField(max_length=30, blank=True)
    title = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    deliver_to = models.TextField(blank=True)
    needed_by_on = models.DateField(null=True)
    status = models.CharField(
        max_length=12,
        choices=[(each.value, label) for each, label in REQUISITION_STATUS_LABELS.items()],
        default=RequisitionStatus.DRAFT.value,
    )
    raised_by_id = models.UUIDField()
    raised_by_membership_id = models.UUIDField()
    raised_by_name = models.CharField(max_length=200)
    raised_by_email = models.EmailField()
    net_amount = models.DecimalField(max_digits=14, decimal_places=2, default=NOUGHT)
    vat_amount = models.DecimalField(max_digits=14, decimal_places=2, default=NOUGHT)
    gross_amount = models.GeneratedField(
        expression=F("net_amount") + F("vat_amount"),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
    )
    content_hash = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    approved_by_id = models.UUIDField(null=True)
    approved_by_name = models.CharField(max_length=200, blank=True)
    approved_at = models.DateTimeField(null=True)
    rejected_by_id = models.UUIDField(null=True)
    rejected_by_name = models.CharField(max_length=200, blank=True)
    rejected_at = models.DateTimeField(null=True)
    rejection_reason = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    words = words_of("title", "raised_by_name")

    objects = TenantQuerySet["Requisition"].as_manager()

    class Meta:
        verbose_name = _("requisition")
        constraints = [
            models.UniqueConstraint(
                fields=["council", "raised_by_id"],
                condition=Q(status=RequisitionStatus.DRAFT.value),
                name="requisition_one_basket_a_person",
            ),
            models.UniqueConstraint(
                fields=["council", "number"],
                condition=~Q(number=""),
                name="requisition_number_once",
            ),
            models.CheckConstraint(
                name="requisition_status_known",
                condition=Q(status__in=[each.value for each in RequisitionStatus]),
            ),
            models.CheckConstraint(name="requisition_submitted_has_number", condition=_NUMBERED),
            models.CheckConstraint(
                name="requisition_submitted_has_content",
                condition=Q(number="")
                | (Q(submitted_at__isnull=False) & ~Q(content_hash="") & ~Q(title="")),
            ),
            models.CheckConstraint(
                name="requisition_approved_has_approver",
                condition=~Q(status__in=_APPROVED)
                | Q(approved_by_id__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="requisition_four_eyes",
                condition=Q(approved_by_id__isnull=True) | ~Q(approved_by_id=F("raised_by_id")),
            ),
            models.CheckConstraint(
                name="requisition_rejected_has_reason",
                condition=~Q(status=RequisitionStatus.REJECTED.value)
                | (
                    Q(rejected_by_id__isnull=False, rejected_at__isnull=False)
                    & ~Q(rejection_reason="")
                ),
            ),
            models.CheckConstraint(
                name="requisition_totals_not_negative",
                condition=Q(net_amount__gte=0, vat_amount__gte=0),
            ),
        ]
        indexes = [
            models.Index(fields=["council", "-id"], name="requisition_by_council"),
            models.Index(fields=["council", "raised_by_id", "-id"], name="requisition_by_person"),
            models.Index(fields=["council", "status", "-id"], name="requisition_by_status"),
            GinIndex(fields=["words"], opclasses=["gin_trgm_ops"], name="requisition_by_words"),
        ]

    @property
    def reference(self) -> str:
        """What people know it by; a basket has no number yet."""
        return self.number

    @property
    def is_basket(self) -> bool:
        """Tell whether its lines can still be changed."""
        return self.status == RequisitionStatus.DRAFT


class RequisitionLine(BoughtLine):
    """One thing that is asked for, and what its cost is coded to."""

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    requisition = models.ForeignKey(Requisition, models.CASCADE, related_name="lines")
    cost_centre = models.ForeignKey(CostCentre, models.PROTECT, null=True, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    objects = TenantQuerySet["RequisitionLine"].as_manager()

    class Meta:
        verbose_name = _("line")
        constraints = [
            *line_constraints("requisitionline"),
            models.UniqueConstraint(
                fields=["requisition", "line_number"], name="requisitionline_one_a_place"
            ),
            models.UniqueConstraint(
                fields=["requisition", "listing_id"], name="requisitionline_listing_once"
            ),
        ]
        indexes = [models.Index(fields=["council", "id"], name="requisitionline_by_council")]
