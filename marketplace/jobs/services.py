"""Owing work, and doing it.

`wake` writes a row in the caller's transaction and rings the broker after the commit. If the bell
is lost, the sweep finds the row. A worker takes a row with FOR UPDATE SKIP LOCKED and marks it
done in the transaction of its effects, so the work is done once, whatever dies.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import F, Q

from marketplace.core.ids import uuid7
from marketplace.core.tenancy import stewardship, tenant
from marketplace.jobs.bell import ring
from marketplace.jobs.models import Job, JobStatus
from marketplace.jobs.registry import Kind, kind

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 12
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
CLAIM_LASTS = timedelta(minutes=5)
SWEEP_AGE = timedelta(seconds=5)
SWEEP_MOST = 200

_OWE = """
    INSERT INTO jobs_job (id, name, key, organisation_id, payload, status, due_at, owed_at,
                          attempts, last_error)
    VALUES (%s, %s, %s, %s, %s::jsonb, 'OWED', coalesce(%s, now()), now(), 0, '')
    ON CONFLICT DO NOTHING
"""


def wake(
    name: str,
    *,
    key: str,
    organisation_id: UUID | None = None,
    payload: dict[str, Any] | None = None,
    due_at: datetime | None = None,
) -> None:
    """Owe a job, once for each `key`, to be done after the caller's transaction commits.

    Shapes: `key` is the natural key of the effect; a second call with the same one changes
    nothing. `payload` is JSON and reaches the handler as keywords.
    Raises: LookupError when nothing does `name`.
    """
    kind(name)
    job_id = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            _OWE, [job_id, name, key, organisation_id, json.dumps(payload or {}), due_at]
        )
    if due_at is None:
        transaction.on_commit(partial(ring, job_id), robust=True)


def run_job(job_id: UUID | str, *, at: datetime) -> bool:
    """Do one job if it is owed and nobody else is doing it; tell whether it was done here."""
    with stewardship():
        row = Job.objects.filter(pk=job_id, status=JobStatus.OWED).first()
    if row is None:
        return False
    chosen = kind(row.name)
    try:
        return _run_external(row, chosen, at) if chosen.external else _run_inside(row, chosen, at)
    except Exception as error:  # whatever went wrong, the job is still owed
        log.exception("job.failed", job=row.name, job_id=str(row.pk))
        _fail(row.pk, error, at)
        return False


def _run_inside(row: Job, chosen: Kind, at: datetime) -> bool:
    with transaction.atomic():
        with stewardship():
            free = Job.objects.select_for_update(skip_locked=True)
            if free.filter(pk=row.pk, status=JobStatus.OWED).first() is None:
                return False
        with tenant(row.organisation_id):
            chosen.handler(**row.payload, at=at)
        _done(row.pk, at)
    return True


def _run_external(row: Job, chosen: Kind, at: datetime) -> bool:
    free = Q(claimed_at=None) | Q(claimed_at__lt=at - CLAIM_LASTS)
    with stewardship():
        claimed = Job.objects.filter(free, pk=row.pk, status=JobStatus.OWED).update(claimed_at=at)
    if claimed != 1:
        return False
    with tenant(row.organisation_id):
        chosen.handler(**row.payload, at=at)
    _done(row.pk, at)
    return True


def _done(job_id: UUID, at: datetime) -> None:
    with stewardship():
        Job.objects.filter(pk=job_id).update(
            status=JobStatus.DONE, done_at=at, attempts=F("attempts") + 1
        )


def _fail(job_id: UUID, error: Exception, at: datetime) -> None:
    with transaction.atomic(), stewardship():
        row = Job.objects.select_for_update().get(pk=job_id)
        if row.status != JobStatus.OWED:
            return
        row.attempts += 1
        wait = min(FIRST_WAIT * 2 ** (row.attempts - 1), LONGEST_WAIT)
        row.status = JobStatus.PARKED if row.attempts >= MOST_ATTEMPTS else JobStatus.OWED
        row.due_at, row.claimed_at = at + wait, None
        row.last_error = f"{type(error).__name__}: {error}"[:2000]
        row.save(update_fields=["attempts", "status", "due_at", "claimed_at", "last_error"])


def due_jobs(at: datetime, *, most: int = SWEEP_MOST) -> list[UUID]:
    """Return the keys of jobs that are owed now, those longest due first."""
    with stewardship():
        owed = Job.objects.filter(status=JobStatus.OWED, due_at__lte=at)
        return list(owed.order_by("due_at", "id").values_list("pk", flat=True)[:most])


def sweep(*, at: datetime) -> int:
    """Ring again for jobs whose bell seems to have been lost; return how many."""
    late = due_jobs(at - SWEEP_AGE)
    for job_id in late:
        ring(job_id)
    return len(late)


def run_due_jobs(*, at: datetime, most: int = 10_000) -> int:
    """Do every job that is due, and those that these owe in turn; return how many were done.

    For commands and tests that have no worker beside them. A job that fails keeps its place in
    the queue for later and is not tried twice here.
    """
    done, tried = 0, set[UUID]()
    while done < most:
        fresh = [job_id for job_id in due_jobs(at) if job_id not in tried]
        if not fresh:
            return done
        for job_id in fresh:
            tried.add(job_id)
            done += run_job(job_id, at=at)
    return done


def unpark_job(job_id: UUID, *, at: datetime) -> None:
    """Owe a parked job once more, at once."""
    with stewardship():
        Job.objects.filter(pk=job_id, status=JobStatus.PARKED).update(
            status=JobStatus.OWED, attempts=0, due_at=at
        )
