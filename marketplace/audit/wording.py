"""Events in words: what was so before, and what is so since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from marketplace.audit.models import Event


@dataclass(frozen=True, slots=True)
class Change:
    """One fact, before and after; empty where there was none."""

    name: str
    before: str
    after: str


def changes(event: Event) -> list[Change]:
    """Return what an event changed, fact by fact, in the order of their names."""
    names = sorted({*event.before, *event.after})
    return [
        Change(_fact_name(name), _value(event.before.get(name)), _value(event.after.get(name)))
        for name in names
    ]


def subject_in_words(event: Event) -> str:
    """Return what an event is about: its reference, or else what kind of thing it is."""
    kind = event.subject_type.rpartition(".")[2].replace("_", " ")
    return event.subject_reference or _(kind.capitalize())


def _fact_name(name: str) -> str:
    plain = name.removesuffix("_amount").removesuffix("_id").replace("_", " ").replace("-", " ")
    return _(plain.capitalize())


def _value(value: Any) -> str:  # noqa: ANN401  # any JSON
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value) or _("None")
    if isinstance(value, dict):
        return ", ".join(f"{_fact_name(name)}: {_value(value[name])}" for name in sorted(value))
    return str(value)
