"""What must hold after any storm, whatever the packages above do."""

from __future__ import annotations

from marketplace.audit.selectors import chain_verdict, chains
from marketplace.core.tenancy import stewardship
from marketplace.jobs.models import Job, JobStatus


def jobs_owed() -> int:
    """How many jobs are still owed."""
    with stewardship():
        return Job.objects.filter(status=JobStatus.OWED).count()


def jobs_begun() -> int:
    """How many jobs a worker has taken and not finished."""
    with stewardship():
        return Job.objects.filter(status=JobStatus.OWED, attempts__gt=0).count()


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
