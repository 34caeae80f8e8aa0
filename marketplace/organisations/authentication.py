"""Who is calling the API: a program with a token, or a person's own browser."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from marketplace.core.errors import Forbidden
from marketplace.core.tenancy import act_for, clear
from marketplace.organisations.models import ApiToken, User
from marketplace.organisations.rules import TOKEN_PREFIX, token_hash
from marketplace.organisations.selectors.people import actor_of, memberships_of
from marketplace.organisations.selectors.tokens import live_token

LONGEST_TOKEN = 100
_OWNER = (
    "SELECT token_id, membership_id, organisation_id, user_id FROM organisations_token_owner(%s)"
)


class SecondFactorNeeded(Forbidden):
    """A session of council staff calls the API without having shown a second factor."""

    code = "sign-in.second-factor-needed"
    title = gettext_lazy("Finish signing in first.")
    advice = gettext_lazy("Open any page of the site and show your second step, then try again.")


class TokenAuthentication(BaseAuthentication):
    """A token in the header "Authorization: Bearer mkt_…"."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the person for whom the token acts; None when the request has no such header.

        Raises: AuthenticationFailed in the same words whatever is wrong with the token.
        """
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = self._find(request, secret.strip())
        if found is None:
            clear()
            raise AuthenticationFailed(_("This token is not valid, or is no longer."))
        return found

    def authenticate_header(self, request: Request) -> str:
        """Return what an answer of 401 must say in WWW-Authenticate."""
        return 'Bearer realm="api"'

    def _find(self, request: Request, secret: str) -> tuple[User, ApiToken] | None:
        if not secret.startswith(TOKEN_PREFIX) or len(secret) > LONGEST_TOKEN:
            return None
        owner = _owner(token_hash(secret))
        if owner is None:
            return None
        token_id, membership_id, organisation_id, user_id = owner
        plain = request._request
        plain.has_acted = True  # type: ignore[attr-defined]
        act_for(organisation_id, user_id)
        token = live_token(token_id, timezone.now())  # noqa: TID251  # an edge
        memberships = list(memberships_of(user_id))
        membership = next((each for each in memberships if each.pk == membership_id), None)
        if token is None or membership is None:
            return None
        plain.actor = actor_of(membership, memberships_count=len(memberships))  # type: ignore[attr-defined]
        return membership.user, token


class SignedInAuthentication(SessionAuthentication):
    """A person's own session; every write must carry the token against forged requests."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """Return the signed-in person.

        Raises: PermissionDenied without a valid CSRF token; SecondFactorNeeded.
        """
        found = super().authenticate(request)
        if found is None:
            return None
        if getattr(request._request, "needs_second_factor", False):
            raise SecondFactorNeeded
        return found[0], None


def _owner(token_hash: str) -> tuple[UUID, UUID, UUID, UUID] | None:
    """Return whose token this is; asked before the connection acts for anybody."""
    with connection.cursor() as cursor:
        cursor.execute(_OWNER, [token_hash])
        row: tuple[UUID, UUID, UUID, UUID] | None = cursor.fetchone()
    return row
