"""What people type about goods that come and go: shapes only, no rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import FieldProblem, Refusal
from marketplace.ordering.models import OrderLine
from marketplace.ordering.models.receipts import RECEIPT_KIND_LABELS
from marketplace.ordering.receipts.rules import LONGEST_DELIVERY_NOTE, ReceivedLine
from marketplace.ordering.requisitions.forms import ANY, QuantityField
from marketplace.web.downloads import Period
from marketplace.web.fields import DayField

REPLACEMENT, CREDIT = "replacement", "credit"


class GoodsInFilter(forms.Form):
    """Which orders to show at the door."""

    words = forms.CharField(label=_("Order number or supplier"), max_length=100, required=False)
    late = forms.BooleanField(label=_("Only what should have come already"), required=False)


class ReceiptFilter(Period):
    """Which receipts to show, or to take."""

    words = forms.CharField(
        label=_("Number of the receipt or order, or supplier"), max_length=100, required=False
    )
    kind = forms.ChoiceField(
        label=_("What happened"), choices=[ANY, *RECEIPT_KIND_LABELS.items()], required=False
    )
    field_order = ("words", "kind", "since", "until")


class CountField(QuantityField):
    """How many were counted: nought or more, nothing if nobody counted."""

    def validate(self, value: Decimal | None) -> None:
        """Refuse less than nought."""
        forms.Field.validate(self, value)
        if value is not None and value < 0:
            raise forms.ValidationError(self.error_messages["min_value"], code="min_value")


class Count(forms.Form):
    """How much was counted of each line; a line’s box is numbered by its place."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  # a form's own
        lines: Sequence[OrderLine],
        counts: Mapping[UUID, Decimal],
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **options)
        self._lines = lines
        for place, line in enumerate(lines):
            count = counts.get(line.pk)
            self.fields[f"quantity-{place}"] = CountField(
                label=line.name,
                required=False,
                initial=None if count is None else f"{count.normalize():f}",
                error_messages={
                    "invalid": _("%(name)s: enter a number, like 3 or 2.5") % {"name": line.name},
                    "min_value": _("%(name)s: enter 0 or more") % {"name": line.name},
                },
            )

    def counted(self, *, with_nought: bool = False) -> list[ReceivedLine]:
        """Return what was counted, in the order of the boxes; nought only if it is asked for."""
        return [ReceivedLine(line.pk, count) for _place, line, count in self._said(with_nought)]

    def show(self, refusal: Refusal, *, with_nought: bool = False) -> None:
        """Put what a refusal says beside the box that it is about, or at the top."""
        said = self._said(with_nought)
        for problem in refusal.errors or [FieldProblem("", refusal.detail)]:
            name, words = problem.pointer, problem.detail
            if name.startswith("lines/") and said:
                place, line, _count = said[int(name.split("/")[1])]
                name, words = f"quantity-{place}", f"{line.name}: {words}"
            self.add_error(name if name in self.fields else None, words)

    def _said(self, with_nought: bool) -> list[tuple[int, OrderLine, Decimal]]:
        found = []
        for place, line in enumerate(self._lines):
            count = self.cleaned_data.get(f"quantity-{place}")
            if count or (with_nought and count is not None):
                found.append((place, line, count))
        return found


class Receiving(Count):
    """What has come."""

    received_on = DayField(
        label=_("When did it come?"),
        error_messages={"required": _("Enter the day on which it came")},
    )
    delivery_note = forms.CharField(
        label=_("Number of the delivery note"), max_length=LONGEST_DELIVERY_NOTE, required=False
    )
    note = forms.CharField(
        label=_("Is there anything to say about it?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea,
        help_text=_("The supplier may read this."),
    )


class Returning(Count):
    """What goes back."""

    outcome = forms.ChoiceField(
        label=_("What will the supplier do?"),
        choices=[
            (REPLACEMENT, _("Send others for it")),
            (CREDIT, _("Take it back for good, and not charge for it")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the supplier will do")},
    )
    reason = forms.CharField(
        label=_("Why does it go back?"),
        max_length=2000,
        widget=forms.Textarea,
        help_text=_("The supplier reads this."),
        error_messages={"required": _("Enter why it goes back")},
    )
    returned_on = DayField(
        label=_("When does it go back?"),
        error_messages={"required": _("Enter the day on which it goes back")},
    )
    delivery_note = forms.CharField(
        label=_("Number of the collection or delivery note"),
        max_length=LONGEST_DELIVERY_NOTE,
        required=False,
    )


class Correcting(Count):
    """What a receipt should have said."""

    reason = forms.CharField(
        label=_("What was wrong?"),
        max_length=2000,
        widget=forms.Textarea,
        help_text=_("The supplier reads this."),
        error_messages={"required": _("Enter what was wrong")},
    )


def all_to_come(lines: Iterable[OrderLine]) -> dict[UUID, Decimal]:
    """Return what is still to come of lines, to fill the boxes with."""
    return {line.pk: line.to_come_quantity for line in lines}
