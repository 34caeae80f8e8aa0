"""Questions about API tokens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from marketplace.organisations.models import ApiToken


def live_token(token_id: UUID, at: datetime) -> ApiToken | None:
    """Return a token that works at this instant, None when it was revoked or has expired."""
    return ApiToken.objects.filter(pk=token_id, revoked_at=None, expires_at__gt=at).first()


def tokens_of(membership_id: UUID, organisation_id: UUID) -> QuerySet[ApiToken]:
    """Return somebody's tokens, the newest first, those that no longer work too."""
    return ApiToken.objects.of(organisation_id).filter(membership_id=membership_id).order_by("-id")
