"""What people at a supplier type: shapes only, no rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalogue.listings.rules import LONGEST, NAME
from catalogue.models import Listing
from catalogue.states import ListingStatus
from marketplace.ordering.models import OrderLine
from marketplace.ordering.models.orders import ORDER_STATUS_LABELS
from marketplace.ordering.orders.services.answers import LineAnswer
from marketplace.ordering.states import Answer, OrderStatus
from marketplace.web.fields import DayField

CHOICES = [
    (Answer.ACCEPTED.value, _("We will deliver it as ordered")),
    (Answer.LATER.value, _("We will deliver it, but later")),
    (Answer.REFUSED.value, _("We cannot deliver it")),
]


class OrderAnswer(forms.Form):
    """What is said to every line of an order; a line's fields are numbered by its place."""

    note = forms.CharField(
        label=_("Is there anything else the council should know?"),
        widget=forms.Textarea,
        max_length=2000,
        required=False,
    )

    def __init__(self, *args: Any, lines: Sequence[OrderLine], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._lines = lines
        for place, line in enumerate(lines):
            self.fields[f"answer-{place}"] = forms.ChoiceField(
                label=line.name,
                choices=CHOICES,
                widget=forms.RadioSelect,
                error_messages={
                    "required": _("Choose an answer for line %(number)d, %(name)s")
                    % {"number": line.line_number, "name": line.name}
                },
            )
            self.fields[f"promised_on-{place}"] = DayField(
                label=_("When will you deliver it?"),
                help_text=_("For example, 27 3 2027."),
                required=False,
            )
            self.fields[f"reason-{place}"] = forms.CharField(
                label=_("Why can you not deliver it?"), max_length=500, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Pass over what belongs to an answer that was not chosen: its fields are not on show."""
        said = super().clean() or self.cleaned_data
        for place in range(len(self._lines)):
            answer = said.get(f"answer-{place}")
            if answer != Answer.LATER:
                self._pass_over(f"promised_on-{place}", None)
            if answer != Answer.REFUSED:
                self._pass_over(f"reason-{place}", "")
        return said

    def answers(self) -> list[LineAnswer]:
        """Return what was said, line by line."""
        said = self.cleaned_data
        return [
            LineAnswer(
                line_id=line.pk,
                answer=Answer(said[f"answer-{place}"]),
                promised_on=said[f"promised_on-{place}"],
                reason=said[f"reason-{place}"],
            )
            for place, line in enumerate(self._lines)
        ]

    def _pass_over(self, name: str, empty: str | None) -> None:
        self.errors.pop(name, None)
        self.cleaned_data[name] = empty


class SupplierDetails(forms.Form):
    """Where a supplier is reached, and what it tells councils about itself."""

    email = forms.EmailField(
        label=_("Email address for orders"),
        max_length=254,
        help_text=_("Orders are sent here. We tell the councils that buy from you of a change."),
        error_messages={"required": _("Enter the email address that gets your orders")},
    )
    telephone = forms.CharField(label=_("Telephone number"), max_length=30, required=False)
    address = forms.CharField(
        label=_("Address"), max_length=500, required=False, widget=forms.Textarea
    )
    postcode = forms.CharField(label=_("Postcode"), max_length=10, required=False)
    vat_number = forms.CharField(
        label=_("VAT number"),
        max_length=20,
        required=False,
        help_text=_("For example, GB980780684. Leave it empty if you have none."),
    )
    about = forms.CharField(
        label=_("What should councils know about you?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea,
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class SupplierOrderFilter(forms.Form):
    """Which orders to show."""

    words = forms.CharField(label=_("Number or council"), max_length=100, required=False)
    status = forms.ChoiceField(
        label=_("State"),
        choices=[
            ("", _("Any")),
            *(
                (status, label)
                for status, label in ORDER_STATUS_LABELS.items()
                if status != OrderStatus.RAISED
            ),
        ],
        required=False,
    )


class ListingFilter(forms.Form):
    """Which listings to show."""

    words = forms.CharField(label=_("Part number or name"), max_length=100, required=False)
    status = forms.ChoiceField(
        label=_("State"),
        choices=[
            ("", _("Any")),
            (ListingStatus.LIVE.value, _("On offer")),
            (ListingStatus.WITHDRAWN.value, _("Withdrawn")),
        ],
        required=False,
    )


class CategoryFilter(forms.Form):
    """Which categories to show."""

    words = forms.CharField(label=_("Word or code"), max_length=100, required=False)


class ListingChange(forms.Form):
    """What a listing says that is changed most often; typed as in a price list."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=LONGEST[NAME])
    unit_price = forms.CharField(
        label=_("Price in pounds, without VAT"), max_length=20, help_text=_("For one unit.")
    )
    minimum_quantity = forms.CharField(label=_("Smallest quantity"), max_length=20)
    lead_time_days = forms.CharField(
        label=_("Delivery time in working days"),
        max_length=10,
        required=False,
        help_text=_("Leave it empty if it differs."),
    )

    @classmethod
    def initial_of(cls, listing: Listing) -> dict[str, Any]:
        """Return what a listing says now, as it would be typed."""
        return {
            "version": listing.version,
            "name": listing.name,
            "unit_price": _plain(listing.unit_price, places=2),
            "minimum_quantity": _plain(listing.minimum_quantity),
            "lead_time_days": "" if listing.lead_time_days is None else listing.lead_time_days,
        }

    def changes(self) -> dict[str, str]:
        """Return the texts by the column of a price list."""
        return {name: str(text) for name, text in self.cleaned_data.items() if name != "version"}


class ListingMove(forms.Form):
    """Withdrawing a listing, or bringing it back, as it was when it was seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class PriceList(forms.Form):
    """A price list, to be tried before it is taken in."""

    file = forms.FileField(
        label=_("Price list"),
        help_text=_("An Excel workbook (.xlsx) or a CSV file, up to 25 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.txt,.tsv,text/csv"}),
        error_messages={"required": _("Choose your price list")},
    )
    withdraw_missing = forms.BooleanField(
        label=_("This is everything that we offer"),
        required=False,
        help_text=_("What is not in the file is withdrawn. Orders for it go on."),
    )
    category = forms.CharField(
        label=_("Category of everything in the file"),
        help_text=_("A CPV code, such as 30197643."),
        max_length=20,
        required=False,
    )
    unit = forms.CharField(
        label=_("Unit of everything in the file"),
        help_text=_("For example, each, box or kg."),
        max_length=40,
        required=False,
    )
    vat = forms.CharField(
        label=_("VAT rate of everything in the file"),
        help_text=_("For example, 20%, 5%, 0% or exempt."),
        max_length=40,
        required=False,
    )
    is_windows = forms.BooleanField(
        label=_("The file is saved as Windows text (Windows-1252)"),
        required=False,
        help_text=_("Only tick this if we told you that the file is not UTF-8."),
    )


def _plain(amount: Any, places: int = 0) -> str:  # noqa: ANN401  # a Decimal of any model field
    whole, _dot, rest = f"{amount:f}".partition(".")
    rest = rest.rstrip("0").ljust(places, "0")
    return f"{whole}.{rest}" if rest else whole
