"""What spending is coded to: ledger accounts, cost centres and periods."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, Stateful, TenantQuerySet
from marketplace.ledger.rules import FIRST_YEAR, LAST_YEAR
from marketplace.ledger.states import PERIOD, AccountKind, PeriodStatus

# What a code is written with: it stands in addresses, in files and beside others with a stroke
# between them, so it has neither strokes nor blanks.
CODE = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"

ACCOUNT_KIND_LABELS = {
    AccountKind.EXPENSE: _("Expense"),
    AccountKind.ASSET: _("Asset"),
    AccountKind.LIABILITY: _("Liability"),
}
PERIOD_STATUS_LABELS = {PeriodStatus.OPEN: _("Open"), PeriodStatus.CLOSED: _("Closed")}


class Account(Row):
    """What money is spent on, as the council's ledger calls it.

    `categories` are the beginnings of the CPV codes that are bought on this account.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    name_welsh = models.CharField(max_length=200, blank=True)
    kind = models.CharField(
        max_length=10,
        choices=[(each.value, label) for each, label in ACCOUNT_KIND_LABELS.items()],
        default=AccountKind.EXPENSE.value,
    )
    categories = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    objects = TenantQuerySet["Account"].as_manager()

    class Meta:
        verbose_name = _("account")
        constraints = [
            models.UniqueConstraint(fields=["council", "code"], name="account_one_a_code"),
            models.CheckConstraint(name="account_code_is_plain", condition=Q(code__regex=CODE)),
            models.CheckConstraint(name="account_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="account_kind_known",
                condition=Q(kind__in=[each.value for each in AccountKind]),
            ),
        ]

    @property
    def reference(self) -> str:
        return self.code


class CostCentre(Row):
    """A part of the council that has money of its own, and who answers for it."""

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    name_welsh = models.CharField(max_length=200, blank=True)
    directorate = models.CharField(max_length=200, blank=True)
    holder = models.ForeignKey(
        "organisations.Membership", models.PROTECT, null=True, related_name="+"
    )
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    objects = TenantQuerySet["CostCentre"].as_manager()

    class Meta:
        verbose_name = _("cost centre")
        constraints = [
            models.UniqueConstraint(fields=["council", "code"], name="costcentre_one_a_code"),
            models.CheckConstraint(name="costcentre_code_is_plain", condition=Q(code__regex=CODE)),
            models.CheckConstraint(name="costcentre_has_a_name", condition=~Q(name="")),
        ]

    @property
    def reference(self) -> str:
        return self.code


class Period(Row, Stateful):
    """A month of a financial year."""

    tenant_columns = ("council_id",)
    machine = PERIOD

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    financial_year = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    status = models.CharField(
        max_length=10,
        choices=[(each.value, label) for each, label in PERIOD_STATUS_LABELS.items()],
        default=PeriodStatus.OPEN.value,
    )

    objects = TenantQuerySet["Period"].as_manager()

    class Meta:
        verbose_name = _("period")
        constraints = [
            models.UniqueConstraint(
                fields=["council", "financial_year", "number"], name="period_one_a_number"
            ),
            models.CheckConstraint(
                name="period_year_is_one",
                condition=Q(financial_year__gte=FIRST_YEAR, financial_year__lte=LAST_YEAR),
            ),
            models.CheckConstraint(
                name="period_number_is_a_month", condition=Q(number__gte=1, number__lte=12)
            ),
            models.CheckConstraint(
                name="period_ends_after_start", condition=Q(ends_on__gt=F("starts_on"))
            ),
            models.CheckConstraint(
                name="period_status_known",
                condition=Q(status__in=[each.value for each in PeriodStatus]),
            ),
        ]
