"""Who is acting, as the edges see it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Actor
from marketplace.core.errors import Forbidden


class NoMembership(Forbidden):
    """A person is signed in, and acts for nobody."""

    code = "access.no-membership"
    title = gettext_lazy("You do not belong to an organisation here.")
    advice = gettext_lazy(
        "Ask an administrator of your council, or of your company, to add you to its people."
    )


def actor(request: HttpRequest | Any) -> Actor:  # noqa: ANN401  # a DRF request is not an HttpRequest
    """Return who is acting in this request.

    The middleware of marketplace.organisations sets `request.actor`, and so does the API's token
    authentication, on the request that Django made.
    Raises: NoMembership.
    """
    found = actor_or_none(request)
    if found is None:
        raise NoMembership
    return found


def actor_or_none(request: HttpRequest | Any) -> Actor | None:  # noqa: ANN401  # as above
    """Return who is acting in this request, None when it is nobody."""
    found = getattr(request, "actor", None)
    return found if isinstance(found, Actor) else None
