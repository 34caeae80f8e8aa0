"""What people type on pages that look across packages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.ledger.forms import BudgetSearch
from marketplace.web.downloads import Period


class SearchAll(forms.Form):
    """Words or a number, to be found anywhere."""

    q = forms.CharField(
        label=_("Find a requisition, an order or a supplier"),
        max_length=100,
        strip=True,
        error_messages={"required": _("Enter a number or a name")},
    )


class BudgetExport(BudgetSearch, Period):
    """Which budgets to take: as their list is narrowed, and when their entries were made."""
