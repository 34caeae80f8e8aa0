"""Many workers at once, and what would happen without the lock."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from marketplace.core.tenancy import stewardship
from marketplace.jobs.models import Job, JobStatus
from marketplace.jobs.registry import kind
from marketplace.jobs.services import (
    run_job,
)
from tests.jobs.deeds import written_down
from tests.jobs.owing import again, owe


def run_naively(job_id, at) -> bool:
    """How it would be done without a lock: read, do, mark."""
    with stewardship():
        found = Job.objects.get(pk=job_id)
    if found.status != JobStatus.OWED:
        return False
    with transaction.atomic():
        kind(found.name).handler(**found.payload, at=at)
        with stewardship():
            Job.objects.filter(pk=job_id).update(status=JobStatus.DONE, done_at=at)
    return True


class TestManyWorkers:
    def race(self, keys, run, at) -> list[bool]:
        together = Barrier(8)

        def work(_: int) -> list[bool]:
            together.wait()
            try:
                return [run(key, at) for key in keys]
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            return [won for wins in pool.map(work, range(8)) for won in wins]

    @pytest.mark.parametrize("name", ["test.write", "test.write_outside"])
    def test_eight_at_once_do_each_job_once(self, kept_scratch, at, name):
        owed = [owe(name, payload={"seconds": 0.01}) for _ in range(25)]
        wins = self.race([each.pk for each in owed], lambda pk, at: run_job(pk, at=at), at)
        assert sum(wins) == 25
        assert Counter(written_down()) == Counter(each.key for each in owed)
        assert all(again(each).attempts == 1 for each in owed)

    def test_even_when_each_believes_that_it_is_due_again(self, kept_scratch, at):
        """A slow job whose time came again: the row that the first one holds keeps others away."""
        owed = owe(payload={"seconds": 0.5})
        instants = [at + timedelta(minutes=n) for n in range(8)]
        together = Barrier(8)

        def work(instant):
            together.wait()
            try:
                return run_job(owed.pk, at=instant)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(work, instants)) == 1
        assert written_down() == [owed.key]

    def test_the_race_is_real_without_the_lock(self, kept_scratch, at):
        """Negative control: read, do and mark do it more than once."""
        owed = owe(payload={"seconds": 0.1})
        assert sum(self.race([owed.pk], run_naively, at)) > 1
        assert len(written_down()) > 1
