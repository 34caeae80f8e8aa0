"""Who sees which jobs, and what the database holds of them."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from marketplace.core.ids import uuid7
from marketplace.core.tenancy import stewardship, tenant
from marketplace.jobs.models import Job
from tests.jobs.owing import owe


@pytest.mark.django_db
class TestWalls:
    def test_the_worker_sees_jobs_only_as_steward(self, db):
        owe(organisation_id=uuid7())
        assert Job.objects.count() == 0

    def test_an_organisation_sees_its_own_jobs(self, db):
        mine = uuid7()
        owe(organisation_id=mine)
        owe(organisation_id=uuid7())
        with tenant(mine):
            assert Job.objects.count() == 1

    @pytest.mark.parametrize(
        "wrong",
        [{"status": "STOLEN"}, {"status": "DONE", "done_at": None}, {"done_at": timezone.now()}],
    )
    def test_the_database_guards_a_jobs_status(self, wrong):
        owed = owe()
        with stewardship(), pytest.raises(DatabaseError, match="job_"), transaction.atomic():
            Job.objects.filter(pk=owed.pk).update(**wrong)
