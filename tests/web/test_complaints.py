"""What is wrong with a field, in every form of the product, is said as what to do."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest
from django import forms

from tests.architecture.source import modules

FORM_MODULES = [each.name for each in modules() if each.path.name == "forms.py"]


def questions() -> Iterator[tuple[str, str, forms.Field]]:
    """Fields of every form that must be filled in and are labelled with a question."""
    for path in FORM_MODULES:
        module = import_module(path.removesuffix(".py").replace("/", "."))
        for form in vars(module).values():
            if isinstance(form, type) and issubclass(form, forms.Form):
                for name, field in form.base_fields.items():
                    if field.required and str(field.label or "").endswith("?"):
                        yield form.__name__, name, field


FOUND = {f"{form}.{name}": field for form, name, field in questions()}


def test_there_are_such_questions():
    assert {"TrustForm.roles", "StandIn.delegate", "TokenForm.scopes"} <= FOUND.keys()


@pytest.mark.parametrize("place", sorted(FOUND))
def test_a_question_that_was_left_out_is_answered_with_what_to_do(place):
    """Words made of the label would only say the question again."""
    said = str(FOUND[place].error_messages["required"])
    assert said.startswith(("Choose ", "Enter ", "Select ", "Tick "))
