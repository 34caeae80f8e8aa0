"""Signing in as people do it, for tests of signing in."""

from __future__ import annotations

from typing import Any

from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.http import HttpResponse
from django.test import Client

from marketplace.organisations.models import User
from tests.factories.organisations import PASSWORD

LOGIN = "/account/login/"


def enter(client: Client, email: str, password: str = PASSWORD, **extra: Any) -> HttpResponse:
    """Send address and password."""
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def code_of(secret: str) -> str:
    """Return the six digits that an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def with_totp(someone: User) -> str:
    """Give somebody an authenticator app and return its secret."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(someone, secret)
    return secret
