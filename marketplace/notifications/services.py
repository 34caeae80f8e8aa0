"""Owing mail, and sending it: claim, call, record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.encoders import encode_base64
from email.mime.base import MIMEBase
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from marketplace.documents.models import Document
from marketplace.jobs.services import wake
from marketplace.notifications.models import Message


@transaction.atomic(savepoint=False)
def notify(
    *,
    organisation_id: UUID,
    to: str,
    subject: str,
    body: str,
    key: str,
    at: datetime,
    link: str = "",
    attachments: Sequence[Document] = (),
) -> None:
    """Owe a message, once for each `key` of this organisation.

    Shapes: `link` is a path on this site ("/orders/…/"), put under the body as an address.
    """
    message = Message(
        organisation_id=organisation_id,
        key=key,
        to=to,
        subject=" ".join(subject.split())[:200],
        body=body,
        link=link,
        owed_at=at,
    )
    if not Message.objects.add_if_new(message):
        return
    if attachments:
        message.attachments.add(*attachments)
    wake(
        "notifications.send_message",
        key=str(message.pk),
        organisation_id=organisation_id,
        payload={"message_id": str(message.pk)},
    )


def send_message(*, message_id: UUID | str, at: datetime) -> bool:
    """Send one owed message; tell whether it was sent here, or had been before.

    Only its job may call this: the claim on the job keeps a second sender away. The Message-ID is
    the row's key, so a mail server that gets it twice can tell.
    """
    message = Message.objects.prefetch_related("attachments").get(pk=message_id)
    if message.sent_at is not None:
        return False
    _mail(message).send(fail_silently=False)
    Message.objects.filter(pk=message_id).update(sent_at=at)
    return True


def _mail(message: Message) -> EmailMessage:
    body = message.body
    if message.link:
        body = f"{body}\n\n{settings.SITE_ADDRESS}{message.link}\n"
    mail = EmailMessage(
        subject=message.subject,
        body=body,
        to=[message.to],
        headers={"Message-ID": f"<{message.pk}@{settings.MAIL_DOMAIN}>"},
    )
    for document in message.attachments.all():
        mail.attach(_attachment(document))
    return mail


def _attachment(document: Document) -> MIMEBase:
    """Return a document as a part of a message, byte for byte.

    Why: Django sends text as text, and then every server on the way may change its line ends.
    """
    main, _slash, kind = document.media_type.partition("/")
    part = MIMEBase(main or "application", kind or "octet-stream")
    part.set_payload(bytes(document.content))
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=document.name)
    return part
