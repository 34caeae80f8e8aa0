"""What people at a supplier type: shapes only, no rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from catalogue.cpv import split_code
from catalogue.models import Category, Listing
from catalogue.states import ListingStatus
from marketplace.core.vat import VatCategory
from marketplace.ordering.models import OrderLine
from marketplace.ordering.models.orders import ORDER_STATUS_LABELS
from marketplace.ordering.orders.services.answers import LineAnswer
from marketplace.ordering.states import Answer, OrderStatus
from marketplace.web.fields import DayField, OneFile

MOST_TYPED = 200  # characters in a box whose value has no length of its own
CHOICES = [
    (Answer.ACCEPTED.value, _("We will deliver it as ordered")),
    (Answer.LATER.value, _("We will deliver it, but later")),
    (Answer.REFUSED.value, _("We cannot deliver it")),
]

VAT_LABELS = {
    VatCategory.STANDARD.value: _("Standard rate"),
    VatCategory.REDUCED.value: _("Reduced rate"),
    VatCategory.ZERO.value: _("Zero rate"),
    VatCategory.EXEMPT.value: _("Exempt"),
}


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


class OrderInvoice(forms.Form):
    """The invoice of an order: its number, its day, and how much of each line it bills."""

    number = forms.CharField(
        label=_("Number of your invoice"),
        max_length=50,
        help_text=_("As it stands in your own books."),
        error_messages={"required": _("Enter the number of your invoice")},
    )
    issued_on = DayField(
        label=_("Day of the invoice"),
        help_text=_("For example, 27 3 2027."),
        error_messages={"required": _("Enter the day of the invoice")},
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        lines: Sequence[OrderLine],
        left: Sequence[Decimal],
        today: date,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self._lines = lines
        self.fields["issued_on"].initial = today
        for place, (line, rest) in enumerate(zip(lines, left, strict=True)):
            self.fields[f"quantity-{place}"] = forms.DecimalField(
                label=_("How much of %(name)s do you bill?") % {"name": line.name},
                required=False,
                initial=_plain(rest),
                max_digits=12,
                decimal_places=3,
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
                error_messages={
                    "invalid": _("Enter how much of %(name)s you bill, in figures")
                    % {"name": line.name}
                },
            )

    def quantities(self) -> dict[UUID, Decimal]:
        """Return how much of each line is billed, by the lines' keys."""
        said = self.cleaned_data
        return {
            line.pk: said[f"quantity-{place}"] or Decimal(0)
            for place, line in enumerate(self._lines)
        }


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


class Cell(forms.CharField):
    """A text as a price list would have it in a cell.

    Why: whether it is right the service tells, of all of them at once; a form that asked for one
    to be filled in would keep the rest from being looked at.
    """

    def __init__(self, *, most: int | None = MOST_TYPED, **words: Any) -> None:  # noqa: ANN401
        super().__init__(required=False, max_length=most, **words)


class CellChoice(forms.ChoiceField):
    """One of a few texts as a price list would have it in a cell; the service tells here too."""

    widget = forms.RadioSelect

    def validate(self, value: Any) -> None:  # noqa: ANN401  # Django's own signature
        """Leave it to the service."""


class ListingChange(forms.Form):
    """What a listing says that is changed most often; typed as in a price list."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    name = Cell(label=_("Name"), most=None)
    unit_price = Cell(label=_("Unit price in pounds, without VAT"), help_text=_("For one unit."))
    minimum_quantity = Cell(
        label=_("Minimum quantity"), help_text=_("It is 1 if you leave it empty.")
    )
    lead_time_days = Cell(
        label=_("Delivery time in working days"), help_text=_("Leave it empty if it differs.")
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


class ListingAdd(forms.Form):
    """One product, typed as in a price list; its category by its code, or by words that find it."""

    part_number = Cell(label=_("Your part number"), most=None)
    name = Cell(label=_("Name"), help_text=_("What it is, in a few words."), most=None)
    description = Cell(label=_("Description (optional)"), widget=forms.Textarea, most=None)
    category = Cell(
        label=_("Category"), help_text=_("A word for what it is, such as paper, or its CPV code.")
    )
    category_code = CellChoice(
        label=_("Which category fits?"),
        error_messages={"required": _("Choose the category that fits best.")},
    )
    unit = Cell(label=_("Unit"), help_text=_("What one price buys, such as each, box or kg."))
    unit_price = Cell(label=_("Unit price in pounds, without VAT"), help_text=_("For one unit."))
    vat = CellChoice(label=_("VAT"), choices=list(VAT_LABELS.items()))
    minimum_quantity = Cell(
        label=_("Minimum quantity"), help_text=_("It is 1 if you leave it empty.")
    )
    lead_time_days = Cell(
        label=_("Delivery time in working days"), help_text=_("Leave it empty if it differs.")
    )

    words = ""  # that were typed in place of the category's code
    categories: Sequence[Category] = ()

    def clean(self) -> dict[str, Any]:
        """Tell words from a code."""
        said = super().clean() or self.cleaned_data
        typed = said.get("category", "")
        if split_code(typed) is None and any(map(str.isalpha, typed)):
            self.words = typed
        return said

    def offer(self, categories: Sequence[Category]) -> None:
        """Let one of these be chosen."""
        self.categories = categories
        field = self.fields["category_code"]
        assert isinstance(field, CellChoice)  # noqa: S101  # for the type checker
        field.choices = [(each.code, f"{each.name} ({each.code})") for each in categories]

    def facts(self) -> dict[str, str]:
        """Return the texts by the column of a price list.

        Why: a category that was chosen when other words stood there is not taken.
        """
        said = dict(self.cleaned_data)
        chosen = said.pop("category_code")
        if any(chosen == each.code for each in self.categories):
            said["category"] = chosen
        return said

    def ask_category(self) -> None:
        """Say what to do where words were typed, which are no code to whoever checks it."""
        if not self.words or "category" not in self.errors:
            return
        del self.errors["category"]
        if self.categories:
            self.add_error("category_code", _("Choose the category that fits best."))
        else:
            self.add_error(
                "category", _("No category has these words. Try one word, such as “paper”.")
            )


class ListingMove(forms.Form):
    """Withdrawing a listing, or bringing it back, as it was when it was seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class PriceList(forms.Form):
    """A price list, to be tried before it is taken in."""

    file = OneFile(
        label=_("Price list"),
        help_text=_("An Excel workbook (.xlsx) or a CSV file, up to 25 MB."),
        accept=".xlsx,.csv,.txt,.tsv,text/csv",
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


class PriceListConfirmation(forms.Form):
    """That a price list is to be taken in; where it has mistakes, without the wrong rows."""

    good_rows = forms.BooleanField(required=False)


def _plain(amount: Any, places: int = 0) -> str:  # noqa: ANN401  # a Decimal of any model field
    whole, _dot, rest = f"{amount:f}".partition(".")
    rest = rest.rstrip("0").ljust(places, "0")
    return f"{whole}.{rest}" if rest else whole
