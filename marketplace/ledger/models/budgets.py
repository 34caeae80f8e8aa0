"""Budgets, and the entries that say what of them is promised."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, TenantQuerySet
from marketplace.ledger.models.coding import Account, CostCentre
from marketplace.ledger.rules import FIRST_YEAR, LAST_YEAR
from marketplace.ledger.states import EntryKind, Stage

NOUGHT = Decimal("0.00")


class Budget(Row):
    """What a cost centre may spend on an account in a financial year, and how it stands.

    `available_amount` is reckoned by the database, so the screen, the check and the report cannot
    differ. With a hard stop nothing is promised beyond what is available, which a trigger keeps;
    what is spent may go beyond it, since a bill is written down whatever it comes to. `version`
    counts the changes of the figure, not of what is promised of it.
    Units: GBP without the VAT that the council gets back.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    financial_year = models.PositiveSmallIntegerField()
    cost_centre = models.ForeignKey(CostCentre, models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    coding = models.CharField(max_length=41)
    budget_amount = models.DecimalField(max_digits=14, decimal_places=2)
    committed_amount = models.DecimalField(max_digits=14, decimal_places=2, default=NOUGHT)
    actual_amount = models.DecimalField(max_digits=14, decimal_places=2, default=NOUGHT)
    available_amount = models.GeneratedField(
        expression=F("budget_amount") - F("committed_amount") - F("actual_amount"),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
    )
    is_hard_stop = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    objects = TenantQuerySet["Budget"].as_manager()

    class Meta:
        verbose_name = _("budget")
        constraints = [
            models.UniqueConstraint(
                fields=["council", "financial_year", "cost_centre", "account"],
                name="budget_one_a_coding",
            ),
            models.CheckConstraint(
                name="budget_year_is_one",
                condition=Q(financial_year__gte=FIRST_YEAR, financial_year__lte=LAST_YEAR),
            ),
            models.CheckConstraint(name="budget_not_negative", condition=Q(budget_amount__gte=0)),
            models.CheckConstraint(
                name="budget_committed_not_negative", condition=Q(committed_amount__gte=0)
            ),
        ]
        indexes = [
            models.Index(fields=["council", "financial_year", "coding"], name="budget_by_coding"),
        ]

    @property
    def reference(self) -> str:
        return self.coding


class CommitmentEntry(Row):
    """One change to what is promised of a budget; added and never changed.

    A line may hold money of several budgets, at several stages. What makes or moves a promise
    happens to each of these once for one `occasion`: nothing for the line as it first was, and a
    name of its own for what comes later, such as a revision of its order or a new year.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    budget = models.ForeignKey(Budget, models.PROTECT, related_name="entries")
    stage = models.CharField(max_length=12)
    kind = models.CharField(max_length=10)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    document_type = models.CharField(max_length=40)
    document_id = models.UUIDField()
    line_id = models.UUIDField()
    occasion = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    over_budget_by_id = models.UUIDField(null=True)
    over_budget_by_name = models.CharField(max_length=200, blank=True)
    over_budget_reason = models.TextField(blank=True)
    journal = models.ForeignKey(
        "ledger.Journal",
        models.PROTECT,
        null=True,
        related_name="commitment_entries",
        db_index=False,
    )
    at = models.DateTimeField()

    objects = TenantQuerySet["CommitmentEntry"].as_manager()

    class Meta:
        verbose_name = _("commitment")
        constraints = [
            models.UniqueConstraint(
                fields=["line_id", "kind", "budget", "stage", "occasion"],
                condition=Q(
                    kind__in=[
                        EntryKind.COMMIT.value,
                        EntryKind.MOVE_OUT.value,
                        EntryKind.MOVE_IN.value,
                    ]
                ),
                name="commitmententry_made_once",
            ),
            models.CheckConstraint(
                name="commitmententry_stage_known",
                condition=Q(stage__in=[each.value for each in Stage]),
            ),
            models.CheckConstraint(
                name="commitmententry_sign_fits_kind",
                condition=Q(
                    kind__in=[
                        EntryKind.COMMIT.value,
                        EntryKind.MOVE_IN.value,
                        EntryKind.RESTORE.value,
                    ],
                    amount__gt=0,
                )
                | Q(
                    kind__in=[
                        EntryKind.MOVE_OUT.value,
                        EntryKind.RELEASE.value,
                        EntryKind.SPEND.value,
                    ],
                    amount__lt=0,
                ),
            ),
            models.CheckConstraint(
                name="commitmententry_over_budget_is_named",
                condition=Q(over_budget_by_id__isnull=True)
                | ~(Q(over_budget_by_name="") | Q(over_budget_reason="")),
            ),
            models.CheckConstraint(
                name="commitmententry_spent_by_a_journal",
                condition=Q(
                    kind__in=[EntryKind.SPEND.value, EntryKind.RESTORE.value],
                    journal__isnull=False,
                )
                | Q(
                    kind__in=[
                        EntryKind.COMMIT.value,
                        EntryKind.MOVE_OUT.value,
                        EntryKind.MOVE_IN.value,
                        EntryKind.RELEASE.value,
                    ],
                    journal__isnull=True,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["line_id"], name="commitmententry_by_line"),
            models.Index(fields=["budget", "id"], name="commitmententry_by_budget"),
            models.Index(
                fields=["journal"],
                condition=Q(journal__isnull=False),
                name="commitmententry_by_journal",
            ),
        ]
