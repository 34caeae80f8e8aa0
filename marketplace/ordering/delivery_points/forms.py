"""What people type about delivery points: shape only, no rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.ledger.forms import CodeForm
from marketplace.ordering.delivery_points.rules import address_of


class DeliveryPointForm(CodeForm):
    """A delivery point."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("A short name of your own for it, such as LIBRARY. It cannot be changed."),
        max_length=20,
    )
    address = forms.CharField(
        label=_("Address"),
        help_text=_("As on a letter, the postcode last; at most 10 lines."),
        widget=forms.Textarea,
        max_length=1000,
    )
    instructions = forms.CharField(
        label=_("What the driver must know"),
        help_text=_("For example: ring at the kitchen door, before 2pm."),
        widget=forms.Textarea,
        max_length=1000,
        required=False,
    )

    def clean_address(self) -> str:
        """Return the address without empty lines."""
        return address_of(self.cleaned_data["address"].splitlines())

    def facts(self) -> dict[str, Any]:
        """Return what was typed, lines ended as they are kept."""
        facts = super().facts()
        return {**facts, "instructions": facts["instructions"].replace("\r\n", "\n")}
