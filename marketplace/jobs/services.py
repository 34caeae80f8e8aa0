"""Owing work, and doing it.

`wake` writes a row in the caller's transaction and rings the broker after the commit. If the bell
is lost, the sweep finds the row. A worker takes a job by moving the instant at which it is next
due, which counts the attempt even if the worker dies of it; then the job is marked done in the
transaction of its effects. So the work is done once, whatever dies.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from marketplace.core.errors import Conflict, Refusal
from marketplace.core.ids import uuid7
from marketplace.core.models import busy_if_held
from marketplace.core.tenancy import stewardship, tenant
from marketplace.jobs.bell import ring
from marketplace.jobs.models import Job, JobStatus
from marketplace.jobs.registry import Kind, kind

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 12
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
# The worker ends external work before its claim runs out, so that nobody else does it meanwhile.
LONGEST_EXTERNAL_SECONDS = 240
CLAIM_LASTS = timedelta(minutes=5)
SWEEP_AGE = timedelta(seconds=5)
SWEEP_MOST = 500

_OWE = """
    INSERT INTO jobs_job (id, name, key, organisation_id, payload, status, due_at, owed_at,
                          attempts, unheard_attempts, last_error)
    VALUES (%s, %s, %s, %s, %s::jsonb, 'OWED', %s, now(), 0, 0, '')
    ON CONFLICT DO NOTHING
