"""The search as it is typed: shapes only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalogue.search.rules import LONGEST_TEXT, MOST_CANDIDATES, PAGE_SIZE, Sort, Wish
from marketplace.web.fields import PoundsField

MOST_PAGES = MOST_CANDIDATES // PAGE_SIZE
SORTS = (
    (Sort.BEST, _("Best match")),
    (Sort.PRICE, _("Price: lowest first")),
    (Sort.PRICE_DOWN, _("Price: highest first")),
    (Sort.NAME, _("Name: A to Z")),
)


class SearchForm(forms.Form):
    """What somebody looks for; every field may be left empty."""

    q = forms.CharField(
        label=_("Search for a product"),
        required=False,
        max_length=LONGEST_TEXT,
        error_messages={"max_length": _("Use fewer words")},
    )
    category = forms.RegexField(r"^[0-9]{8}$", required=False, widget=forms.HiddenInput)
    supplier = forms.UUIDField(required=False, widget=forms.HiddenInput)
    local = forms.BooleanField(label=_("Local suppliers only"), required=False)
    sme = forms.BooleanField(label=_("Small and medium-sized businesses only"), required=False)
    price_from = PoundsField(label=_("Lowest price"), required=False)
    price_to = PoundsField(label=_("Highest price"), required=False)
    sort = forms.ChoiceField(label=_("Sort by"), choices=SORTS, required=False)
    page = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_PAGES,
        widget=forms.HiddenInput,
        error_messages={
            "max_value": _("Choose a page from 1 to %(limit_value)s, or search for something"),
            "min_value": _("Choose a page from 1 on"),
            "invalid": _("Choose a page by its number"),
        },
    )

    def clean(self) -> dict[str, Any]:
        """Hold the two prices against one another."""
        facts: dict[str, Any] = super().clean() or {}
        lowest, highest = facts.get("price_from"), facts.get("price_to")
        if lowest is not None and highest is not None and lowest > highest:
            self.add_error("price_to", _("The highest price must not be below the lowest"))
        return facts

    def wish(self) -> Wish:
        """Return what was asked, as far as it makes sense."""
        self.is_valid()
        facts = self.cleaned_data
        return Wish(
            text=facts.get("q") or "",
            category=facts.get("category") or "",
            supplier_id=facts.get("supplier"),
            local_only=bool(facts.get("local")),
            sme_only=bool(facts.get("sme")),
            price_from=_amount(facts.get("price_from")),
            price_to=_amount(facts.get("price_to")),
            sort=Sort(facts.get("sort") or Sort.BEST),
            page=facts.get("page") or 1,
        )


def _amount(value: Any) -> Decimal | None:  # noqa: ANN401  # what a form field gave
    return None if value is None else Decimal(value)
