"""What is tidied away every night."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from marketplace.web.idempotency import forget_keys

# Source: docs.stripe.com/api/idempotent_requests keeps keys for a day; money deserves a week.
KEYS_LAST = timedelta(days=7)


@shared_task(name="config.keep_house")
def keep_house() -> None:
    """Forget idempotency keys that nobody will repeat, and sessions that have ended."""
    forget_keys(before=timezone.now() - KEYS_LAST)
    SessionStore.clear_expired()
