"""The one thing that allauth tells by a signal and by nothing else: a factor was added or lost."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import HttpRequest  # noqa: TID251  # allauth hands it over

from marketplace.organisations.keys import is_sound
from marketplace.organisations.models import User
from marketplace.organisations.sessions import FACTORS, SECOND_FACTOR


def remember_second_factor(
    request: HttpRequest,
    user: User,
    authenticator: Authenticator,
    **_facts: Any,  # noqa: ANN401
) -> None:
    """Let the session in which somebody's first factor was set up count as having shown it.

    Why: recovery codes are told of too, and are none; beside another factor, a new one shows
    nothing about who added it; and what cannot be read as a key could never be shown.
    """
    if authenticator.type not in FACTORS or not is_sound(authenticator):
        return
    others = Authenticator.objects.filter(user=user, type__in=FACTORS).exclude(pk=authenticator.pk)
    if not others.exists():
        request.session[SECOND_FACTOR] = True
        # The session may more than before, so whoever knew its key must not know it now.
        request.session.cycle_key()
        UserSession.objects.create_from_request(request)
