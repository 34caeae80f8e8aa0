"""Form fields that Django lacks: a date in three boxes, an amount as people type it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Parts = dict[str, str]

FIRST_YEAR, LAST_YEAR = 1900, 2999
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class DayWidget(forms.Widget):
    """Three boxes, as GOV.UK asks for a date: name-day, name-month, name-year.

    A single value under the plain name, as 2027-03-31, is read too.
    """

    PARTS: ClassVar[tuple[str, ...]] = ("day", "month", "year")
    input_type = "text"

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Parts:  # noqa: ANN401
        """Return what was typed, part by part."""
        whole = data.get(name)
        if whole:
            return self.decompress(str(whole))
        return {part: str(data.get(f"{name}-{part}") or "").strip() for part in self.PARTS}

    def value_omitted_from_data(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str
    ) -> bool:
        """Tell whether nothing about this date was sent."""
        return name not in data and all(f"{name}-{part}" not in data for part in self.PARTS)

    def decompress(self, value: date | Parts | str | None) -> Parts:
        """Return the three parts of a date, of what was typed, or of 2027-03-31."""
        if isinstance(value, dict):
            return value
        if isinstance(value, date):
            return {"day": str(value.day), "month": str(value.month), "year": str(value.year)}
        year, _dash, rest = str(value or "").partition("-")
        month, _dash, day = rest.partition("-")
        return {"day": day, "month": month, "year": year}

    def wrong_parts(self, value: Parts | None) -> frozenset[str]:
        """Return the boxes to mark as wrong: the empty ones, or all three when none is."""
        empty = frozenset(part for part in self.PARTS if not (value or {}).get(part))
        return empty or frozenset(self.PARTS)

    def first_wrong(self, value: Parts | None) -> str:
        """Return the first box that is wrong."""
        wrong = self.wrong_parts(value)
        return next(part for part in self.PARTS if part in wrong)


class DayField(forms.Field):
    """A date, typed as day, month and year; the month may be a name."""

    widget = DayWidget
    default_error_messages = {
        "part": gettext_lazy("%(label)s must include a %(part)s"),
        "unreal": gettext_lazy("%(label)s must be a real date, like 27 3 2027"),
        "year": gettext_lazy("The year must have four digits, like 2027"),
        "early": gettext_lazy("%(label)s is too long ago. The year must be %(year)s or later"),
        "late": gettext_lazy("%(label)s is too far ahead. The year must be %(year)s or earlier"),
    }

    def to_python(self, value: Parts | date | None) -> date | None:
        """Return the date that was typed, None when nothing was."""
        if isinstance(value, date) or value is None:
            return value
        if not any(value.values()):
            return None
        label = str(self.label or "")
        if not label or label.endswith("?"):  # a question cannot begin a sentence
            label = _("The date")
        names = {"day": _("day"), "month": _("month"), "year": _("year")}
        for part in DayWidget.PARTS:
            if not value.get(part):
                message = self.error_messages["part"]
                raise forms.ValidationError(
                    message, code="part", params={"label": label, "part": names[part]}
                )
        return self._real(value, label)

    def _real(self, value: Parts, label: str) -> date:
        if re.fullmatch("[0-9]+", value["year"]) and len(value["year"]) != 4:
            raise forms.ValidationError(self.error_messages["year"], code="year")
        try:
            year = _whole(value["year"])
            # A year that Python does not have has the days of one that it has.
            day = date(year or 2000, _month(value["month"]), _whole(value["day"]))
        except ValueError as error:
            message = self.error_messages["unreal"]
            raise forms.ValidationError(message, code="unreal", params={"label": label}) from error
        for code, bound, is_beyond in (
            ("early", FIRST_YEAR, year < FIRST_YEAR),
            ("late", LAST_YEAR, year > LAST_YEAR),
        ):
            if is_beyond:
                raise forms.ValidationError(
                    self.error_messages[code], code=code, params={"label": label, "year": bound}
                )
        return day

    def has_changed(self, initial: date | None, data: Parts | None) -> bool:
        """Tell whether what was typed is another date than the one that was shown."""
        return self.widget_parts(initial) != self.widget_parts(data)

    @staticmethod
    def widget_parts(value: date | Parts | None) -> Parts:
        """Return the three parts, for a comparison."""
        return DayWidget().decompress(value)


def _month(typed: str) -> int:
    if typed[:3].lower() in MONTHS:
        return MONTHS.index(typed[:3].lower()) + 1
    return _whole(typed)


def _whole(typed: str) -> int:
    """Return a number in plain digits.

    Raises: ValueError.
    """
    if not re.fullmatch("[0-9]{1,4}", typed):
        raise ValueError
    return int(typed)


class OneFileInput(forms.FileInput):
    """The box of a file, which tells when several were sent under its name."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:  # noqa: ANN401
        """Return the file that was sent, None for none; a list where there are more."""
        sent = files.getlist(name) if hasattr(files, "getlist") else []
        return sent if len(sent) > 1 else super().value_from_datadict(data, files, name)


class OneFile(forms.FileField):
    """One file. Of several none is taken: nobody could tell which one was meant.

    Shapes: `accept` is what a browser offers to choose among, as HTML writes it.
    """

    widget = OneFileInput
    default_error_messages = {
        "several": gettext_lazy("One file goes at a time. Choose one, and send the next after it"),
    }

    def __init__(self, *, accept: str = "", **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        if accept:
            self.widget.attrs["accept"] = accept

    def clean(self, data: Any, initial: Any = None) -> Any:  # noqa: ANN401
        """Return the file.

        Raises: ValidationError when several were sent.
        """
        if isinstance(data, list):
            raise forms.ValidationError(self.error_messages["several"], code="several")
        return super().clean(data, initial)


# Commas and blanks only where thousands end: whoever typed 1,5 may have meant one and a half.
_POUNDS = re.compile(
    r"(-?)\s*£?\s*(-?)\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?:\s[0-9]{3})+|[0-9]*)(\.[0-9]*)?"
)


class PoundsField(forms.DecimalField):
    """An amount in pounds as people type it: "£1,234.50", "1 234.5"."""

    widget = forms.TextInput
    default_error_messages = {
        "invalid": gettext_lazy("Enter an amount in pounds, like 1,234.50"),
    }

    def __init__(self, *, max_digits: int = 14, decimal_places: int = 2, **options: Any) -> None:  # noqa: ANN401
        super().__init__(max_digits=max_digits, decimal_places=decimal_places, **options)

    def to_python(self, value: object) -> Decimal | None:  # type: ignore[override]
        """Return the amount, None when nothing was typed."""
        if isinstance(value, str):
            value = value.strip()
            if not _POUNDS.fullmatch(value):
                raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
            value = re.sub(r"[£,\s]", "", value)
        return super().to_python(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return no min, max or step: the box is plain text."""
        return {"inputmode": "decimal"}
