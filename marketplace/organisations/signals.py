"""The one thing that allauth tells by a signal and by nothing else: a factor was added or lost."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest  # noqa: TID251  # allauth hands it over

from marketplace.organisations.sessions import SECOND_FACTOR


def remember_second_factor(request: HttpRequest, **_facts: Any) -> None:  # noqa: ANN401
    """Let the session in which a factor was set up count as having shown it."""
    request.session[SECOND_FACTOR] = True
