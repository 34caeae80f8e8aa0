"""What people type about baskets and requisitions: shapes only, no rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.ordering.delivery_points.written import delivery_text
from marketplace.ordering.models import DeliveryPoint, RequisitionLine
from marketplace.ordering.models.requisitions import REQUISITION_STATUS_LABELS
from marketplace.ordering.requisitions.rules import read_rows
from marketplace.ordering.requisitions.services.baskets import (
    about_line,
    coding_name,
    quantity_name,
)
from marketplace.web.downloads import Period
from marketplace.web.fields import DayField

Choices = Sequence[tuple[str, Any]]

ANY = ("", _("Any"))
# 1e5 is not how people write a hundred thousand, so it is a slip of the finger.
_NUMBER = re.compile(r"-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?")


class QuantityField(forms.DecimalField):
    """How many of a thing: more than nought, in at most three places."""

    widget = forms.TextInput
    default_error_messages = {
        "required": _("Enter how many you need, like 3"),
        "invalid": _("Quantity must be a number, like 3 or 2.5"),
        "max_digits": _("Quantity is too large"),
        "max_whole_digits": _("Quantity is too large"),
        "max_decimal_places": _("Quantity must have no more than 3 decimal places"),
        "min_value": _("Quantity must be more than 0"),
    }

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        options.setdefault("label", _("Quantity"))
        super().__init__(max_digits=12, decimal_places=3, **options)

    def to_python(  # type: ignore[override]  # the stubs think that it is a whole number
        self,
        value: Any,  # noqa: ANN401  # whatever was sent
    ) -> Decimal | None:
        """Return the quantity that was typed, in the digits that are on every keyboard here."""
        if isinstance(value, str) and value.strip():
            if not _NUMBER.fullmatch(value.strip()):
                raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
            value = value.replace(",", "")
        return super().to_python(value)

    def validate(self, value: Decimal | None) -> None:
        """Refuse nought and less."""
        super().validate(value)  # type: ignore[arg-type]  # None is what was not typed
        if value is not None and value <= 0:
            raise forms.ValidationError(self.error_messages["min_value"], code="min_value")


class AddToBasket(forms.Form):
    """Something from the catalogue, and how many of it."""

    listing = forms.UUIDField(widget=forms.HiddenInput)
    quantity = QuantityField()


class BasketForm(forms.Form):
    """Every line of a basket at once: its quantity and what it is paid from."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        lines: Iterable[RequisitionLine],
        codings: Mapping[UUID, Choices],
        all_codings: Choices,
        chosen: Mapping[UUID, str],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        for line in lines:
            quantity = QuantityField(initial=_plain(line.quantity))
            quantity.error_messages = {
                code: about_line(line, str(words))
                for code, words in quantity.error_messages.items()
            }
            self.fields[quantity_name(line.pk)] = quantity
            self.fields[coding_name(line.pk)] = forms.ChoiceField(
                label=_("Paid from"),
                choices=[("", _("Choose")), *codings[line.pk]],
                initial=chosen.get(line.pk, ""),
                required=False,
                error_messages={
                    "invalid_choice": _("Choose what %(name)s is paid from") % {"name": line.name}
                },
            )
        if all_codings:
            self.fields["all_coding"] = forms.ChoiceField(
                label=_("Cost centre and account for every line"),
                choices=[("", _("Choose")), *all_codings],
                required=False,
            )

    def quantities(self, lines: Iterable[RequisitionLine]) -> dict[UUID, Decimal]:
        """Return how much is wanted of each line, where what was typed is a quantity at all."""
        typed = {line.pk: self.cleaned_data.get(quantity_name(line.pk)) for line in lines}
        return {line_id: quantity for line_id, quantity in typed.items() if quantity}

    def require_codings(self, lines: Iterable[RequisitionLine]) -> None:
        """Ask that every line says what it is paid from, before the basket is sent."""
        for line in lines:
            field = self.fields[coding_name(line.pk)]
            field.required = True
            field.error_messages["required"] = _("Choose what %(name)s is paid from") % {
                "name": line.name
            }

    def require_one_for_all(self) -> None:
        """Ask which budget is meant, before every line is paid from it."""
        if "all_coding" in self.fields:
            field = self.fields["all_coding"]
            field.required = True
            field.error_messages["required"] = _("Choose what every line is paid from")


