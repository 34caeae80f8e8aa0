"""Councils and suppliers, and which of them trade with one another."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, Stateful, TenantQuerySet
from marketplace.organisations.states import LINK, LinkStatus

HEX_COLOUR = RegexValidator(r"^#[0-9a-f]{6}$", _("Write the colour as # and six digits or a to f."))


class Kind(models.TextChoices):
    """Which side of the marketplace an organisation is on."""

    COUNCIL = "COUNCIL", _("Council")
    SUPPLIER = "SUPPLIER", _("Supplier")


class Nation(models.TextChoices):
    """Where in the United Kingdom: it decides bank holidays, language and some law."""

    ENGLAND = "ENGLAND", _("England")
    WALES = "WALES", _("Wales")
    SCOTLAND = "SCOTLAND", _("Scotland")
    NORTHERN_IRELAND = "NORTHERN_IRELAND", _("Northern Ireland")


class Organisation(Row):
    """A council or a supplier. Its name is no secret, so every tenant may read this table."""

    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=200)
    name_welsh = models.CharField(max_length=200, blank=True)
    slug = models.SlugField(max_length=60, unique=True)
    colour = models.CharField(max_length=7, default="#1d70b8", validators=[HEX_COLOUR])
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=30, blank=True)
    address = models.TextField(blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    nation = models.CharField(max_length=20, choices=Nation, default=Nation.ENGLAND)
    vat_number = models.CharField(max_length=14, blank=True)
    company_number = models.CharField(max_length=8, blank=True)
    order_prefix = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("organisation")
        constraints = [
            models.CheckConstraint(
                name="organisation_kind_known", condition=Q(kind__in=Kind.values)
            ),
            models.UniqueConstraint(
                fields=["company_number"],
                condition=Q(kind=Kind.SUPPLIER) & ~Q(company_number=""),
                name="organisation_one_supplier_a_company",
            ),
        ]

    @property
    def reference(self) -> str:
        """What the audit trail calls it."""
        return self.name


class SupplierProfile(models.Model):
    """What a supplier tells every council about itself."""

    organisation = models.OneToOneField(
        Organisation, models.PROTECT, primary_key=True, related_name="profile"
    )
    about = models.TextField(blank=True)
    is_sme = models.BooleanField(_("small or medium-sized"), default=False)
    is_vcse = models.BooleanField(_("voluntary, community or social enterprise"), default=False)


class SupplierLink(Row, Stateful):
    """A council trades with a supplier. Without an active link, nothing of theirs can be bought."""

    machine = LINK
    tenant_columns = ("council_id", "supplier_id")

    council = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=LinkStatus, default=LinkStatus.ACTIVE)
    is_local = models.BooleanField(_("local to this council"), default=False)
    since = models.DateField()
    reason = models.TextField(blank=True)

    objects = TenantQuerySet["SupplierLink"].as_manager()

    class Meta:
        verbose_name = _("supplier")
        constraints = [
            models.UniqueConstraint(fields=["council", "supplier"], name="supplierlink_one_a_pair"),
            models.CheckConstraint(
                name="supplierlink_status_known", condition=Q(status__in=LinkStatus.values)
            ),
            models.CheckConstraint(
                name="supplierlink_two_sides", condition=~Q(council=models.F("supplier"))
            ),
        ]
        indexes = [
            models.Index(fields=["supplier", "council"], name="supplierlink_by_supplier"),
        ]

    @property
    def reference(self) -> str:
        """What the audit trail calls it; the supplier should be joined in."""
        return self.supplier.name


class NumberSequence(models.Model):
    """The last number that an organisation gave to a kind of document in a year.

    Held by the one who takes a number until the transaction ends, so that no number is lost.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "year"], name="numbersequence_one_a_year"
            ),
        ]
