"""What must hold after any storm, whatever the packages above do."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from marketplace.audit.selectors import chain_verdict, chains
from marketplace.core.tenancy import stewardship
from marketplace.jobs.models import Job, JobStatus
from marketplace.jobs.services import run_due_jobs
from tests.resilience.kit import settled


def jobs_owed() -> int:
    """How many jobs are still owed."""
    with stewardship():
        return Job.objects.filter(status=JobStatus.OWED).count()


def jobs_begun() -> int:
    """How many jobs a worker has taken and not finished."""
    with stewardship():
        return Job.objects.filter(status=JobStatus.OWED, attempts__gt=0).count()


def settle(*, seconds: float) -> bool:
    """Wait until the worker has done what is due, then do the rest; tell whether nothing is owed.

    Why: what a dead worker had claimed for the outside comes free only minutes later, and a test
    need not wait for that. It is done here as if those minutes had passed.
    """

    def due_soon() -> int:
        soon = Q(due_at=None) | Q(due_at__lt=timezone.now() + timedelta(minutes=1))
        with stewardship():
            return Job.objects.filter(soon, status=JobStatus.OWED).count()

    if not settled(lambda: due_soon() == 0, seconds=seconds):
        return False
    run_due_jobs(at=timezone.now() + timedelta(minutes=10))
    return jobs_owed() == 0


def no_job_is_stuck() -> list[str]:
    """Every job was done: none is owed, none was parked."""
    with stewardship():
        left = Job.objects.exclude(status=JobStatus.DONE)
        return [f"{each.name} {each.key} is {each.status}: {each.last_error}" for each in left]


def every_chain_is_whole() -> list[str]:
    """The audit trail of every organisation has no gap, no fork and nothing changed."""
    with stewardship():
        verdicts = [chain_verdict(chain) for chain in chains()]
    return [
        f"{verdict.chain} event {each.sequence}: {each.reason}"
        for verdict in verdicts
        for each in verdict.breaks
    ]
