"""What people type about who approves what: shape only, no rules.

The rules are drafted on a page without a script: the page carries the whole draft, and each of
its buttons (add, remove, put earlier) sends it and gets it back changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.crypto import salted_hmac
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from marketplace.approvals.ladder import rungs_of
from marketplace.approvals.rules import TierStep, Who
from marketplace.web.fields import DayField, PoundsField

Choices = Sequence[tuple[str, Any]]

MOST_RUNGS = 10
MOST_STEPS = 6
WHO_CHOICES = [
    (Who.HOLDER.value, _("The holder of the cost centre")),
    (Who.ANY_APPROVER.value, _("Any approver")),
    (Who.PEOPLE.value, _("People by name")),
]


@dataclass(frozen=True, slots=True)
class DraftStep:
    """One step as it was typed."""

    who: str = Who.ANY_APPROVER.value
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftRung:
    """One amount as it was typed, and its steps in order."""

    above: str = ""
    steps: tuple[DraftStep, ...] = (DraftStep(),)


@dataclass(frozen=True, slots=True)
class Draft:
    """Rules of approval as they were typed."""

    rungs: tuple[DraftRung, ...]
    over_budget: tuple[str, ...] = ()

    @classmethod
    def of(cls, tiers: Sequence[TierStep], over_budget_allowed_by: Sequence[UUID]) -> Draft:
        """Return rules as they would be typed."""
        rungs = tuple(
            DraftRung(
                _plain(rung.above_amount),
                tuple(
                    DraftStep(step.who.value, tuple(map(str, step.people))) for step in rung.steps
                ),
            )
            for rung in rungs_of(tiers)
        )
        return cls(rungs, tuple(map(str, over_budget_allowed_by)))

    @classmethod
    def sent(cls, data: MultiValueDict[str, str]) -> Draft:
        """Return what was typed, as far as its shape makes sense."""
        rungs = tuple(
            DraftRung(
                data.get(f"above-{i}", ""),
                tuple(
                    DraftStep(data.get(f"who-{i}-{j}", ""), tuple(data.getlist(f"people-{i}-{j}")))
                    for j in range(count)
                ),
            )
            for i, count in enumerate(_shape(data.get("shape", "")))
        )
        return cls(rungs, tuple(data.getlist("over_budget")))

    @property
    def shape(self) -> str:
        """How many steps each amount has."""
        return ",".join(str(len(rung.steps)) for rung in self.rungs)

    def after(self, button: str) -> Draft:
        """Return what a button makes of it; the same when the button means nothing here."""
        verb, *places = button.split(".")
        i, j = (_place(place) for place in (*places, "", "")[:2])
        rungs = list(self.rungs)
        if verb == "add-amount" and len(rungs) < MOST_RUNGS:
            rungs.append(DraftRung("", rungs[-1].steps))
        elif verb == "remove-amount" and 0 < i < len(rungs):
            del rungs[i]
        elif 0 <= i < len(rungs):
            rungs[i] = replace(rungs[i], steps=_changed(rungs[i].steps, verb, j))
        return replace(self, rungs=tuple(rungs))

    def initial(self) -> dict[str, Any]:
        """Return the values of the form's fields."""
        values: dict[str, Any] = {"shape": self.shape, "over_budget": list(self.over_budget)}
        for i, rung in enumerate(self.rungs):
            values[f"above-{i}"] = rung.above
            for j, step in enumerate(rung.steps):
                values[f"who-{i}-{j}"] = step.who
                values[f"people-{i}-{j}"] = list(step.people)
        return values


def _changed(steps: tuple[DraftStep, ...], verb: str, j: int) -> tuple[DraftStep, ...]:
    if verb == "add-step" and len(steps) < MOST_STEPS:
        return (*steps, DraftStep())
    if verb == "remove-step" and 0 <= j < len(steps) and len(steps) > 1:
        return steps[:j] + steps[j + 1 :]
    if verb == "earlier" and 0 < j < len(steps):
        return (*steps[: j - 1], steps[j], steps[j - 1], *steps[j + 1 :])
    return steps


