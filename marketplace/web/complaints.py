"""What is wrong with a field, in words that say what to do.

GOV.UK: "Enter the full name", not "This field is required". A form that has its own words for a
mistake keeps them; only Django's defaults are replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def complaints(form: forms.Form, name: str) -> list[str]:
    """Return what is wrong with one field (or with the form, for __all__), each a sentence."""
    return [_in_words(form, name, error) for error in form.errors.as_data().get(name, [])]


def _in_words(form: forms.Form, name: str, error: ValidationError) -> str:
    said = " ".join(error.messages)
    field = form.fields.get(name)
    if field is None or error.code is None or not _is_djangos(field, error):
        return said
    write = WORDS.get(error.code)
    label = str(form[name].label)
    if label.endswith("?") and error.code != "required":  # a question cannot begin a sentence
        label = _("The answer")
    return write(field, label, error.params or {}) if write else said


def _is_djangos(field: forms.Field, error: ValidationError) -> bool:
    """Tell whether the words are the default ones, rather than the form's own."""
    if error.code not in field.error_messages:
        return True  # a validator's: Django replaces its words when the field has some
    default: dict[str, Any] = {}
    for cls in reversed(type(field).__mro__):
        if cls.__module__.startswith("django."):
            default.update(vars(cls).get("default_error_messages", {}))
    return error.message == default.get(error.code) and (
        field.error_messages[error.code] == default.get(error.code)
    )


def _small(label: str) -> str:
    """Write a label within a sentence: 'Delivery date' small, 'VAT number' as it is."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _the(label: str) -> str:
    """Write a label as the thing that is asked for: "the delivery date", "their email address"."""
    small = _small(label)
    has_own = small.partition(" ")[0] in {"a", "an", "the", "this", "your", "their", "our"}
    return small if has_own else _("the %(thing)s") % {"thing": small}


def _required(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    if isinstance(field.widget, forms.CheckboxInput):
        return _("Tick the box “%(label)s”") % {"label": label}
    if label.endswith("?"):  # a form should have its own words; these are for one that forgot
        chosen = isinstance(field, forms.ChoiceField)
        words = _("Choose an answer to “%(label)s”") if chosen else _("Answer “%(label)s”")
        return words % {"label": label}
    if isinstance(field.widget, forms.FileInput):
        return _("Choose %(label)s") % {"label": _the(label)}
    if isinstance(field, forms.ChoiceField):
        return _("Select %(label)s") % {"label": _the(label)}
    return _("Enter %(label)s") % {"label": _the(label)}


def _invalid(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    if isinstance(field, forms.EmailField):
        return _("Enter an email address in the correct format, like name@example.com")
    if isinstance(field, forms.IntegerField) and not isinstance(
        field, forms.DecimalField | forms.FloatField
    ):
        return _("%(label)s must be a whole number, like 12") % {"label": label}
    if isinstance(field, forms.DecimalField | forms.FloatField):
        return _("%(label)s must be a number, like 12.50") % {"label": label}
    if isinstance(field, forms.DateField):
        return _("%(label)s must be a real date, like 27 3 2027") % {"label": label}
    return _("%(label)s is not in a form that we can read. Check it and try again.") % {
        "label": label
    }


def _email(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    return _("Enter an email address in the correct format, like name@example.com")


def _choice(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    return _("Select %(label)s from the list") % {"label": _the(label)}


def _max_length(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    limit = params.get("limit_value", params.get("max", 0))
    return ngettext(
        "%(label)s must be %(limit)d character or fewer",
        "%(label)s must be %(limit)d characters or fewer",
        limit,
    ) % {"label": label, "limit": limit}


def _min_length(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    limit = params.get("limit_value", 0)
    return ngettext(
        "%(label)s must be %(limit)d character or more",
        "%(label)s must be %(limit)d characters or more",
        limit,
    ) % {"label": label, "limit": limit}


def _max_value(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    return _("%(label)s must be %(limit)s or less") % {
        "label": label,
        "limit": params.get("limit_value"),
    }


def _min_value(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    return _("%(label)s must be %(limit)s or more") % {
        "label": label,
        "limit": params.get("limit_value"),
    }


def _places(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    return ngettext(
        "%(label)s must have no more than %(max)d decimal place",
        "%(label)s must have no more than %(max)d decimal places",
        params.get("max", 0),
    ) % {"label": label, "max": params.get("max", 0)}


def _digits(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    return _("%(label)s is too large. Check it and try again.") % {"label": label}


def _nul(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    return _("%(label)s has a character in it that cannot be stored. Type it again.") % {
        "label": label
    }


def _empty(field: forms.Field, label: str, params: dict[str, Any]) -> str:
    return _("The file that you chose is empty. Choose another one.")


WORDS: dict[str, Callable[[forms.Field, str, dict[str, Any]], str]] = {
    "required": _required,
    "invalid": _invalid,
    "invalid_choice": _choice,
    "invalid_list": _choice,
    "max_length": _max_length,
    "min_length": _min_length,
    "max_value": _max_value,
    "min_value": _min_value,
    "max_decimal_places": _places,
    "max_digits": _digits,
    "max_whole_digits": _digits,
    "null_characters_not_allowed": _nul,
    "empty": _empty,
    "missing": _empty,
}
