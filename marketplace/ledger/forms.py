"""What people type about budgets, cost centres and accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from marketplace.core.dates import financial_year_label
from marketplace.core.tables.checked import MOST_BYTES
from marketplace.ledger.models import Account, CostCentre
from marketplace.ledger.models.coding import ACCOUNT_KIND_LABELS
from marketplace.ledger.models.journals import ACCOUNT_ROLE_LABELS
from marketplace.ledger.parts import PART_WORDS
from marketplace.ledger.selectors.coding import people_who_may_hold
from marketplace.ledger.selectors.controls import version_of
from marketplace.ledger.services.columns import beginnings
from marketplace.ledger.states import ROLE_KINDS, AccountRole
from marketplace.web.fields import OneFile, PoundsField

STOP, WARN = "stop", "warn"
Choices = list[tuple[int, str]]
OVER_BUDGET = [
    (STOP, _("Nothing more can be approved")),
    (WARN, _("Named people may allow more, and must say why")),
]


def _labelled(years: Iterable[int]) -> Choices:
    """Return financial years as choices."""
    return [(year, financial_year_label(year)) for year in years]


class BudgetSearch(forms.Form):
    """Which budgets to show."""

    year = forms.TypedChoiceField(label=_("Financial year"), coerce=int, required=False)
    words = forms.CharField(label=_("Code or name"), max_length=100, required=False)

    def __init__(self, *args: object, years: Sequence[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["year"].choices = _labelled(years)  # type: ignore[attr-defined]


class BudgetForm(forms.Form):
    """One figure, and why it changes."""

    amount = PoundsField(label=_("Budget"), min_value=0)
    over_budget = forms.ChoiceField(
        label=_("When it runs out"), choices=OVER_BUDGET, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("Why does it change?"),
        help_text=_("For example: moved from repairs. It stands in the audit trail."),
        max_length=500,
        error_messages={"required": _("Enter why the budget changes")},
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class BudgetAddForm(forms.Form):
    """One budget that was not there."""

    financial_year = forms.TypedChoiceField(label=_("Financial year"), coerce=int)
    cost_centre = forms.TypedChoiceField(label=_("Cost centre"), coerce=UUID)
    account = forms.TypedChoiceField(
        label=_("Account"), help_text=_("What the money is spent on."), coerce=UUID
    )
    amount = PoundsField(
        label=_("Budget"),
        help_text=_("In pounds without the VAT that the council gets back."),
        min_value=0,
    )
    over_budget = forms.ChoiceField(
        label=_("When it runs out"), choices=OVER_BUDGET, widget=forms.RadioSelect, initial=STOP
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        years: Sequence[int],
        cost_centres: Iterable[CostCentre],
        accounts: Iterable[Account],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["financial_year"].choices = _labelled(years)  # type: ignore[attr-defined]
        for name, rows in (("cost_centre", cost_centres), ("account", accounts)):
            offered = [(str(each.pk), f"{each.code} {each.name}") for each in rows]
            self.fields[name].choices = [("", _("Choose one")), *offered]  # type: ignore[attr-defined]


class MonthsSearch(forms.Form):
    """Which months to show."""

    year = forms.TypedChoiceField(label=_("Financial year"), coerce=int, required=False)

    def __init__(self, *args: object, years: Sequence[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["year"].choices = _labelled(years)  # type: ignore[attr-defined]


class OpenYearForm(forms.Form):
    """Which year to open."""

    financial_year = forms.TypedChoiceField(
        label=_("Which financial year?"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a financial year")},
    )

    def __init__(self, *args: object, years: Sequence[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["financial_year"].choices = _labelled(years)  # type: ignore[attr-defined]


class ReopenMonthForm(forms.Form):
    """Why a month is opened again."""

    reason = forms.CharField(
        label=_("Why is it opened again?"),
        help_text=_("For example: a bill was posted twice. It stands in the audit trail."),
        max_length=500,
        error_messages={"required": _("Enter why the month is opened again")},
    )


class ControlAccountsForm(forms.Form):
    """Which account plays which part. A part that was given stays with some account.

    Shapes: `chosen` are the accounts by their part, `offered` those in use.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        chosen: Mapping[AccountRole, Account],
        offered: Sequence[Account],
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered
        # Which choice somebody saw when they began, so that no other one's is undone unseen.
        self.fields["version"] = forms.CharField(
            widget=forms.HiddenInput, initial=version_of(chosen), max_length=64, required=False
        )
        for role, kind in ROLE_KINDS.items():
            present = chosen.get(role)
            fitting = {each.pk: each for each in offered if each.kind == kind.value}
            if present:
                fitting.setdefault(present.pk, present)
            choices = [(str(each.pk), f"{each.code} {each.name}") for each in fitting.values()]
            self.fields[role.lower()] = forms.TypedChoiceField(
                label=ACCOUNT_ROLE_LABELS[role],
                help_text=PART_WORDS[role],
                choices=choices if present else [("", _("Not chosen yet")), *choices],
                coerce=UUID,
                empty_value=None,
                required=present is not None,
                initial=str(present.pk) if present else "",
            )

    def clean(self) -> dict[str, Any]:
        """Refuse a choice of nothing, which would look as if it had been saved.

        Raises: ValidationError, at the first part.
        """
        asked: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(asked.get(role.lower()) for role in ROLE_KINDS):
            first = next(iter(ROLE_KINDS)).lower()
            self.add_error(first, _("Nothing is chosen. Choose an account for one part or more"))
        return asked

    def accounts(self) -> dict[AccountRole, UUID]:
        """Return the parts that have an account, as the service takes them."""
        typed = {role: self.cleaned_data[role.lower()] for role in ROLE_KINDS}
        return {role: account_id for role, account_id in typed.items() if account_id}


