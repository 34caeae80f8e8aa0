"""System checks: what must never be, whatever the environment says."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

LOOPBACK = {"127.0.0.1", "localhost", "::1", "[::1]"}


@register()
def demo_only_on_loopback(**_kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401
    """Refuse a demonstration, which lets anybody in, anywhere but on this machine alone."""
    hosts = {*settings.ALLOWED_HOSTS, urlsplit(settings.SITE_ADDRESS).hostname or ""}
    if settings.DEMO and not hosts <= LOOPBACK:
        return [
            Error(
                "DEMO is on and the site can be reached from elsewhere.",
                hint="Unset DEMO, or leave ALLOWED_HOSTS and SITE_ADDRESS on 127.0.0.1.",
                id="marketplace.E001",
            )
        ]
    return []
