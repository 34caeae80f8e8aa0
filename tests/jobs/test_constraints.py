"""What the database refuses of jobs, whoever goes round the services."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from marketplace.core.tenancy import stewardship
from marketplace.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_the_steward(db):
    """The outbox of all tenants is one table."""
    with stewardship():
        yield


def refuses(name, **facts):
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        Job.objects.create(**{"name": "a.b", "key": "1", **facts})


def test_a_job_is_owed_once():
    Job.objects.create(name="a.b", key="1")
    refuses("job_owed_once")
    Job.objects.create(name="a.b", key="2")
    Job.objects.create(name="a.c", key="1")


def test_a_status_is_one_that_is_known():
    refuses("job_status_known", status="LOST")


def test_what_is_done_has_its_instant_and_nothing_else_has(at):
    refuses("job_done_has_instant", status="DONE")
    for status in ("OWED", "PARKED"):
        refuses("job_done_has_instant", status=status, done_at=at)
    Job.objects.create(name="a.b", key="1", status="DONE", done_at=at)
