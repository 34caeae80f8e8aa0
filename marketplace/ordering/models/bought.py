"""What a line of a requisition and of an order have in common: a thing as it was offered."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row
from marketplace.core.units import unit_name
from marketplace.core.vat import VatCategory

VAT_LABELS = {
    VatCategory.STANDARD: _("Standard rate"),
    VatCategory.REDUCED: _("Reduced rate"),
    VatCategory.ZERO: _("Zero rate"),
    VatCategory.EXEMPT: _("Exempt"),
}


class BoughtLine(Row):
    """A copy of a listing as it was, and how much of it.

    It is a copy and not a reference, because what was approved and ordered must not change when
    the supplier changes the listing. Units: `unit_price` in GBP without VAT for one `unit` (a
    Rec 20 code), to six places; `net_amount` is price times quantity, rounded once.
    """

    line_number = models.PositiveIntegerField()
    listing_id = models.UUIDField()
    listing_version = models.PositiveIntegerField()
    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    part_number = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=8, blank=True)
    unit = models.CharField(max_length=3)
    pack_size = models.PositiveIntegerField(default=1)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    unit_price = models.DecimalField(max_digits=14, decimal_places=6)
    vat_category = models.CharField(
        max_length=10, choices=[(each.value, label) for each, label in VAT_LABELS.items()]
    )
    vat_rate_percent = models.DecimalField(max_digits=5, decimal_places=2)
    net_amount = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        abstract = True

    @property
    def unit_label(self) -> str:
        """The unit as people say it."""
        return unit_name(self.unit)


def line_constraints(noun: str) -> list[models.BaseConstraint]:
    """Return what must hold for every line that is a copy of a listing."""
    return [
        models.CheckConstraint(name=f"{noun}_quantity_positive", condition=Q(quantity__gt=0)),
        models.CheckConstraint(
            name=f"{noun}_price_not_negative", condition=Q(unit_price__gte=Decimal(0))
        ),
        models.CheckConstraint(
            name=f"{noun}_net_is_price_times_quantity",
            condition=Q(net_amount=Round(F("quantity") * F("unit_price"), 2)),
        ),
        models.CheckConstraint(
            name=f"{noun}_vat_known",
            condition=Q(vat_category__in=[each.value for each in VatCategory]),
        ),
    ]
