"""Files of lists that were sent: looked at first, and then taken in or left."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, TenantQuerySet
from marketplace.documents.models import Document
from marketplace.ledger.rules import FIRST_YEAR, LAST_YEAR

BUDGETS: Final = "budgets"


class SentFile(Row):
    """That somebody sent a document as the file of a list; added and never changed.

    Why: the same bytes are one document, whatever they were sent for and how often. What they were
    sent as is said here, each time anew.
    Shapes: `of_list` is what a list of codes is called ("cost-centre"), or "budgets"; only those
    are of a year.
    """

    tenant_columns = ("council_id",)

    council = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    of_list = models.CharField(max_length=40)
    financial_year = models.PositiveSmallIntegerField(null=True)
    sender = models.ForeignKey("organisations.Membership", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = TenantQuerySet["SentFile"].as_manager()

    class Meta:
        verbose_name = _("file")
        constraints = [
            models.CheckConstraint(name="sentfile_is_of_a_list", condition=~Q(of_list="")),
            models.CheckConstraint(
                name="sentfile_year_is_of_budgets",
                condition=Q(
                    of_list=BUDGETS,
                    financial_year__isnull=False,
                    financial_year__gte=FIRST_YEAR,
                    financial_year__lte=LAST_YEAR,
                )
                | (~Q(of_list=BUDGETS) & Q(financial_year__isnull=True)),
            ),
        ]

    @property
    def reference(self) -> str:
        return self.of_list
