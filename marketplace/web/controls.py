"""Which GOV.UK component draws a field of a plain Django form, and with what parameters.

The macro `field` in web/forms.html asks here. Forms stay plain: what is wrong is put into words
here too, since Django's own ("This field is required.") do not say what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.boundfield import BoundField
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from marketplace.web.complaints import complaints
from marketplace.web.fields import DayWidget

Params = dict[str, Any]


def control(form: forms.Form, name: str, kind: str = "", **options: Any) -> Params:  # noqa: ANN401
    """Return the component and its parameters for one field of a form.

    Shapes: in, `kind` as in KINDS or "" to go by the field's widget; options label, hint, classes,
    prefix, suffix, rows, items (for what radios and checkboxes say beside each choice: a mapping
    of value to hint), page_heading, autocomplete, inputmode, spellcheck, attributes. Out, {"kind",
    "params"}; params are the GOV.UK component's own.
    Raises: KeyError when the form has no such field.
    """
    bound = form[name]
    kind = kind or _kind_of(bound)
    params: Params = {"name": bound.html_name, "id": bound.auto_id or bound.html_name}
    hint = options.pop("hint") if "hint" in options else bound.help_text
    if hint:
        # Help that a form marked as safe is HTML (Django's own list of password rules is).
        params["hint"] = {"html" if isinstance(hint, SafeString) else "text": str(hint)}
    wrong = complaints(form, name)
    if wrong:
        lines = format_html_join(SafeString("<br>"), "{}", ((each,) for each in wrong))
        params["errorMessage"] = {"html": lines} if len(wrong) > 1 else {"text": wrong[0]}
    if options.get("attributes"):
        params["attributes"] = options["attributes"]
    return KINDS[kind](bound, params, options)


def has_errors(*forms_shown: forms.Form) -> bool:
    """Tell whether a page must be titled "Error:"."""
    return any(form.errors for form in forms_shown)


def error_list(*forms_shown: forms.Form) -> list[Params]:
    """Return the links of the error summary, in the order of the fields on the page."""
    found: list[Params] = []
    for form in forms_shown:
        found += [{"text": text} for text in complaints(form, NON_FIELD_ERRORS)]
        for name in form.fields:
            target = f"#{_target(form[name])}"
            found += [{"text": text, "href": target} for text in complaints(form, name)]
    return found


def _target(bound: BoundField) -> str:
    """Return the id of the input that an error's link moves the focus to."""
    plain = bound.auto_id or bound.html_name
    if isinstance(bound.field.widget, DayWidget):
        return f"{plain}-{bound.field.widget.first_wrong(bound.data)}"
    return plain


def _kind_of(bound: BoundField) -> str:
    widget = bound.field.widget
    return next((kind for cls, kind in WIDGETS if isinstance(widget, cls)), "input")


def _label(bound: BoundField, options: Params) -> Params:
    label: Params = {"text": str(options.get("label") or bound.label)}
    if options.get("page_heading"):
        label |= {"isPageHeading": True, "classes": "govuk-label--l"}
    elif options.get("label_classes"):
        label["classes"] = options["label_classes"]
    return label


def _legend(bound: BoundField, options: Params) -> Params:
    legend = _label(bound, options)
    legend["classes"] = "govuk-fieldset__legend--" + ("l" if options.get("page_heading") else "s")
    return {"legend": legend}


def _text_value(bound: BoundField) -> str:
    value = bound.value()
    return "" if value is None else str(value)


def _input(bound: BoundField, params: Params, options: Params) -> Params:
    widget = bound.field.widget
    attrs = widget.attrs
    params |= {
        "label": _label(bound, options),
        "value": _text_value(bound),
        "type": getattr(widget, "input_type", "text"),
        "classes": options.get("classes", ""),
    }
    if isinstance(widget, forms.NumberInput):
        # GOV.UK: type=number loses what was typed when it is not a number, and scrolls by accident.
        params["type"] = "text"
        params["inputmode"] = (
            "numeric" if isinstance(bound.field, forms.IntegerField) else "decimal"
        )
        if isinstance(bound.field, forms.DecimalField | forms.FloatField):
            params["inputmode"] = "decimal"
        params["classes"] = params["classes"] or "govuk-input--width-10"
    for wanted in ("autocomplete", "inputmode", "spellcheck", "autocapitalize"):
        value = options.get(wanted, attrs.get(wanted))
        if value is not None:
            params[wanted] = value
    for affix in ("prefix", "suffix"):
        if options.get(affix):
            params[affix] = {"text": options[affix]}
    return {"kind": "input", "params": params}


def _money(bound: BoundField, params: Params, options: Params) -> Params:
    options = {"prefix": "£", "classes": "govuk-input--width-10", "inputmode": "decimal"} | options
    made = _input(bound, params, {**options, "spellcheck": False})
    made["params"]["type"] = "text"
    return made


