"""What people type about payments: shapes only, no rules."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from invoicing.models.payments import RUN_STATUS_LABELS
from invoicing.payments.accounts import BankAccount
from marketplace.web.fields import DayField


class RunFilter(forms.Form):
    """Which runs to show."""

    status = forms.ChoiceField(
        label=_("State"), choices=[("", _("Any")), *RUN_STATUS_LABELS.items()], required=False
    )


class DueFilter(forms.Form):
    """Up to which day invoices are due that are looked at."""

    due_by_on = DayField(label=_("Due by"), required=False)


class PreparationForm(forms.Form):
    """When a run is paid, and from which account."""

    due_by_on = forms.DateField(widget=forms.HiddenInput)
    pay_on = DayField(
        label=_("When is the bank to pay?"),
        help_text=_("A day from Monday to Friday that is no bank holiday, within 30 days."),
        error_messages={"required": _("Enter the day on which the bank is to pay")},
    )
    payer_name = forms.CharField(
        label=_("Name on your council’s account"),
        max_length=140,
        error_messages={"required": _("Enter the name on the account")},
    )
    payer_sort_code = forms.CharField(
        label=_("Sort code"),
        help_text=_("Six digits, like 309430."),
        max_length=20,
        error_messages={"required": _("Enter the sort code")},
    )
    payer_account_number = forms.CharField(
        label=_("Account number"),
        help_text=_("Eight digits, like 00733445."),
        max_length=20,
        error_messages={"required": _("Enter the account number")},
    )

    @property
    def payer(self) -> BankAccount:
        """Return the account that was typed."""
        said = self.cleaned_data
        return BankAccount(
            said["payer_name"], said["payer_sort_code"], said["payer_account_number"]
        )


class ApprovalForm(forms.Form):
    """What was read, by its hash."""

    frozen_sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)


class GivingUpForm(forms.Form):
    """Why a run is given up."""

    reason = forms.CharField(
        label=_("Why do you give it up?"),
        max_length=2000,
        widget=forms.Textarea,
        error_messages={"required": _("Enter why you give it up")},
    )


class SettlementForm(forms.Form):
    """When the bank paid."""

    settled_on = DayField(
        label=_("When did the bank pay?"),
        help_text=_("The day on your bank statement."),
        error_messages={"required": _("Enter the day on which the bank paid")},
    )


class FailureForm(forms.Form):
    """Why a payment came back, and when."""

    failed_on = DayField(
        label=_("When did it come back?"),
        error_messages={"required": _("Enter the day on which it came back")},
    )
    reason = forms.CharField(
        label=_("Why did it come back?"),
        help_text=_(
            "What the bank says, for example: AC04, account closed. The supplier reads it."
        ),
        max_length=200,
        error_messages={"required": _("Enter why it came back")},
    )


class ConfirmationForm(forms.Form):
    """Whom one spoke to, and how."""

    spoke_to = forms.CharField(
        label=_("Whom did you speak to?"),
        help_text=_("The name of the person at the supplier."),
        max_length=200,
        error_messages={"required": _("Enter whom you spoke to")},
    )
    spoke_by = forms.CharField(
        label=_("How did you reach them?"),
        help_text=_(
            "For example: called 01632 960001, the number on the contract. Not a number or an"
            " address that came with the change."
        ),
        max_length=200,
        error_messages={"required": _("Enter how you reached them")},
    )


class AccountForm(forms.Form):
    """Where a supplier wants to be paid."""

    name = forms.CharField(
        label=_("Name on the account"),
        max_length=140,
        error_messages={"required": _("Enter the name on the account")},
    )
    sort_code = forms.CharField(
        label=_("Sort code"),
        help_text=_("Six digits, like 309430."),
        max_length=20,
        error_messages={"required": _("Enter the sort code")},
    )
    account_number = forms.CharField(
        label=_("Account number"),
        help_text=_("Eight digits, like 00733445."),
        max_length=20,
        error_messages={"required": _("Enter the account number")},
    )


def chosen_day(form: DueFilter, usual: date) -> date:
    """Return the day that was chosen, or the usual one where none sensible was."""
    if form.is_bound and form.is_valid():
        chosen: date | None = form.cleaned_data["due_by_on"]
        return chosen or usual
    return usual
