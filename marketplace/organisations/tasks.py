"""What the worker does about signing in: it sends mail."""

from __future__ import annotations

from datetime import datetime

from marketplace.jobs.registry import job
from marketplace.organisations.services import mail


@job("organisations.send_invitation", external=True)
def send_invitation(*, membership_id: str, at: datetime, council_id: str | None = None) -> None:
    """Send one invitation."""
    mail.send_invitation(membership_id=membership_id, council_id=council_id)


@job("organisations.send_password_link", external=True)
def send_password_link(*, user_id: str, at: datetime) -> None:
    """Send one link for a new password."""
    mail.send_password_link(user_id=user_id)


@job("organisations.send_account_mail", external=True)
def send_account_mail(*, to: str, subject: str, body: str, at: datetime) -> None:
    """Send one mail that was written already."""
    mail.send_account_mail(to=to, subject=subject, body=body)


@job("organisations.send_supplier_moved", external=True)
def send_supplier_moved(
    *, council_id: str, supplier_id: str, old_email: str, new_email: str, at: datetime
) -> None:
    """Tell one council that a supplier gets its orders elsewhere."""
    mail.send_supplier_moved(
        council_id=council_id, supplier_id=supplier_id, old_email=old_email, new_email=new_email
    )