def _password(bound: BoundField, params: Params, options: Params) -> Params:
    params["label"] = _label(bound, options)
    autocomplete = options.get("autocomplete") or bound.field.widget.attrs.get("autocomplete")
    params["autocomplete"] = autocomplete or "current-password"
    params |= {
        "showPasswordText": _("Show"),
        "hidePasswordText": _("Hide"),
        "showPasswordAriaLabelText": _("Show password"),
        "hidePasswordAriaLabelText": _("Hide password"),
        "passwordShownAnnouncementText": _("Your password is visible"),
        "passwordHiddenAnnouncementText": _("Your password is hidden"),
    }
    return {"kind": "password", "params": params}


def _textarea(bound: BoundField, params: Params, options: Params) -> Params:
    params |= {
        "label": _label(bound, options),
        "value": _text_value(bound),
        "rows": str(options.get("rows", bound.field.widget.attrs.get("rows", 5))),
    }
    if "classes" in options:
        params["classes"] = options["classes"]
    return {"kind": "textarea", "params": params}


def _file(bound: BoundField, params: Params, options: Params) -> Params:
    params["label"] = _label(bound, options)
    accept = options.get("accept", bound.field.widget.attrs.get("accept"))
    if accept:
        params["attributes"] = {**params.get("attributes", {}), "accept": accept}
    return {"kind": "file", "params": params}


def _select(bound: BoundField, params: Params, options: Params) -> Params:
    params |= {
        "label": _label(bound, options),
        "items": [
            {"value": value, "text": text, "selected": chosen}
            for value, text, chosen in _choices(bound)
        ],
        "classes": options.get("classes", ""),
    }
    return {"kind": "select", "params": params}


def _many(kind: str, bound: BoundField, params: Params, options: Params) -> Params:
    hints = options.get("items") or {}
    items = []
    for value, text, chosen in _choices(bound):
        item: Params = {"value": value, "text": text, "checked": chosen}
        if value in hints:
            item["hint"] = {"text": str(hints[value])}
        items.append(item)
    params |= {"idPrefix": params["id"], "fieldset": _legend(bound, options), "items": items}
    if options.get("classes"):
        params["classes"] = options["classes"]
    return {"kind": kind, "params": params}


def _radios(bound: BoundField, params: Params, options: Params) -> Params:
    made = _many("radios", bound, params, options)
    # An empty choice is Django's way to leave a radio unanswered; nobody needs to see it.
    made["params"]["items"] = [item for item in made["params"]["items"] if item["value"] != ""]
    return made


def _checkboxes(bound: BoundField, params: Params, options: Params) -> Params:
    return _many("checkboxes", bound, params, options)


def _checkbox(bound: BoundField, params: Params, options: Params) -> Params:
    """Draw a yes-or-no field: one box whose label is the question, the hint beneath it."""
    item: Params = {
        "value": "on",
        "text": str(options.get("label") or bound.label),
        "checked": bool(bound.value()),
        "id": params["id"],
    }
    if "hint" in params:
        item["hint"] = params.pop("hint")
    params |= {"idPrefix": params["id"], "items": [item]}
    return {"kind": "checkboxes", "params": params}


def _date(bound: BoundField, params: Params, options: Params) -> Params:
    widget = bound.field.widget
    if not isinstance(widget, DayWidget):
        return _input(bound, params, {"classes": "govuk-input--width-10", **options})
    shown = bound.value()
    values = widget.decompress(shown)
    wrong = widget.wrong_parts(bound.data) if "errorMessage" in params else frozenset()
    names = {"day": _("Day"), "month": _("Month"), "year": _("Year")}
    params |= {
        "fieldset": _legend(bound, options) | {"role": "group"},
        "items": [
            {
                "id": f"{params['id']}-{part}",
                "name": f"{params['name']}-{part}",
                "label": names[part],
                "value": values[part],
                "classes": f"govuk-input--width-{4 if part == 'year' else 2}"
                + (" govuk-input--error" if part in wrong else ""),
            }
            for part in DayWidget.PARTS
        ],
    }
    return {"kind": "date", "params": params}


def _choices(bound: BoundField) -> Iterable[tuple[str, str, bool]]:
    """Return value, text and whether chosen for every choice, groups laid flat."""
    value = bound.value()
    chosen = value if isinstance(value, list | tuple | set) else [value]
    picked = {"" if one is None else str(one) for one in chosen}
    for option_value, text in _flat(bound.field.choices):  # type: ignore[attr-defined]
        plain = "" if option_value is None else str(option_value)
        yield plain, str(text), plain in picked


def _flat(choices: Iterable[tuple[Any, Any]]) -> Iterable[tuple[Any, Any]]:
    for value, text in choices:
        if isinstance(text, list | tuple):
            yield from text
        else:
            yield value, text


KINDS = {
    "input": _input,
    "money": _money,
    "password": _password,
    "textarea": _textarea,
    "file": _file,
    "select": _select,
    "radios": _radios,
    "checkboxes": _checkboxes,
    "checkbox": _checkbox,
    "date": _date,
}

# The first that fits, so the narrower classes come first.
WIDGETS: tuple[tuple[type[forms.Widget], str], ...] = (
    (DayWidget, "date"),
    (forms.CheckboxSelectMultiple, "checkboxes"),  # which Django derives from RadioSelect
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "checkbox"),
    (forms.PasswordInput, "password"),
    (forms.Textarea, "textarea"),
    (forms.FileInput, "file"),
    (forms.Select, "select"),
)
