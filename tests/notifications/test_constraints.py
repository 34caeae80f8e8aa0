"""What the database refuses of messages, whoever goes round the services."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from marketplace.core.tenancy import stewardship
from marketplace.notifications.models import Message
from tests.factories import organisations

pytestmark = pytest.mark.django_db


def test_a_message_is_owed_once(at):
    home, other = organisations.council(), organisations.council()
    facts = {"organisation": home, "key": "1", "to": "a@example.com", "subject": "x", "body": "x",
             "owed_at": at}  # fmt: skip
    with stewardship():
        Message.objects.create(**facts)
        with pytest.raises(IntegrityError, match='"message_owed_once"'), transaction.atomic():
            Message.objects.create(**facts)
        for another in ({"key": "2"}, {"organisation": other}):
            Message.objects.create(**{**facts, **another})
