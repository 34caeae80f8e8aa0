"""What people fill in about people, suppliers, tokens and their council: shape only."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from marketplace.core.actors import OrganisationKind
from marketplace.organisations.deeds import DEEDS
from marketplace.organisations.models import ROLE_LABELS, LinkStatus
from marketplace.organisations.rules import LONGEST_EMAIL, roles_for
from marketplace.organisations.scopes import scope_in_words
from marketplace.web.fields import PoundsField

TOKEN_DAYS = [
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("180", _("180 days")),
    ("365", _("One year")),
]


class TrustForm(forms.Form):
    """The roles of one person, and how much they may approve."""

    roles = forms.MultipleChoiceField(
        label=_("What will they do?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that they will do")},
    )
    approval_limit_amount = PoundsField(
        label=_("Approval limit"),
        required=False,
        help_text=_("Only for approvers: the largest order, without VAT, that they may approve."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, kind: OrganisationKind, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        possible = roles_for(kind)
        self.fields["roles"].choices = [(role.value, ROLE_LABELS[role]) for role in possible]  # type: ignore[attr-defined]
        self.hints = {role.value: str(DEEDS[role]) for role in possible}
        if kind is OrganisationKind.SUPPLIER:
            del self.fields["approval_limit_amount"]


class InvitationForm(TrustForm):
    """A person to invite."""

    name = forms.CharField(
        label=_("Full name"),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off"}),
        # It stands in our mail to them, where an address would be ours to click on.
        validators=[
            RegexValidator(
                r"://|www\.|@|\.[a-z]{2,}[/?#]|\.(com|net|org|uk|example)\b",
                _("Enter a name, without the address of a website or of a person"),
                inverse_match=True,
                flags=re.IGNORECASE,
            )
        ],
    )
    email = forms.EmailField(
        label=_("Work email address"),
        max_length=LONGEST_EMAIL,
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    field_order = ("name", "email", "roles", "approval_limit_amount")


class SeenForm(forms.Form):
    """A confirmation: which version of the thing the person has seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class PeopleSearchForm(forms.Form):
    """Words to find people by."""

    words = forms.CharField(label=_("Name or email address"), max_length=100, required=False)


class SupplierSearchForm(forms.Form):
    """Words to find suppliers by, and whether a council buys from them."""

    words = forms.CharField(label=_("Name or company number"), max_length=100, required=False)
    status = forms.ChoiceField(
        label=_("Status"), choices=[("", _("All")), *LinkStatus.choices], required=False
    )


class LocalForm(forms.Form):
    """Whether a supplier is local to the council."""

    is_local = forms.BooleanField(label=_("They are local to us"), required=False)


class RegistrationForm(LocalForm):
    """A supplier that is new to the marketplace."""

    name = forms.CharField(label=_("Name of the company or organisation"), max_length=200)
    company_number = forms.RegexField(
        r"^[A-Za-z0-9]{2}[0-9]{6}$",
        label=_("Company number"),
        required=False,
        help_text=_("Eight characters, like 01234567. Leave it empty if they have none."),
        error_messages={
            "invalid": _("A company number has eight characters, like 01234567 or SC123456")
        },
    )
    contact_name = forms.CharField(
        label=_("Who will sign in first?"),
        max_length=200,
        error_messages={"required": _("Enter the name of the person who will sign in first")},
    )
    contact_email = forms.EmailField(label=_("Their email address"), max_length=LONGEST_EMAIL)
    field_order = ("name", "company_number", "contact_name", "contact_email", "is_local")


class SuspensionForm(forms.Form):
    """Why a council stops buying from a supplier."""

    reason = forms.CharField(
        label=_("Why do you suspend this supplier?"),
        help_text=_("The supplier can read this."),
        max_length=1000,
        widget=forms.Textarea,
        error_messages={"required": _("Enter why you suspend this supplier")},
    )


class TokenForm(forms.Form):
    """A token to make."""

    name = forms.CharField(
        label=_("What is it for?"),
        max_length=100,
        help_text=_("For example: finance system"),
        error_messages={"required": _("Enter what the token is for, like finance system")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that the token may do")},
    )
    days = forms.ChoiceField(
        label=_("How long does it last?"),
        choices=TOKEN_DAYS,
        widget=forms.RadioSelect,
        initial="90",
        error_messages={"required": _("Choose how long the token lasts")},
    )

    def __init__(self, *args: Any, scopes: list[str], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(each, scope_in_words(each)) for each in scopes]  # type: ignore[attr-defined]


class CouncilForm(forms.Form):
    """What a council says about itself."""

    name = forms.CharField(label=_("Name of the council"), max_length=200)
    name_welsh = forms.CharField(label=_("Name in Welsh"), max_length=200, required=False)
    colour = forms.CharField(
        label=_("Colour of the header"),
        max_length=7,
        help_text=_("As # and six digits or letters a to f. White words must be readable on it."),
    )
    email = forms.EmailField(
        label=_("Email address for suppliers"), max_length=LONGEST_EMAIL, required=False
    )
    telephone = forms.CharField(label=_("Telephone number"), max_length=30, required=False)
    address = forms.CharField(
        label=_("Address"),
        max_length=500,
        required=False,
        widget=forms.Textarea,
        help_text=_("As on a letter, without the postcode; at most 10 lines."),
    )
    postcode = forms.CharField(label=_("Postcode"), max_length=10, required=False)
    vat_number = forms.CharField(
        label=_("VAT number"),
        max_length=20,
        required=False,
        help_text=_("GB and 9 or 12 digits, as on your VAT certificate."),
    )
    order_prefix = forms.CharField(
        label=_("Beginning of order numbers"),
        max_length=10,
        required=False,
        help_text=_("For example PO: orders are then numbered PO-26-000001."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean_colour(self) -> str:
        """Return the colour in small letters."""
        return str(self.cleaned_data["colour"]).strip().lower()
