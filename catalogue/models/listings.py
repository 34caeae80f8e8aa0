"""What a supplier offers, what it used to cost, and the words that offers are made of."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from catalogue.cpv import vocabulary
from catalogue.models.categories import Category
from catalogue.states import LISTING, ListingStatus
from marketplace.core.models import Row, Stateful, TenantQuerySet
from marketplace.core.money import UnitPrice
from marketplace.core.states import Machine
from marketplace.core.unit_labels import sold_by, unit_label
from marketplace.core.vat import VatCategory

# The database works the words out itself, by one function that the migration makes, so that no
# writer can forget to; docs/decisions/0007-search-behind-one-function.md says which weighs what.
SEARCH_WORDS = Func(
    F("name"),
    F("brand"),
    F("part_number"),
    F("manufacturer_part_number"),
    F("gtin"),
    F("keywords"),
    F("description"),
    function="catalogue_words",
    output_field=SearchVectorField(),
)


class Listing(Stateful, Row):
    """One thing that one supplier offers at one price.

    Units: `unit_price` in pounds without VAT for one `unit` (a Rec 20 code), to six places;
    `pack_size` pieces in one unit; `minimum_quantity` in units; `lead_time_days` working days.
    """

    machine: ClassVar[Machine] = LISTING
    tenant_columns = ("supplier_id",)

    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    part_number = models.CharField(_("part number"), max_length=64)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    brand = models.CharField(_("brand"), max_length=100, blank=True)
    manufacturer_part_number = models.CharField(
        _("manufacturer part number"), max_length=64, blank=True
    )
    gtin = models.CharField(_("barcode number (GTIN)"), max_length=14, blank=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    unit = models.CharField(_("unit"), max_length=3)
    pack_size = models.PositiveIntegerField(_("pack size"), default=1)
    unit_price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=6)
    currency = models.CharField(max_length=3, default="GBP")
    vat_category = models.CharField(
        _("VAT"), max_length=10, choices=[(each.value, each.value) for each in VatCategory]
    )
    minimum_quantity = models.DecimalField(
        _("minimum quantity"), max_digits=12, decimal_places=3, default=Decimal(1)
    )
    lead_time_days = models.PositiveSmallIntegerField(_("delivery time"), null=True)
    keywords = models.CharField(_("keywords"), max_length=500, blank=True)
    status = models.CharField(
        max_length=10,
        choices=[(each.value, each.value) for each in ListingStatus],
        default=ListingStatus.LIVE,
    )
    version = models.PositiveIntegerField(default=1)
    content_hash = models.CharField(max_length=64)
    price_since = models.DateTimeField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    search = models.GeneratedField(
        expression=SEARCH_WORDS, output_field=SearchVectorField(), db_persist=True
    )

    objects = TenantQuerySet["Listing"].as_manager()

    class Meta:
        verbose_name = _("listing")
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "part_number"], name="listing_part_number_once"
            ),
            models.CheckConstraint(
                name="listing_status_known", condition=Q(status__in=list(ListingStatus))
            ),
            models.CheckConstraint(name="listing_price_positive", condition=Q(unit_price__gt=0)),
            models.CheckConstraint(name="listing_in_pounds", condition=Q(currency="GBP")),
            models.CheckConstraint(
                name="listing_vat_known", condition=Q(vat_category__in=list(VatCategory))
            ),
            models.CheckConstraint(
                name="listing_minimum_positive", condition=Q(minimum_quantity__gt=0)
            ),
            models.CheckConstraint(name="listing_pack_positive", condition=Q(pack_size__gt=0)),
            models.CheckConstraint(
                name="listing_named", condition=~Q(part_number="") & ~Q(name="")
            ),
            models.CheckConstraint(
                name="listing_in_order", condition=Q(changed_at__gte=F("created_at"))
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="listing_by_words"),
            models.Index(fields=["supplier", "category"], name="listing_by_category"),
            models.Index(fields=["name", "id"], condition=Q(status="LIVE"), name="listing_by_name"),
            models.Index(
                fields=["unit_price", "id"], condition=Q(status="LIVE"), name="listing_by_price"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reference(self) -> str:
        """What people know it by."""
        return self.part_number

    @property
    def price(self) -> UnitPrice:
        """The price of one unit, without VAT."""
        return UnitPrice(self.unit_price, self.unit, self.currency)

    @property
    def unit_label(self) -> str:
        """The unit as people say it."""
        return unit_label(self.unit)

    @property
    def sold_by(self) -> str:
        """What one price buys: "each", or "per box of 10"."""
        return sold_by(self.unit, self.pack_size)

    @property
    def category_name(self) -> str:
        """The name of its category, without a query."""
        entry = vocabulary().get(self.category_id)
        return entry.name if entry else self.category_id


class PastPrice(Row):
    """A price that a listing had, from one instant until another; added when it changes.

    The price in force stands on the listing, with `price_since`.
    """

    tenant_columns = ("supplier_id",)

    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    listing = models.ForeignKey(Listing, models.PROTECT, related_name="past_prices")
    unit_price = models.DecimalField(max_digits=14, decimal_places=6)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()

    objects = TenantQuerySet["PastPrice"].as_manager()

    class Meta:
        verbose_name = _("past price")
        constraints = [
            models.CheckConstraint(name="pastprice_positive", condition=Q(unit_price__gt=0)),
            models.CheckConstraint(
                name="pastprice_in_order", condition=Q(valid_until__gt=F("valid_from"))
            ),
            ExclusionConstraint(
                name="pastprice_one_at_a_time",
                expressions=[
                    (OpClass("listing", name="gist_uuid_ops"), RangeOperators.EQUAL),
                    (
                        Func(
                            F("valid_from"),
                            F("valid_until"),
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [models.Index(fields=["supplier", "listing"], name="pastprice_by_supplier")]


class Lexeme(models.Model):
    """A word that stands in some listing, and roughly in how many: to repair misspellings by.

    Everybody's, so not walled in: a repair is shown only where it finds what the asker may see.
    """

    word = models.CharField(max_length=40, primary_key=True)
    frequency = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            GinIndex(OpClass(F("word"), name="gin_trgm_ops"), name="lexeme_by_trigrams"),
        ]
