"""What people type when they decide about invoices: shapes only, no rules."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

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
