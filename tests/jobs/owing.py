"""Owing jobs and looking at their rows, for tests."""

from __future__ import annotations

from marketplace.core.ids import uuid7
from marketplace.core.tenancy import stewardship, tenant
from marketplace.jobs.models import Job
from marketplace.jobs.services import (
    wake,
)


def owe(name: str = "test.write", key: str = "", **more) -> Job:
    """Owe a job and return its row."""
    key = key or str(uuid7())
    with tenant(more.get("organisation_id")):
        wake(name, key=key, payload={"key": key, **more.pop("payload", {})}, **more)
    return row(name, key)


def row(name: str, key: str) -> Job:
    with stewardship():
        return Job.objects.get(name=name, key=key)


def again(job_row: Job) -> Job:
    with stewardship():
        return Job.objects.get(pk=job_row.pk)
