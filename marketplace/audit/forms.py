"""What an auditor asks of the trail: shape only."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.web.fields import DayField


class SealForm(forms.Form):
    """A seal that somebody wrote down earlier, to compare with; both or neither."""

    place = forms.IntegerField(label=_("Number of the entry"), min_value=1, required=False)
    seal = forms.RegexField(
        r"^\s*[0-9a-f]{64}\s*$",
        label=_("The seal that you wrote down"),
        required=False,
        error_messages={"invalid": _("A seal has 64 digits and letters from a to f")},
    )

    def clean(self) -> dict[str, Any]:
        """Return what was asked.

        Raises: ValidationError when one of the two is missing.
        """
        asked: dict[str, Any] = super().clean() or {}
        if bool(asked.get("place")) != bool(asked.get("seal")) and not self.errors:
            missing = "seal" if asked.get("place") else "place"
            self.add_error(missing, _("Enter both the number of the entry and its seal"))
        return asked

    def published(self) -> dict[int, str]:
        """Return the seal by its place, nothing when none was entered."""
        if not self.is_valid() or not self.cleaned_data["seal"]:
            return {}
        return {self.cleaned_data["place"]: self.cleaned_data["seal"].strip()}


class EventsForm(forms.Form):
    """Which events to show; everything left empty shows all."""

    words = forms.CharField(
        label=_("About"),
        max_length=200,
        required=False,
        help_text=_("The number or reference of an order, a request, a supplier."),
    )
    verb = forms.CharField(
        label=_("What was done"),
        max_length=100,
        required=False,
        help_text=_("The beginning of a deed, like order or order.sent."),
    )
    person = forms.CharField(label=_("Who did it"), max_length=200, required=False)
    since = DayField(label=_("From this day"), required=False)
    until = DayField(label=_("To this day"), required=False)
    subject = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        """Return what was asked.

        Raises: ValidationError when the days are the wrong way round.
        """
        asked: dict[str, Any] = super().clean() or {}
        since: date | None = asked.get("since")
        until: date | None = asked.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day must not be before the first"))
        return asked
