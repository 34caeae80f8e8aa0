"""Looking after parked jobs from the command line."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from marketplace.core.ids import uuid7
from marketplace.core.tenancy import stewardship
from marketplace.jobs.models import Job, JobStatus
from marketplace.jobs.services import forget_done_jobs


def _keep(**facts) -> Job:
    with stewardship():
        return Job.objects.create(
            name="notifications.send_message", key=str(uuid7()), attempts=12, **facts
        )


def _status(job: Job) -> str:
    with stewardship():
        return Job.objects.get(pk=job.pk).status


@pytest.mark.django_db
class TestJobs:
    def test_lists_and_owes_again(self, at, capsys):
        job = _keep(status=JobStatus.PARKED, due_at=at, last_error="OSError: no route")
        call_command("jobs", "--retry", str(job.pk), "--json")
        answer = json.loads(capsys.readouterr().out)
        assert [each["key"] for each in answer["parked"]] == [str(job.pk)]
        assert answer["retried"] == 1
        assert _status(job) == JobStatus.OWED

    def test_only_looks_unless_asked(self, at, capsys):
        job = _keep(status=JobStatus.PARKED, due_at=at)
        call_command("jobs")
        assert f"{job.pk}  notifications.send_message  owed since" in capsys.readouterr().out
        assert _status(job) == JobStatus.PARKED

    def test_refuses_a_key_that_is_not_parked(self, at):
        with pytest.raises(CommandError, match="No parked job"):
            call_command("jobs", "--retry", str(uuid7()))


@pytest.mark.django_db
class TestForgetDoneJobs:
    def test_forgets_what_was_done_long_ago_and_nothing_else(self, at):
        old = _keep(status=JobStatus.DONE, due_at=at, done_at=at - timedelta(days=91))
        new = _keep(status=JobStatus.DONE, due_at=at, done_at=at)
        owed = _keep(status=JobStatus.OWED, due_at=at - timedelta(days=200))
        assert forget_done_jobs(before=at - timedelta(days=90)) == 1
        with stewardship():
            left = set(Job.objects.values_list("pk", flat=True))
        assert {new.pk, owed.pk} <= left
        assert old.pk not in left
