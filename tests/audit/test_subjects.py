"""Where what an event is about can be looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketplace.audit.models import Event
from marketplace.audit.subjects import page_of
from marketplace.core.actors import Role
from marketplace.core.ids import uuid7
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "number", "role", "leads"),
    [
        ("ordering.order", "PO-26-000001", Role.AUDITOR, True),
        ("ordering.order", "PO-26-000001", Role.ADMINISTRATOR, True),
        ("ordering.requisition", "REQ-26-000001", Role.ADMINISTRATOR, True),
        ("ordering.requisition", "", Role.AUDITOR, False),
        ("ordering.requisition", "REQ-26-000001", Role.PAYMENTS, False),
        ("nobody.knows", "1", Role.AUDITOR, False),
    ],
)
def test_leads_only_where_the_reader_may_go(kind, number, role, leads):
    reader = replace(
        organisations.actor(organisations.council(), Role.AUDITOR), roles=frozenset({role})
    )
    key = uuid7()
    event = Event(subject_type=kind, subject_id=key, subject_reference=number)
    assert (str(key) in page_of(event, reader)) is leads