"""

# Not waiting for a row that somebody holds is what lets two workers ask for the same job.
_TAKE = """
    UPDATE jobs_job
    SET attempts = attempts + 1, unheard_attempts = unheard_attempts + 1, claimed_at = %(at)s,
        due_at = %(at)s
            + least(interval '1 hour', interval '5 seconds' * 2 ^ least(attempts, 20))
    WHERE id = (
        SELECT id FROM jobs_job
        WHERE id = %(id)s AND status = 'OWED' AND (due_at IS NULL OR due_at <= %(at)s)
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING id, name, organisation_id, payload, attempts, unheard_attempts - 1
"""
_FINISH = """
    UPDATE jobs_job SET status = 'DONE', done_at = %(at)s
    WHERE id = (
        SELECT id FROM jobs_job WHERE id = %(id)s AND status = 'OWED'
        FOR NO KEY UPDATE SKIP LOCKED
    )
"""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A job that this worker has taken; `deaths` counts the workers before it, in a row."""

    id: UUID
    name: str
    organisation_id: UUID | None
    payload: dict[str, Any]
    attempts: int
    deaths: int


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
    nothing. `payload` is JSON and reaches the handler as keywords. Without `due_at` it is due at
    once.
    Raises: LookupError when nothing does `name`.
    """
    chosen = kind(name)
    job_id = uuid7()
    with busy_if_held(), connection.cursor() as cursor:
        cursor.execute(
            _OWE, [job_id, name, key, organisation_id, json.dumps(payload or {}), due_at]
        )
    if due_at is None:
        transaction.on_commit(
            partial(ring, job_id, longest_seconds=_longest_seconds(chosen)), robust=True
        )


def run_job(job_id: UUID | str, *, at: datetime) -> bool:
    """Do one job if it is due and nobody else is doing it; tell whether it was done here.

    What its handler raises is written down and logged, never raised: the job is still owed.
    """
    taken = _take(job_id, at)
    if taken is None:
        return False
    with structlog.contextvars.bound_contextvars(request_id=f"job-{taken.id}", job=taken.name):
        try:
            _check_survivable(taken)
            return _run(taken, at)
        except Exception as error:  # noqa: BLE001  # whatever went wrong, the job is still owed
            _fail(taken, error, at)
            return False


class _NeverEnded(RuntimeError):
    """Each attempt ended with the death of its worker."""


def _check_survivable(taken: _Taken) -> None:
    most_deaths = kind(taken.name).most_deaths
    is_deadly = most_deaths is not None and taken.deaths >= most_deaths
    if is_deadly or taken.attempts > MOST_ATTEMPTS:
        raise _NeverEnded(f"It was begun {taken.attempts - 1} times and never ended.")


def _take(job_id: UUID | str, at: datetime) -> _Taken | None:
    with stewardship(), connection.cursor() as cursor:
        cursor.execute(_TAKE, {"id": job_id, "at": at})
        row = cursor.fetchone()
    if row is None:
        return None
    key, name, organisation_id, payload, attempts, deaths = row
    return _Taken(key, name, organisation_id, json.loads(payload), attempts, deaths)


def _run(taken: _Taken, at: datetime) -> bool:
    chosen = kind(taken.name)
    if chosen.external:
        _keep_for(taken, at + CLAIM_LASTS)
        _act(chosen, taken, at)
        _finish_external(taken, at)
        return True
    with transaction.atomic():
        # First, so that the row is held while the work goes on; all of it is undone together.
        if not _finish(taken, at):
            return False
        _act(chosen, taken, at)
    return True


def _act(chosen: Kind, taken: _Taken, at: datetime) -> None:
    with tenant(taken.organisation_id):
        chosen.handler(**taken.payload, at=at)


def _finish(taken: _Taken, at: datetime) -> bool:
    with stewardship(), connection.cursor() as cursor:
        cursor.execute(_FINISH, {"id": taken.id, "at": at})
        return bool(cursor.rowcount == 1)


def _finish_external(taken: _Taken, at: datetime) -> None:
    # Waits where _finish does not: what was done outside cannot be undone, so it must be marked.
    with stewardship():
        owed = Job.objects.filter(pk=taken.id, status=JobStatus.OWED)
        owed.update(status=JobStatus.DONE, done_at=at)


def _keep_for(taken: _Taken, until: datetime) -> None:
    with stewardship():
        Job.objects.filter(pk=taken.id, due_at__lt=until).update(due_at=until)


def _fail(taken: _Taken, error: Exception, at: datetime) -> None:
    """Write down why a job failed, and whether it is tried again.

    A refusal for now (Conflict) may be granted later; any other is the same answer for ever, so
    that a person must look.
    """
    hopeless = isinstance(error, Refusal) and not isinstance(error, Conflict)
    hopeless = hopeless or isinstance(error, _NeverEnded)
    parked = hopeless or taken.attempts >= MOST_ATTEMPTS
    if isinstance(error, Refusal):
        log.warning("job.refused", job_id=str(taken.id), parked=parked, reason=error.detail)
    else:
        log.error("job.failed", job_id=str(taken.id), parked=parked, exc_info=error)
    try:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        with stewardship():
            # Not when somebody else has taken it since, our claim having run out.
            mine = Job.objects.filter(pk=taken.id, attempts=taken.attempts, status=JobStatus.OWED)
            count = mine.update(
                status=JobStatus.PARKED if parked else JobStatus.OWED,
                due_at=at + _wait(taken.attempts),
                unheard_attempts=0,
                last_error=f"{type(error).__name__}: {error}"[:2000].replace("\x00", ""),
            )
    except DatabaseError:
        # The attempt was counted when the job was taken, so it comes again all the same.
        log.exception("job.failure_not_written", job_id=str(taken.id))
        return
    if parked and count:
        _give_up(taken, at)


def _give_up(taken: _Taken, at: datetime) -> None:
    """Let whoever owed a job tell that nothing comes of it."""
    try:
        given_up = kind(taken.name).given_up
        if given_up is not None:
            with transaction.atomic(), tenant(taken.organisation_id):
                given_up(**taken.payload, at=at)
    except Exception:  # parked it is, and waits for a person, whatever comes of the telling
        log.exception("job.giving_up_not_told", job_id=str(taken.id))


def _wait(attempts: int) -> timedelta:
    return min(FIRST_WAIT * int(2 ** min(attempts - 1, 20)), LONGEST_WAIT)


def _longest_seconds(chosen: Kind) -> int | None:
    return LONGEST_EXTERNAL_SECONDS if chosen.external else None


def _due(at: datetime, *, age: timedelta = timedelta(0)) -> QuerySet[Job]:
    """Return what is due, longest due first; what is due at once only when owed for `age`."""
    at_once = Q(due_at__isnull=True)
    if age:
        at_once &= Q(owed_at__lte=at - age)
    owed = Job.objects.filter(at_once | Q(due_at__lte=at), status=JobStatus.OWED)
    return owed.order_by(Coalesce("due_at", "owed_at"), "id")


def due_jobs(at: datetime, *, most: int = SWEEP_MOST) -> list[UUID]:
    """Return the keys of jobs that are due now, those longest due first."""
    with stewardship():
        return list(_due(at).values_list("pk", flat=True)[:most])


def sweep(*, at: datetime) -> int:
    """Ring again for jobs whose bell seems to have been lost; return how many."""
    with stewardship():
        late = list(_due(at, age=SWEEP_AGE).values_list("pk", "name")[:SWEEP_MOST])
    for job_id, name in late:
        try:
            ring(job_id, longest_seconds=_longest_seconds(kind(name)))
        except LookupError:
            # A worker of another version may know it; run_job parks it if none does.
            ring(job_id)
    return len(late)


def run_due_jobs(*, at: datetime, most: int = 10_000) -> int:
    """Do every job that is due, and those that these owe in turn; return how many were done.

    For commands and tests that have no worker beside them. A job that fails keeps its place in
    the queue for later and is not tried twice here.
    """
    done, tried = 0, set[UUID]()
    while done < most:
        fresh = [job_id for job_id in due_jobs(at, most=most) if job_id not in tried]
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
            status=JobStatus.OWED, attempts=0, unheard_attempts=0, due_at=at
        )


def parked_jobs() -> list[Job]:
    """Return every job that failed too often and waits for a person, the oldest first."""
    with stewardship():
        return list(Job.objects.filter(status=JobStatus.PARKED).order_by("owed_at", "id"))


def forget_done_jobs(*, before: datetime) -> int:
    """Forget jobs that were done before an instant; return how many.

    Their effects and the audit trail stay. Until then the row keeps the same work from being owed
    twice under one key.
    """
    with stewardship(), transaction.atomic():
        done = Job.objects.filter(status=JobStatus.DONE, done_at__lt=before)
        count, _by_model = done.delete()
    return count
