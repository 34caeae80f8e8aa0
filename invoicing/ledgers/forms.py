"""What people type about handing journals over: shapes only, no rules."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from invoicing.ledgers.services import LONGEST_REFERENCE
from marketplace.web.fields import DayField


class UntilDay(forms.Form):
    """Up to and with which day."""

    until_on = DayField(
        label=_("Up to and with this day"),
        error_messages={"required": _("Enter the last day that is to be in the file")},
    )


class Acknowledgement(forms.Form):
    """What the finance ledger answered."""

    reference = forms.CharField(
        label=_("How did the finance ledger confirm it?"),
        help_text=_("The number of its batch or voucher, say."),
        max_length=LONGEST_REFERENCE,
        error_messages={
            "required": _(
                "Enter the number or the words with which the finance ledger confirmed it"
            )
        },
    )
