"""What people type about budgets."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.core.dates import financial_year_label


class BudgetSearch(forms.Form):
    """Which budgets to show."""

    year = forms.TypedChoiceField(label=_("Financial year"), coerce=int, required=False)
    words = forms.CharField(label=_("Code or name"), max_length=100, required=False)

    def __init__(self, *args: object, years: Sequence[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["year"].choices = [(year, financial_year_label(year)) for year in years]  # type: ignore[attr-defined]
