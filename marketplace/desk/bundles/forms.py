"""What people type about bundles: shapes only, no rules."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.desk.bundles.subjects import Days
from marketplace.web.fields import DayField


class BundleDays(forms.Form):
    """From which day to which."""

    since_on = DayField(label=_("First day"), error_messages={"required": _("Enter the first day")})
    until_on = DayField(label=_("Last day"), error_messages={"required": _("Enter the last day")})

    def days(self) -> Days:
        """Return what was typed, once the form is valid."""
        return Days(self.cleaned_data["since_on"], self.cleaned_data["until_on"])
