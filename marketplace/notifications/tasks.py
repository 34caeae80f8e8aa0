"""What the worker does with mail."""

from __future__ import annotations

from datetime import datetime

from marketplace.jobs.registry import job
from marketplace.notifications import services


@job("notifications.send_message", external=True)
def send_message(*, message_id: str, at: datetime) -> None:
    """Send one message."""
    services.send_message(message_id=message_id, at=at)