class ListSearch(forms.Form):
    """Which codes to show."""

    words = forms.CharField(label=_("Code or name"), max_length=100, required=False)
    retired = forms.BooleanField(label=_("Show those that are retired"), required=False)


class SeenForm(forms.Form):
    """Which version somebody saw when they pressed the button."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class SeenFileForm(forms.Form):
    """What somebody saw that a file would change."""

    mark = forms.CharField(widget=forms.HiddenInput, max_length=64)


class FileForm(forms.Form):
    """A file of a list."""

    file = OneFile(
        label=_("The file"),
        help_text=_(
            "A CSV file or an Excel workbook (.xlsx), as your finance system or your spreadsheet"
            " saves it."
        ),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse a file that is larger than any such list is."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                _("The file must be smaller than %(limit)d MB."),
                params={"limit": MOST_BYTES // 1_000_000},
            )
        return file


class BudgetFileForm(FileForm):
    """A file of the budgets of a year."""

    year = forms.TypedChoiceField(label=_("Financial year"), coerce=int)

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = _labelled(years)  # type: ignore[attr-defined]
        self.order_fields(["year", "file"])


class CodeForm(forms.Form):
    """What every list of codes has; a code that is there keeps it."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("As in your finance system, with the noughts before it. It cannot be changed."),
        max_length=20,
    )
    name = forms.CharField(label=_("Name"), max_length=200)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, council_id: UUID, row: Any = None, **kwargs: Any) -> None:  # noqa: ANN401
        if row is not None:
            kwargs["initial"] = {name: getattr(row, name, None) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        self.council_id = council_id
        self.row = row
        del self.fields["version" if row is None else "code"]
        self.prepare()

    def prepare(self) -> None:
        """Set what depends on the council; nothing, unless a list has such a thing."""

    def facts(self) -> dict[str, Any]:
        """Return what was typed, as services take it."""
        return {k: v for k, v in self.cleaned_data.items() if k not in {"code", "version"}}


class CostCentreForm(CodeForm):
    """A cost centre."""

    name_welsh = forms.CharField(label=_("Welsh name"), max_length=200, required=False)
    directorate = forms.CharField(label=_("Directorate"), max_length=200, required=False)
    holder_id = forms.TypedChoiceField(
        label=_("Who answers for it?"),
        help_text=_("An approver of your council. Approval rules can ask the holder first."),
        coerce=UUID,
        empty_value=None,
        required=False,
    )

    def prepare(self) -> None:
        """Offer those who may approve, and the present holder whatever they may now."""
        people = {each.pk: each.user.name for each in people_who_may_hold(self.council_id)}
        if self.row is not None and self.row.holder_id:
            people.setdefault(self.row.holder_id, self.row.holder.user.name)
        self.fields["holder_id"].choices = [("", _("Nobody yet")), *people.items()]  # type: ignore[attr-defined]


class AccountForm(CodeForm):
    """An account."""

    name_welsh = forms.CharField(label=_("Welsh name"), max_length=200, required=False)
    kind = forms.ChoiceField(
        label=_("Kind"),
        help_text=_("Only expense accounts are offered to people who buy."),
        choices=[(each.value, label) for each, label in ACCOUNT_KIND_LABELS.items()],
        widget=forms.RadioSelect,
        initial="expense",
    )
    categories = forms.CharField(
        label=_("CPV categories"),
        help_text=_(
            "CPV codes name kinds of goods and services. Give the beginnings of those that are"
            " bought on this account, such as 3019 for stationery, with a blank between them."
            " Whoever buys such a thing finds this account chosen for them."
        ),
        max_length=1000,
        required=False,
    )

    def prepare(self) -> None:
        """Show the beginnings as people type them."""
        if self.row is not None:
            self.initial["categories"] = " ".join(self.row.categories)

    def clean_categories(self) -> list[str]:
        """Return the beginnings, one by one."""
        return beginnings(self.cleaned_data["categories"])