def _place(text: str) -> int:
    """Return a small number in plain digits, -1 for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) else -1


def _shape(text: str) -> list[int]:
    parts = text.split(",") if text.isascii() else []
    counts = [_place(part) for part in parts[:MOST_RUNGS] if _place(part) >= 0]
    return [min(max(count, 1), MOST_STEPS) for count in counts] or [1]


def _plain(amount: Decimal) -> str:
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


class PolicyForm(forms.Form):
    """Who approves what: for each amount its steps, and who may allow more than a budget."""

    version = forms.IntegerField(min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput)
    shape = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        draft: Draft,
        people: Choices,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft
        for i, rung in enumerate(draft.rungs):
            if i:
                self.fields[f"above-{i}"] = PoundsField(
                    label=_("Above which amount, without VAT?"),
                    min_value=Decimal("0.01"),
                    error_messages={
                        "required": _("Enter the amount above which these people are asked"),
                        "min_value": _("Enter an amount above £0"),
                    },
                )
            for j in range(len(rung.steps)):
                self._add_step(i, j, people)
        self.fields["over_budget"] = forms.MultipleChoiceField(
            label=_("Who may allow more than a budget?"),
            choices=people,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("Only where a budget is set to warn. They must say why, and it is kept."),
            error_messages={"invalid_choice": _("Choose from the people who can approve now")},
        )

    def _add_step(self, i: int, j: int, people: Choices) -> None:
        self.fields[f"who-{i}-{j}"] = forms.ChoiceField(
            label=_("Who is asked?"),
            choices=WHO_CHOICES,
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose who is asked")},
        )
        self.fields[f"people-{i}-{j}"] = forms.MultipleChoiceField(
            label=_("Which people? One of them decides."),
            choices=people,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": _("Choose from the people who can approve now")},
        )

    def clean(self) -> dict[str, Any]:
        """Return what was typed.

        Raises: ValidationError where people are missing, or an amount is there twice.
        """
        said: dict[str, Any] = super().clean() or {}
        if not self._is_understood():
            message = _("Part of what you sent is missing. Check every amount and step below")
            self.add_error(None, message)
        seen: set[Decimal | None] = {Decimal(0)}
        for i, rung in enumerate(self.draft.rungs):
            amount = said.get(f"above-{i}")
            if amount is not None and amount in seen:
                self.add_error(f"above-{i}", _("This amount is here already; enter another"))
            seen.add(amount)
            for j in range(len(rung.steps)):
                self._check_step(said, i, j)
        return said

    def _is_understood(self) -> bool:
        """Tell whether the draft is the whole of what was sent.

        Why: rules of which a part was passed over would be weaker than those that were meant.
        """
        sent = {name for name in self.data if name.startswith(("above-", "who-", "people-"))}
        return self.data.get("shape", "") == self.draft.shape and sent <= self.fields.keys()

    def _check_step(self, said: Mapping[str, Any], i: int, j: int) -> None:
        who, name = said.get(f"who-{i}-{j}"), f"people-{i}-{j}"
        if name in self.errors or not who:
            return
        if who == Who.PEOPLE.value and not said.get(name):
            self.add_error(name, _("Choose at least one person"))
        if who != Who.PEOPLE.value and said.get(name):
            message = _("Choose “People by name” above, or take the ticks away here")
            self.add_error(name, message)

    def tiers(self) -> list[TierStep]:
        """Return the steps that were typed, once they are valid."""
        said: Mapping[str, Any] = self.cleaned_data
        found = []
        for i, rung in enumerate(self.draft.rungs):
            above = said[f"above-{i}"] if i else Decimal("0.00")
            for j in range(len(rung.steps)):
                who = Who(said[f"who-{i}-{j}"])
                people = said[f"people-{i}-{j}"] if who is Who.PEOPLE else []
                found.append(TierStep(above, j + 1, who, tuple(map(UUID, people))))
        return found

    def mark(self) -> str:
        """Return what stands for these rules, so that what is confirmed is what was checked."""
        said = (
            *(
                f"{t.above_amount} {t.step_order} {t.who} {[*map(str, t.people)]}"
                for t in self.tiers()
            ),
            *map(str, self.over_budget_allowed_by()),
        )
        return salted_hmac("approvals.draft", "\n".join(said), algorithm="sha256").hexdigest()

    def over_budget_allowed_by(self) -> list[UUID]:
        """Return who was chosen to allow more than a budget."""
        return [UUID(person) for person in self.cleaned_data["over_budget"]]


class TryOut(forms.Form):
    """A requisition that somebody might raise."""

    amount = PoundsField(
        label=_("How much, without VAT?"),
        min_value=Decimal(0),
        error_messages={"required": _("Enter an amount in pounds, like 750")},
    )
    cost_centre = forms.ChoiceField(label=_("Paid from which cost centre?"), required=False)
    requester = forms.ChoiceField(
        label=_("Who asks for it?"), error_messages={"required": _("Choose who asks for it")}
    )
    is_over_budget = forms.BooleanField(label=_("It is more than the budget has"), required=False)

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        cost_centres: Choices,
        people: Choices,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cost_centre"].choices = [("", _("None")), *cost_centres]  # type: ignore[attr-defined]
        self.fields["requester"].choices = [("", _("Choose")), *people]  # type: ignore[attr-defined]


class StandIn(forms.Form):
    """Who takes somebody's approvals, for which days and up to what."""

    delegate = forms.ChoiceField(
        label=_("Who stands in for you?"),
        error_messages={"required": _("Choose who stands in for you")},
    )
    from_on = DayField(label=_("First day"))
    until_on = DayField(label=_("Last day"))
    limit_amount = PoundsField(
        label=_("Up to what amount, without VAT?"),
        error_messages={"required": _("Enter the amount up to which they may approve, like 5,000")},
    )
    reason = forms.CharField(
        label=_("Why?"),
        max_length=500,
        help_text=_("For example, “annual leave”."),
        error_messages={"required": _("Enter why somebody stands in for you, like annual leave")},
    )

    def __init__(self, *args: Any, colleagues: Choices, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["delegate"].choices = [("", _("Choose")), *colleagues]  # type: ignore[attr-defined]
