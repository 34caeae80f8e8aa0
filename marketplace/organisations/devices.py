"""Browsers in which somebody has signed in before, whose guesses are counted apart.

Why: guesses at one person's password are limited, so that somebody who guesses on purpose would
keep that person out. A browser that has let them in holds a signed cookie, and what strangers do
does not count against it. It opens nothing: it is worth guesses of its own, as many as anybody's.
Source: OWASP, "Slow Down Online Guessing Attacks with Device Cookies"; decision 0014.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase  # noqa: TID251  # a cookie is an edge

from marketplace.organisations.models import User

SALT: Final = "marketplace.organisations.devices"
LASTS_SECONDS: Final = 180 * 24 * 60 * 60
# A browser on a counter has several people; the one who was last here the longest ago is dropped.
MOST_PEOPLE: Final = 5


@dataclass(frozen=True, slots=True)
class Device:
    """What a cookie says: a name that nobody can guess, and who has signed in there, last first."""

    name: str
    people: tuple[str, ...]


def device_of(request: HttpRequest) -> Device | None:
    """Return the browser that asks, if somebody has signed in with it; None for a stranger's."""
    try:
        said = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=LASTS_SECONDS
        )
        return Device(name=said["device"], people=tuple(said["people"]))
    except (signing.BadSignature, KeyError, TypeError):
        return None


def guesses_key(request: HttpRequest, person: User | None, email: str) -> str:
    """Return under which name guesses at this person from this browser are counted."""
    if person is None:
        return f"nobody:{email}"
    device = device_of(request)
    if device and str(person.pk) in device.people:
        return f"device:{device.name}:{person.pk}"
    return f"person:{person.pk}"


def remember_device(request: HttpRequest, user: User, **_facts: Any) -> None:  # noqa: ANN401
    """Note that somebody has just signed in, with everything that was asked of them."""
    request.signed_in_by = str(user.pk)  # type: ignore[attr-defined]


class DeviceMiddleware:
    """Gives the cookie to a browser in which somebody has just signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, and look afterwards who signed in."""
        response = self.get_response(request)
        person = getattr(request, "signed_in_by", None)
        if person:
            before = device_of(request) or Device(name=secrets.token_urlsafe(16), people=())
            others = [each for each in before.people if each != person]
            said = {"device": before.name, "people": [person, *others][:MOST_PEOPLE]}
            response.set_cookie(
                settings.DEVICE_COOKIE_NAME,
                signing.dumps(said, salt=SALT),
                max_age=LASTS_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response
