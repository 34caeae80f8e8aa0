"""What is tidied away every night."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from marketplace.documents.services import owe_scans
from marketplace.jobs.services import forget_done_jobs
from marketplace.web.idempotency import forget_keys

# Source: docs.stripe.com/api/idempotent_requests keeps keys for a day; money deserves a week.
KEYS_LAST = timedelta(days=7)
DONE_JOBS_LAST = timedelta(days=90)


@shared_task(name="config.keep_house")  # type: ignore[untyped-decorator]
def keep_house() -> None:
    """Forget keys, jobs long done and ended sessions, and have scanned what was never scanned."""
    forget_keys(before=timezone.now() - KEYS_LAST)
    forget_done_jobs(before=timezone.now() - DONE_JOBS_LAST)
    SessionStore.clear_expired()
    owe_scans()
