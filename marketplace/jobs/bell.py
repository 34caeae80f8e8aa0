"""The doorbell: tells a worker that a job is owed. Nothing is lost when it does not ring."""

from __future__ import annotations

from uuid import UUID

import structlog
from celery import current_app

log = structlog.get_logger(__name__)

RING_LASTS_SECONDS = 60


def ring(job_id: UUID) -> None:
    """Ask a worker to look at a job. A broker that is away is logged: the sweep will find the job.

    Why: the message is not retried and soon expires, since a backlog of bells helps nobody.
    """
    try:
        current_app.tasks["jobs.run"].apply_async(
            args=[str(job_id)], retry=False, expires=RING_LASTS_SECONDS, ignore_result=True
        )
    except Exception as error:  # noqa: BLE001  # every transport has errors of its own
        log.warning("bell.not_rung", job_id=str(job_id), reason=str(error))
