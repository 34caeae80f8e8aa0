"""What an auditor asks of the trail: shape only."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.web.fields import DayField


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
