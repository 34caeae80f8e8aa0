"""Events in words: what was so before, and what is so since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from marketplace.audit.facts import FACTS
from marketplace.audit.models import Event
from marketplace.web.formats import day, money


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
        Change(
            _fact_name(name),
            _fact(name, event.before.get(name)),
            _fact(name, event.after.get(name)),
        )
        for name in names
    ]


def kind_in_words(event: Event) -> str:
    """Return what kind of thing an event is about; a kind that is no more keeps its plain name."""
    try:
        name = str(apps.get_model(event.subject_type)._meta.verbose_name)
    except LookupError:
        name = event.subject_type.rpartition(".")[2].replace("_", " ")
    return name[:1].upper() + name[1:]


def _fact_name(name: str) -> str:
    return str(FACTS.get(name, name))


def _fact(name: str, value: Any) -> str:  # noqa: ANN401  # any JSON
    if name in FACTS and name.endswith("_amount") and isinstance(value, str | int):
        try:
            return money(Decimal(value))
        except InvalidOperation:
            return str(value)
    if name in FACTS and name.endswith("_on") and isinstance(value, str) and value:
        try:
            return day(date.fromisoformat(value))
        except ValueError:
            return value
    return _value(value)


def _value(value: Any) -> str:  # noqa: ANN401  # any JSON
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value) or _("None")
    if isinstance(value, dict):
        return ", ".join(
            f"{_fact_name(name)}: {_fact(name, value[name])}" for name in sorted(value)
        )
    return str(value)
