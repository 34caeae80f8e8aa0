"""What people type about orders: shapes only, no rules."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.ordering.models.orders import ORDER_STATUS_LABELS
from marketplace.ordering.requisitions.forms import ANY
from marketplace.web.downloads import Period


class OrderFilter(forms.Form):
    """Which orders to show."""

    words = forms.CharField(label=_("Number or supplier"), max_length=100, required=False)
    status = forms.ChoiceField(
        label=_("State"), choices=[ANY, *ORDER_STATUS_LABELS.items()], required=False
    )


class OrderExport(OrderFilter, Period):
    """Which orders to take: as their list is narrowed, and when they were made."""


class Cancellation(forms.Form):
    """Why an order is cancelled; the supplier reads it."""

    reason = forms.CharField(
        label=_("Why do you cancel it?"),
        max_length=2000,
        widget=forms.Textarea,
        error_messages={"required": _("Enter why you cancel it")},
        help_text=_("The supplier reads this."),
    )
