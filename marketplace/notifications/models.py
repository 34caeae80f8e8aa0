"""Mail that is owed: a row is the outbox."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import Row, TenantQuerySet
from marketplace.documents.models import Document


class Message(Row):
    """One message to one address, sent once."""

    tenant_columns = ("organisation_id",)

    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    link = models.CharField(max_length=300, blank=True)
    attachments = models.ManyToManyField(Document, related_name="+")
    owed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    objects = TenantQuerySet["Message"].as_manager()

    class Meta:
        verbose_name = _("message")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key"], name="message_owed_once"),
        ]
        indexes = [models.Index(fields=["organisation", "to", "-id"], name="message_by_address")]
