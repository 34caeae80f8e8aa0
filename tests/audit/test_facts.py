"""The names of facts, in words."""

from __future__ import annotations

import ast

import pytest
from django.utils import translation

from catalogue.listings.rules import Offer
from invoicing.settling.services.allowing import COLUMNS
from marketplace.audit.facts import FACTS
from marketplace.audit.models import Event
from marketplace.audit.wording import changes
from marketplace.organisations.services.councils import CHANGEABLE
from tests.architecture.source import Module, called, in_role

# Keys of other things: of a place in a list that came, of what a job is told, of a row's columns.
OTHERS = {"amount", "council_id", "category_id"}


def _of_no_event(module: Module) -> set[int]:
    """The parts of a module whose keys fill a sentence or a job, and are no facts."""
    apart = [n.right for n in ast.walk(module.tree) if isinstance(n, ast.BinOp)]
    apart += [n.value for n in ast.walk(module.tree) if isinstance(n, ast.AugAssign)]
    apart += [
        n.value for n in module.tree.body if isinstance(n, ast.AnnAssign)
    ]  # tables, not facts
    for _name, call in called(module.tree):
        apart += [each.value for each in call.keywords if each.arg in {"payload", "facts"}]
    return {id(part) for each in apart for part in ast.walk(each)}


def _text(node: ast.AST | None) -> set[str]:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return {node.value} if is_text else set()


def recorded_in(module: Module) -> set[str]:
    """The names that a module gives to facts of events."""
    apart, found = _of_no_event(module), set[str]()
    for node in ast.walk(module.tree):
        if id(node) in apart:
            continue
        if isinstance(node, ast.Dict):
            found |= {name for key in node.keys for name in _text(key)}
        elif isinstance(node, ast.Assign):
            targets = (each for each in node.targets if isinstance(each, ast.Subscript))
            found |= {name for each in targets for name in _text(each.slice)}
    for name, call in called(module.tree):
        if name == "CodeList":
            (fields,) = (each.value for each in call.keywords if each.arg == "fields")
            found |= {word for each in ast.walk(fields) for word in _text(each)}
    return found - OTHERS


def test_every_name_that_a_service_records_has_words():
    found = set(CHANGEABLE) | set(Offer._fields) | set(COLUMNS.values())
    for module in in_role("services"):
        if any(name in {"record", "CodeList"} for name, _call in called(module.tree)):
            found |= recorded_in(module)
    assert {"net_amount", "lines", "on_behalf_of", "directorate"} <= found
    assert found - FACTS.keys() == set()


def test_is_translated_for_whoever_reads():
    with translation.override("en-gb"):
        assert str(FACTS["approval_limit_amount"]) == "Approval limit"
    assert not any(isinstance(words, str) for words in FACTS.values())


@pytest.mark.parametrize("code", ["LIB-0A", "lib_0a_amount", "R2-D2", "Widgets_id", "ordinary%s"])
def test_what_was_typed_is_shown_as_it_is(code):
    event = Event(before={}, after={code: {"name": "Libraries"}, "lines": {code: 1}})
    names = [change.name for change in changes(event)]
    assert sorted(names) == sorted([code, "Lines"])
    assert f"{code}: 1" in {change.after for change in changes(event)}


def test_days_are_written_as_people_write_them():
    event = Event(before={}, after={"received_on": "2026-11-23", "pay_on": None, "until_on": "x"})
    assert [change.after for change in changes(event)] == ["", "23 November 2026", "x"]
