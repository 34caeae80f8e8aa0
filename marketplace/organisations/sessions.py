"""What a signed-in session remembers, and when it is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest  # noqa: TID251  # sessions are an edge

from marketplace.organisations.models import Membership

MEMBERSHIP: Final = "acting_membership"
ORGANISATION: Final = "acting_organisation"
SIGNED_IN_AT: Final = "signed_in_at"
SEEN_AT: Final = "seen_at"
SECOND_FACTOR: Final = "second_factor"
DEMONSTRATION: Final = "demonstration"

# Recovery codes only stand in for one of these.
FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

# Writing the session at every request would double the cost of a page; a minute is close enough.
SEEN_EVERY: Final = timedelta(minutes=1)


def act_as(request: HttpRequest, membership: Membership) -> None:
    """Remember which organisation this session acts for."""
    request.session[MEMBERSHIP] = str(membership.pk)
    request.session[ORGANISATION] = str(membership.organisation_id)


def act_as_nobody(request: HttpRequest) -> None:
    """Forget which organisation this session acted for."""
    request.session.pop(MEMBERSHIP, None)
    request.session.pop(ORGANISATION, None)


def is_over(request: HttpRequest, at: datetime) -> bool:
    """Tell whether a session has been idle, or has lasted, for too long.

    Source: OWASP ASVS 5.0 V7.3.1 (inactivity) and V7.3.2 (absolute lifetime).
    """
    now = at.timestamp()
    idle = now - request.session.get(SEEN_AT, now)
    lasted = now - request.session.get(SIGNED_IN_AT, now)
    return bool(idle >= settings.SESSION_IDLE_SECONDS or lasted >= settings.SESSION_COOKIE_AGE)


def mark_seen(request: HttpRequest, at: datetime) -> None:
    """Note that the session is in use."""
    now = int(at.timestamp())
    if SIGNED_IN_AT not in request.session:
        request.session[SIGNED_IN_AT] = now
    if now - request.session.get(SEEN_AT, 0) >= SEEN_EVERY.total_seconds():
        request.session[SEEN_AT] = now


def is_demonstration(request: HttpRequest) -> bool:
    """Tell whether somebody signed in by a button of the demonstration."""
    return bool(request.session.get(DEMONSTRATION))


def passed_second_factor(request: HttpRequest) -> bool:
    """Tell whether this very session has shown a second factor, or has just set one up.

    Why: a session begun with a password alone, before the factor was set up elsewhere, must not
    profit from it.
    """
    if request.session.get(SECOND_FACTOR):
        return True
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def is_setting_up_first_factor(request: HttpRequest, at: datetime) -> bool:
    """Tell whether somebody goes on, straight from signing in, to set up their first second factor.

    Why: they are led from the one to the other. Once there is a factor, another one, or its end,
    asks for it again; only the session that set the first one up may go on for these minutes.
    Units: ACCOUNT_REAUTHENTICATION_TIMEOUT is in seconds.
    """
    shown = [record["at"] for record in get_authentication_records(request, request.user)]
    since = at.timestamp() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    if not shown or max(shown) <= since:
        return False
    return bool(request.session.get(SECOND_FACTOR)) or not is_mfa_enabled(request.user, FACTORS)


def owes_second_factor(request: HttpRequest) -> bool:
    """Tell whether somebody has a second factor that this session has not shown.

    Why: whoever knows the password alone must not read, change or remove the factor.
    """
    if not request.user.is_authenticated or passed_second_factor(request):
        return False
    return bool(is_mfa_enabled(request.user, FACTORS))
