"""What became of each file that a supplier sent."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalogue.states import ImportVerdict
from marketplace.core.models import Row, TenantQuerySet


class ImportRun(Row):
    """One file, and what it did or would have done. Written once, when the import ends.

    Shapes: `confirms` is the run that somebody looked at before; `good_rows` says that wrong rows
    were to be left out, of which there are `wrong_rows_count`; `report` is ImportReport as JSON:
    the problems shown, price moves and the rest.
    """

    tenant_columns = ("supplier_id",)

    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    document = models.ForeignKey("documents.Document", models.PROTECT, null=True, related_name="+")
    encoding = models.CharField(max_length=10)
    dry_run = models.BooleanField()
    confirms = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    withdraw_missing = models.BooleanField(default=False)
    good_rows = models.BooleanField(default=False)
    for_all = models.JSONField(default=dict)
    verdict = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in ImportVerdict]
    )
    rows_count = models.PositiveIntegerField()
    new_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    withdrawn_count = models.PositiveIntegerField(default=0)
    problem_count = models.PositiveIntegerField(default=0)
    wrong_rows_count = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    started_by_name = models.CharField(max_length=200)

    objects = TenantQuerySet["ImportRun"].as_manager()

    class Meta:
        verbose_name = _("price list")
        constraints = [
            models.CheckConstraint(
                name="importrun_verdict_known", condition=Q(verdict__in=list(ImportVerdict))
            ),
            models.CheckConstraint(
                name="importrun_refused_has_problems",
                condition=~Q(verdict=ImportVerdict.REFUSED) | Q(problem_count__gt=0),
            ),
            models.CheckConstraint(
                name="importrun_left_out_when_asked",
                condition=Q(verdict=ImportVerdict.REFUSED)
                | Q(good_rows=True)
                | Q(problem_count=0, wrong_rows_count=0),
            ),
            models.CheckConstraint(
                name="importrun_left_out_not_most",
                condition=Q(verdict=ImportVerdict.REFUSED)
                | Q(rows_count__gte=F("wrong_rows_count") * 2),
            ),
            models.UniqueConstraint(
                name="importrun_taken_in_once",
                fields=["confirms"],
                condition=Q(verdict=ImportVerdict.DONE),
            ),
            models.CheckConstraint(
                name="importrun_dry_or_done",
                condition=Q(verdict=ImportVerdict.REFUSED)
                | Q(verdict=ImportVerdict.CHECKED, dry_run=True)
                | Q(verdict=ImportVerdict.DONE, dry_run=False),
            ),
        ]
        indexes = [models.Index(fields=["supplier", "-id"], name="importrun_by_supplier")]

    @property
    def reference(self) -> str:
        """What people know it by."""
        return self.name
