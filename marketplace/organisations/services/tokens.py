"""Tokens that let a program act for a person."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.audit.services import record
from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Invalid
from marketplace.organisations.models import ApiToken
from marketplace.organisations.rules import LONGEST_TOKEN_LIFE, TOKEN_PREFIX, token_hash

RANDOM_BYTES = 32


class TokenNotAllowed(Invalid):
    """A token was asked for that nobody, or not this person, may have."""

    code = "token.not-allowed"
    title = gettext_lazy("You cannot make this token.")


class TokenRevoked(Conflict):
    """The token was revoked already."""

    code = "token.revoked-already"
    title = gettext_lazy("This token was revoked already.")


@transaction.atomic
def create_token(
    *,
    holder: Actor,
    name: str,
    scopes: Sequence[str],
    allowed_scopes: Collection[str],
    lasts: timedelta,
    at: datetime,
) -> tuple[ApiToken, str]:
    """Make a token that acts for its holder, and return it with its secret, which is not kept.

    Shapes: `allowed_scopes` are those that the holder's roles open.
    Raises: TokenNotAllowed.
    """
    _check(scopes, allowed_scopes, lasts)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    token = ApiToken.objects.create(
        organisation_id=holder.organisation_id,
        membership_id=holder.membership_id,
        name=name,
        scopes=sorted(set(scopes)),
        hash=token_hash(secret),
        hint=secret[-4:],
        created_at=at,
        expires_at=at + lasts,
    )
    record(
        "token.created",
        token,
        actor=holder,
        at=at,
        organisation_id=holder.organisation_id,
        after={"scopes": token.scopes, "expires_at": token.expires_at},
    )
    return token, secret


@transaction.atomic
def revoke_token(*, holder: Actor, token_id: UUID, at: datetime) -> ApiToken:
    """Make one of the holder's own tokens useless at once.

    Raises: Missing, TokenRevoked.
    """
    mine = ApiToken.objects.of(holder.organisation_id).filter(membership_id=holder.membership_id)
    token = mine.lock(token_id)
    if token.revoked_at is not None:
        raise TokenRevoked
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])
    record(
        "token.revoked",
        token,
        actor=holder,
        at=at,
        organisation_id=holder.organisation_id,
    )
    return token


def _check(scopes: Sequence[str], allowed: Collection[str], lasts: timedelta) -> None:
    if not scopes:
        raise TokenNotAllowed(_("Choose at least one thing that it may do."), field="scopes")
    strange = sorted(set(scopes) - set(allowed))
    if strange:
        raise TokenNotAllowed(
            _("Your roles do not let you do this yourself: %(scopes)s.")
            % {"scopes": ", ".join(strange)},
            field="scopes",
        )
    if not timedelta(0) < lasts <= LONGEST_TOKEN_LIFE:
        raise TokenNotAllowed(_("A token lasts from one day to one year."), field="days")
