"""What the worker does for approvals."""

from __future__ import annotations

from datetime import datetime

from marketplace.approvals.services import notices
from marketplace.jobs.registry import job


@job("approvals.tell_deciders")
def tell_deciders(*, step_id: str, at: datetime) -> None:
    """Write to those who can take a step."""
    notices.tell_deciders(step_id=step_id, at=at)
