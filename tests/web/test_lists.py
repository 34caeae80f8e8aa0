"""What was chosen to narrow a list."""

from __future__ import annotations

import pytest
from django import forms

from marketplace.web.lists import chosen_in


class Narrowing(forms.Form):
    words = forms.CharField(max_length=5, required=False)
    status = forms.ChoiceField(choices=[("", "Any"), ("OPEN", "Open")], required=False)


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        (None, {}),
        ({}, {}),
        ({"words": " "}, {}),
        ({"words": "stool"}, {"words": "stool"}),
        ({"words": "stool", "status": "OPEN"}, {"words": "stool", "status": "OPEN"}),
        ({"words": "stool", "status": "NOPE"}, {}),
        ({"words": "longer than five", "status": "OPEN"}, {}),
    ],
)
def test_is_what_the_form_understood_or_nothing(asked, chosen):
    assert chosen_in(Narrowing(asked)) == chosen