class PastedCodes(forms.Form):
    """Part numbers and quantities, a line each."""

    codes = forms.CharField(
        label=_("Part numbers and quantities"),
        widget=forms.Textarea,
        max_length=40_000,
        error_messages={
            "max_length": _("Paste fewer rows at once: first one part of your list, then the rest")
        },
        help_text=_("For example: AB-1234 and then 3, with a space, comma or tab between them."),
    )
    supplier = forms.ChoiceField(
        label=_("Whose part numbers are these?"),
        help_text=_("Only needed if two suppliers use the same part number."),
        required=False,
    )

    def __init__(self, *args: Any, suppliers: Choices, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["supplier"].choices = [("", _("Any supplier")), *suppliers]  # type: ignore[attr-defined]

    def clean_codes(self) -> str:
        """Return what was pasted, which must not be blanks and commas alone."""
        codes: str = self.cleaned_data["codes"]
        if not read_rows(codes):
            words = self.fields["codes"].error_messages["required"]
            raise forms.ValidationError(words, code="required")
        return codes


class Submission(forms.Form):
    """What a requisition says besides its lines."""

    title = forms.CharField(
        label=_("What is it for, in a few words?"),
        max_length=200,
        error_messages={
            "required": _("Enter in a few words what it is for"),
            "max_length": _("Say what it is for in %(limit_value)d characters or fewer"),
        },
        help_text=_("For example, “Chairs for the new reading room”."),
    )
    reason = forms.CharField(
        label=_("Why is it needed?"),
        max_length=2000,
        widget=forms.Textarea,
        error_messages={
            "required": _("Enter why it is needed"),
            "max_length": _("Say why it is needed in %(limit_value)d characters or fewer"),
        },
        help_text=_("Whoever approves it reads this. One or two sentences are enough."),
    )
    delivery_point = forms.ChoiceField(
        label=_("Where should it be delivered?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose where it should be delivered")},
    )
    needed_by_on = DayField(
        label=_("Needed by"),
        help_text=_("Leave it empty if there is no hurry. For example, 27 3 2027."),
        required=False,
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        points: Iterable[DeliveryPoint],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self._points = {str(point.pk): point for point in points}
        self.fields["delivery_point"].choices = [  # type: ignore[attr-defined]
            (key, f"{point.name}, {_one_line(point.address)}")
            for key, point in self._points.items()
        ]

    def deliver_to(self) -> str:
        """Return the chosen door as it is written on an order."""
        point = self._points[self.cleaned_data["delivery_point"]]
        return delivery_text(point.name, point.address, point.instructions)


class Decision(forms.Form):
    """What an approver says to what they saw.

    Why: money is spent by the word "approve" and by nothing else, not even by nothing at all.
    """

    REJECT: ClassVar[str] = "reject"

    verdict = forms.ChoiceField(
        choices=[("approve", _("Approve")), (REJECT, _("Turn down"))],
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Choose whether you approve it or turn it down"),
            "invalid_choice": _("Choose whether you approve it or turn it down"),
        },
    )
    content_hash = forms.CharField(
        widget=forms.HiddenInput,
        max_length=64,
        error_messages={
            "required": _("Open the requisition again, and decide on what it says now"),
            "max_length": _("Open the requisition again, and decide on what it says now"),
        },
    )
    comment = forms.CharField(
        label=_("Comment"),
        max_length=2000,
        widget=forms.Textarea,
        required=False,
        help_text=_("You must say why if you turn it down. Otherwise you may leave it empty."),
    )
    over_budget_reason = forms.CharField(
        label=_("Why may the budget be exceeded?"),
        max_length=2000,
        widget=forms.Textarea,
        required=False,
        help_text=_("Only fill this in if you approve although the budget is too small."),
    )


class Nothing(forms.Form):
    """A deed that asks nothing: it only has a place to show a refusal."""


class RequisitionFilter(forms.Form):
    """Which requisitions to show."""

    words = forms.CharField(label=_("Number or title"), max_length=100, required=False)
    status = forms.ChoiceField(
        label=_("State"), choices=[ANY, *REQUISITION_STATUS_LABELS.items()], required=False
    )
    whose = forms.ChoiceField(
        label=_("Whose"),
        choices=[("", _("Everybody’s")), ("mine", _("Mine"))],
        required=False,
    )


class RequisitionExport(RequisitionFilter, Period):
    """Which requisitions to take: as their list is narrowed, and when they were sent."""


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


def _one_line(address: str) -> str:
    return ", ".join(part.strip() for part in address.splitlines() if part.strip())
