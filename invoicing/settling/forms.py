"""What people type when they decide about invoices: shapes only, no rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from invoicing.matching.tolerances import Limit, Tolerances
from marketplace.ledger.models import Account, CostCentre

CHOOSE = ("", _("Choose"))


class Seen(forms.Form):
    """Which version of an invoice was looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class Approval(Seen):
    """Who pays for what no order says, where there is such a thing."""

    cost_centre = forms.TypedChoiceField(
        label=_("Cost centre"), coerce=UUID, empty_value=None, required=False
    )
    account = forms.TypedChoiceField(
        label=_("Account"), coerce=UUID, empty_value=None, required=False
    )

    def __init__(
        self,
        data: object = None,
        *,
        cost_centres: Sequence[CostCentre] = (),
        accounts: Sequence[Account] = (),
        **kwargs: object,
    ) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        for name, rows in (("cost_centre", cost_centres), ("account", accounts)):
            choices = [(str(row.pk), f"{row.code} {row.name}") for row in rows]
            self.fields[name].choices = [CHOOSE, *choices]  # type: ignore[attr-defined]

    def clean(self) -> None:
        """Ask for both or neither."""
        said = self.cleaned_data
        if said.get("cost_centre") and not said.get("account"):
            self.add_error("account", _("Choose an account as well"))
        if said.get("account") and not said.get("cost_centre"):
            self.add_error("cost_centre", _("Choose a cost centre as well"))

    @property
    def coding(self) -> tuple[UUID, UUID] | None:
        """Return what was chosen."""
        said = self.cleaned_data
        if not said.get("cost_centre") or not said.get("account"):
            return None
        return said["cost_centre"], said["account"]


class Release(Seen):
    """Why a difference is let through."""

    reason = forms.CharField(
        label=_("Why is it paid all the same?"),
        max_length=2000,
        widget=forms.Textarea,
        error_messages={"required": _("Enter why it is paid all the same")},
        help_text=_("It stands in the record beside your name."),
    )


class SendingBack(Seen):
    """Why an invoice goes back; the supplier reads it."""

    reason = forms.CharField(
        label=_("Why do you send it back?"),
        max_length=2000,
        widget=forms.Textarea,
        error_messages={"required": _("Enter why you send it back")},
        help_text=_("The supplier reads this, so say what has to be different."),
    )


class ChosenOrder(Seen):
    """Which order an invoice is for."""

    order_id = forms.UUIDField(
        required=True,
        error_messages={
            "required": _("Choose the order"),
            "invalid": _("Choose one of the orders in the list"),
        },
    )


class ChosenLine(Seen):
    """Which line of the order a line means."""

    NONE = "none"

    order_line = forms.CharField(
        error_messages={"required": _("Choose the line, or say that it is none of them")},
    )

    def clean_order_line(self) -> UUID | None:
        """Return the line that was chosen, None for none of them."""
        typed = self.cleaned_data["order_line"]
        if typed == self.NONE:
            return None
        try:
            return UUID(typed)
        except ValueError:
            raise forms.ValidationError(_("Choose one of the lines in the list")) from None


class OrderSearch(forms.Form):
    """Which orders to choose from."""

    words = forms.CharField(label=_("Number of the order"), max_length=100, required=False)


def _figure(label: Any, help_text: Any, **more: Any) -> forms.DecimalField:  # noqa: ANN401
    words = {
        "invalid": _("Enter a number, like 2 or 0.5"),
        "required": _("Enter a number. Enter 0 if nothing may be added"),
    }
    options = {"decimal_places": 2, "required": False} | more
    return forms.DecimalField(
        label=label, help_text=help_text, max_digits=10, error_messages=words, **options
    )


class AllowedDifferencesForm(forms.Form):
    """How far invoices may differ from their orders; an empty box is not tested."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    price_percent = _figure(
        _("How many per cent dearer may one thing be?"),
        _("With 2, a price of £10.00 may be up to £10.20. With 0, it must be exact."),
    )
    price_amount = _figure(
        _("And by how much at most?"),
        _("With 0.50, it may never be more than 50p dearer, whatever the percentage is."),
        decimal_places=4,
    )
    ordered_percent = _figure(
        _("How many per cent more than was ordered may be billed?"),
        _("With 5, of 100 that were ordered up to 105 may be billed. With 0, not one more."),
    )
    ordered_quantity = _figure(
        _("And how many more at most?"),
        _("With 2, never more than 2 too many, whatever the percentage is."),
        decimal_places=3,
    )
    needs_receipt = forms.TypedChoiceField(
        label=_("Do things have to have come before they are paid for?"),
        choices=[
            ("yes", _("Yes, somebody writes down first what has come")),
            ("no", _("No, the order is enough")),
        ],
        coerce=lambda said: said == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether things have to have come first.")},
    )
    received_percent = _figure(
        _("How many per cent more than has come may be billed?"),
        _("With 5, when 100 have come up to 105 may be billed. Of what has not come at all, none."),
    )
    received_quantity = _figure(
        _("And how many more at most?"),
        _("With 2, never more than 2 that have not come, whatever the percentage is."),
        decimal_places=3,
    )
    line_percent = _figure(
        _("How many per cent more may a line of an order cost in all?"),
        _("With 2, a line of £500.00 may come to £510.00, all its invoices together."),
    )
    line_amount = _figure(
        _("And by how much at most?"),
        _("With 5, no line may cost more than £5.00 more, whatever the percentage is."),
    )
    charges_amount = _figure(
        _("How much may be added that no line of the order speaks of?"),
        _("Carriage, for example. With 10, up to £10.00, all invoices of an order together."),
        required=True,
    )

    def tolerances(self) -> Tolerances:
        """Return what was typed, as the service takes it."""
        said = self.cleaned_data
        return Tolerances(
            unit_price=Limit(said["price_percent"], said["price_amount"]),
            ordered_quantity=Limit(said["ordered_percent"], said["ordered_quantity"]),
            received_quantity=Limit(said["received_percent"], said["received_quantity"]),
            line_total=Limit(said["line_percent"], said["line_amount"]),
            charges=said["charges_amount"],
            needs_receipt=said["needs_receipt"],
        )
