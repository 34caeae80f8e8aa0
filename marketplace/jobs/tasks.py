"""What the worker does: one job, or the sweep for jobs whose bell was lost."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from marketplace.jobs import services


@shared_task(name="jobs.run", acks_late=True, reject_on_worker_lost=True)  # type: ignore[untyped-decorator]
def run(job_id: str) -> bool:
    """Do one job."""
    return services.run_job(job_id, at=timezone.now())


@shared_task(name="jobs.sweep")  # type: ignore[untyped-decorator]
def sweep() -> int:
    """Ring again for late jobs."""
    return services.sweep(at=timezone.now())
