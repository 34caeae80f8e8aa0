"""Every way to say no is looked for by some test: the refusals, and the database's own rules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from django.apps import apps

from tests.architecture.source import PACKAGES, modules, modules_of_tests

KINDS = {"Refusal", "Invalid", "Forbidden", "Missing", "Conflict"}


def _said(modules_that_say) -> set[str]:
    """Every name and every code, dots and dashes and all, that stands in these modules."""
    return {
        word
        for module in modules_that_say
        if not module.name.endswith("test_named.py")
        for pattern in (r"\w+", r"\w[\w.-]*\w")
        for word in re.findall(pattern, module.text)
    }


def _classes() -> Iterator[tuple[str, set[str], str]]:
    """Each class of the product: its name, the last names of its bases, its code."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base).rsplit(".", 1)[-1] for base in node.bases}
                codes = [
                    each.value.value
                    for each in node.body
                    if isinstance(each, ast.Assign)
                    and ast.unparse(each.targets[0]) == "code"
                    and isinstance(each.value, ast.Constant)
                ]
                yield node.name, bases, codes[0] if codes else ""


def refusals() -> dict[str, str]:
    """The code of each refusal, by the name of its class."""
    found: dict[str, str] = {}
    there = list(_classes())
    while True:
        more = {
            name: code
            for name, bases, code in there
            if bases & (KINDS | found.keys()) and name not in KINDS | found.keys()
        }
        if not more:
            return found
        found |= more


def test_every_refusal_is_named_by_a_test():
    said = _said(modules_of_tests())
    found = refusals()
    assert len(found) > 80
    assert {name for name, code in found.items() if not said & {name, code}} == set()


def test_every_rule_of_the_database_is_named_by_a_test():
    said = _said(modules_of_tests())
    names = {
        constraint.name
        for model in apps.get_models()
        if model.__module__.partition(".")[0] in PACKAGES
        for constraint in model._meta.constraints
    }
    assert len(names) > 100
    assert names - said == set()
