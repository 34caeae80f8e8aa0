"""What the worker does for approvals."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.approvals.services import notices
from marketplace.jobs.registry import job


@job("approvals.tell_deciders")
def tell_deciders(*, council_id: str, step_id: str, at: datetime) -> None:
    """Write to those who can take a step."""
    notices.tell_deciders(council_id=UUID(council_id), step_id=step_id, at=at)
