"""What the worker does about signing in: it sends mail."""

from __future__ import annotations

from datetime import datetime

from marketplace.jobs.registry import job
from marketplace.organisations.services import mail


@job("organisations.send_invitation", external=True)
def send_invitation(*, membership_id: str, at: datetime) -> None:
    """Send one invitation."""
    mail.send_invitation(membership_id=membership_id)


@job("organisations.send_password_link", external=True)
def send_password_link(*, user_id: str, at: datetime) -> None:
    """Send one link for a new password."""
    mail.send_password_link(user_id=user_id)


@job("organisations.send_account_mail", external=True)
def send_account_mail(*, to: str, subject: str, body: str, at: datetime) -> None:
    """Send one mail that was written already."""
    mail.send_account_mail(to=to, subject=subject, body=body)
