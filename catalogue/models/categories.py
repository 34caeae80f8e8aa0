"""What kinds of things there are, and how many of each a supplier offers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Category(models.Model):
    """A code of the Common Procurement Vocabulary. Everybody's, so not walled in."""

    code = models.CharField(max_length=8, primary_key=True)
    check_digit = models.CharField(max_length=1)
    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.CheckConstraint(
                name="category_code_eight_digits", condition=Q(code__regex=r"^[0-9]{8}$")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CategoryCount(models.Model):
    """How many live listings a supplier has in a category.

    Kept by whoever writes listings, so that a page can say how many there are without counting.
    """

    tenant_columns = ("supplier_id",)

    supplier = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    live_count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "category"], name="categorycount_one_a_pair"
            ),
        ]
