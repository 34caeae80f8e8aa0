"""How far a council lets an invoice be from its order without asking anybody."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, TenantQuerySet

# As invoicing.matching.tolerances has them, and says why.
MOST_PERCENT, MOST_POUNDS = Decimal(10), Decimal(100)
_PERCENTS = ("price_percent", "ordered_percent", "received_percent", "line_percent")
_FIGURES = (*_PERCENTS, "price_amount", "ordered_quantity", "received_quantity", "line_amount")


def _percent() -> models.DecimalField[Decimal | None, Decimal | None]:
    return models.DecimalField(max_digits=4, decimal_places=2, null=True)


def _within_reason() -> Q:
    """Return that no figure is below nought, and no percentage beyond what any council may set."""
    condition = Q(charges_amount__gte=0, charges_amount__lte=MOST_POUNDS)
    for name in _FIGURES:
        # NULL is not tested. Written out, since a comparison with it would be neither true nor not.
        known = Q(**{f"{name}__gte": 0})
        if name in _PERCENTS:
            known &= Q(**{f"{name}__lte": MOST_PERCENT})
        condition &= Q(**{f"{name}__isnull": True}) | known
    for part in ("price", "line"):
        condition &= (
            Q(**{f"{part}_amount__isnull": True})
            | Q(**{f"{part}_percent__isnull": False})
            | Q(**{f"{part}_amount__lte": MOST_POUNDS})
        )
    return condition


class AllowedDifferences(Row):
    """What one council allows; without a row, nothing at all.

    NULL is not tested, nought is exact: the two are never one number. `invoicing.matching.
    tolerances` says what each figure does, and which may be left out.
    Units: percentages of what was agreed; amounts in GBP without VAT; quantities in the order
    line's unit.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    price_percent = _percent()
    price_amount = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    ordered_percent = _percent()
    ordered_quantity = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    received_percent = _percent()
    received_quantity = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    line_percent = _percent()
    line_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    charges_amount = models.DecimalField(max_digits=12, decimal_places=2)
    needs_receipt = models.BooleanField()
    version = models.PositiveIntegerField(default=0)
    set_at = models.DateTimeField()
    set_by_id = models.UUIDField()
    set_by_name = models.CharField(max_length=200)

    objects = TenantQuerySet["AllowedDifferences"].as_manager()

    class Meta:
        verbose_name = _("allowed differences")
        constraints = [
            models.UniqueConstraint(fields=["council"], name="alloweddifferences_once_a_council"),
            models.CheckConstraint(
                name="alloweddifferences_within_reason", condition=_within_reason()
            ),
            models.CheckConstraint(
                name="alloweddifferences_keep_to_the_order",
                condition=Q(ordered_percent__isnull=False)
                & (Q(line_percent__isnull=False) | Q(line_amount__isnull=False))
                & (Q(needs_receipt=False) | Q(received_percent__isnull=False)),
            ),
        ]
