"""Owing work and doing it, once, whatever happens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from time import monotonic

import pytest
from django.db import connection, transaction
from django.utils import timezone

from marketplace.core.ids import uuid7
from marketplace.core.tenancy import stewardship
from marketplace.jobs import registry, services
from marketplace.jobs.models import Job, JobStatus
from marketplace.jobs.registry import job
from marketplace.jobs.services import (
    due_jobs,
    run_due_jobs,
    run_job,
    sweep,
    unpark_job,
    wake,
)
from tests.jobs import deeds
from tests.jobs.deeds import write_down, written_down
from tests.jobs.owing import again, owe


class TestGivingUp:
    """What becomes of a job that kills its workers, or is parked for another reason."""

    def kind(self, name, monkeypatch, handler, **facts):
        told = []
        monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
        job(name, given_up=lambda *, key, at: told.append(key), **facts)(handler)
        return told

    def test_a_job_that_killed_two_workers_in_a_row_gets_no_third(self, scratch, monkeypatch, at):
        told = self.kind("test.deadly", monkeypatch, deeds.write, most_deaths=2)
        owed = owe(name="test.deadly", key="x")
        for hour in range(2):  # taken, and nothing heard of again
            assert services._take(owed.pk, at + timedelta(hours=hour)) is not None
        assert not told
        assert not run_job(owed.pk, at=at + timedelta(hours=2))
        assert (again(owed).status, told, written_down()) == (JobStatus.PARKED, ["x"], [])

    def test_a_failure_that_was_heard_of_is_no_death(self, scratch, monkeypatch, at):
        told = self.kind("test.failing", monkeypatch, deeds.fail, most_deaths=2)
        owed = owe(name="test.failing", key="x")
        for hour in range(4):
            run_job(owed.pk, at=at + timedelta(hours=hour))
        assert (again(owed).status, told) == (JobStatus.OWED, [])

    def test_whoever_owed_it_is_told_when_it_is_refused_for_ever(self, scratch, monkeypatch, at):
        told = self.kind("test.never", monkeypatch, deeds.refuse_for_ever)
        owed = owe(name="test.never", key="x")
        run_job(owed.pk, at=at)
        assert (again(owed).status, told) == (JobStatus.PARKED, ["x"])

    def test_is_parked_even_when_the_telling_fails(self, scratch, monkeypatch, at):
        monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
        job("test.mute", given_up=deeds.fail)(deeds.refuse_for_ever)
        owed = owe(name="test.mute", key="x")
        assert not run_job(owed.pk, at=at)
        assert (again(owed).status, written_down()) == (JobStatus.PARKED, [])


class TestWake:
    def test_owes_a_key_once(self, db):
        for _ in range(3):
            wake("test.write", key="one", payload={"key": "one"})
        wake("test.write", key="other", payload={"key": "other"})
        with stewardship():
            assert sorted(Job.objects.values_list("key", flat=True)) == ["one", "other"]

    def test_a_second_call_changes_nothing_even_when_the_job_is_done(self, scratch):
        first = owe(key="one")
        run_job(first.pk, at=timezone.now())
        wake("test.write", key="one", payload={"key": "changed"})
        assert again(first).payload == {"key": "one"}
        assert run_due_jobs(at=timezone.now()) == 0
        assert written_down() == ["one"]

    def test_a_misspelt_name_fails_at_once(self, db):
        with pytest.raises(LookupError, match=r"Nothing does the job 'ordering\.raise_oders'"):
            wake("ordering.raise_oders", key="x")

    def test_leaves_nothing_when_the_caller_rolls_back(self, db):
        with transaction.atomic():
            wake("test.write", key="one")
            transaction.set_rollback(True)
        with stewardship():
            assert Job.objects.count() == 0

    def test_rings_only_after_the_commit(self, scratch, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as callbacks:
            wake("test.write", key="one")
        assert len(callbacks) == 1

    def test_does_not_ring_for_what_is_due_later(self, db, at, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
            wake("test.write", key="one", due_at=at)
        assert callbacks == []

    def test_a_payload_that_is_no_json_is_a_mistake_of_ours(self, db):
        with pytest.raises(TypeError):
            wake("test.write", key="one", payload={"key": object()})

    def test_two_that_owe_the_same_key_at_once_owe_it_once(self, fresh_db):
        together = Barrier(8)

        def call(_: int) -> None:
            together.wait()
            with transaction.atomic():
                wake("test.write", key="one")
            connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(call, range(8)))
        with stewardship():
            assert Job.objects.count() == 1


class TestRunJob:
    def test_does_it_for_its_organisation_and_marks_it(self, scratch, at):
        organisation = uuid7()
        owed = owe(organisation_id=organisation)
        assert run_job(owed.pk, at=at)
        done = again(owed)
        assert (done.status, done.done_at, done.attempts) == (JobStatus.DONE, at, 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT key, organisation FROM scratch.deed")
            assert cursor.fetchall() == [(owed.key, str(organisation))]

    def test_does_not_do_it_again(self, scratch, at):
        owed = owe()
        assert [run_job(owed.pk, at=at) for _ in range(3)] == [True, False, False]
        assert written_down() == [owed.key]

    def test_does_not_do_what_is_due_later(self, scratch, at):
        owed = owe(due_at=at + timedelta(seconds=1))
        assert not run_job(owed.pk, at=at)
        assert run_job(owed.pk, at=at + timedelta(seconds=1))

    def test_knows_no_job_that_is_not_there(self, db, at):
        assert not run_job(uuid7(), at=at)

    @pytest.mark.parametrize("name", ["test.fail", "test.break", "test.refuse_now"])
    def test_a_failure_undoes_what_was_done_and_keeps_the_job_owed(self, scratch, at, name):
        owed = owe(name)
        assert not run_job(owed.pk, at=at)
        assert written_down() == []
        failed = again(owed)
        assert (failed.status, failed.attempts) == (JobStatus.OWED, 1)
        assert failed.due_at == at + timedelta(seconds=5)
        assert failed.last_error

    def test_waits_longer_after_each_failure_and_parks_in_the_end(self, scratch, at):
        owed, instant, waits = owe("test.fail"), at, []
        while again(owed).status == JobStatus.OWED:
            assert not run_job(owed.pk, at=instant)
            waits.append((again(owed).due_at - instant).total_seconds())
            instant = again(owed).due_at
        assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
        parked = again(owed)
        assert (parked.status, parked.attempts) == (JobStatus.PARKED, services.MOST_ATTEMPTS)
        assert parked.last_error == "RuntimeError: the printer is on fire"
        assert not run_job(owed.pk, at=instant)

    def test_a_refusal_for_ever_is_parked_at_once_with_its_reason(self, scratch, at):
        owed = owe("test.refuse_for_ever")
        run_job(owed.pk, at=at)
        assert (again(owed).status, again(owed).last_error) == (JobStatus.PARKED, "Never: Never.")

    def test_a_parked_job_can_be_owed_once_more(self, scratch, at):
        owed = owe("test.refuse_for_ever")
        run_job(owed.pk, at=at)
        unpark_job(owed.pk, at=at)
        assert due_jobs(at) == [owed.pk]
        assert (again(owed).status, again(owed).attempts) == (JobStatus.OWED, 0)

    def test_a_job_that_nothing_does_any_more_waits_and_stops_no_other(self, scratch, at):
        owed = owe()
        with stewardship():
            Job.objects.filter(pk=owed.pk).update(name="test.removed")
        other = owe()
        assert run_due_jobs(at=at) == 1
        assert written_down() == [other.key]
        assert "Nothing does the job 'test.removed'" in again(owed).last_error

    def test_a_payload_that_its_handler_does_not_take_is_written_down(self, scratch, at):
        owed = owe(payload={"colour": "red"})
        run_job(owed.pk, at=at)
        assert "unexpected keyword argument 'colour'" in again(owed).last_error

    def test_a_job_that_kills_its_worker_each_time_is_parked(self, scratch, at):
        owed, instant = owe(), at
        for _ in range(services.MOST_ATTEMPTS):
            # What a worker has done by the time that it dies in the handler.
            assert services._take(owed.pk, instant) is not None
            instant = again(owed).due_at
        assert not run_job(owed.pk, at=instant)
        assert again(owed).status == JobStatus.PARKED
        assert "begun 12 times and never ended" in again(owed).last_error
        assert written_down() == []

    def test_leaves_the_connection_nobodys(self, scratch, at):
        run_job(owe("test.fail", organisation_id=uuid7()).pk, at=at)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_setting('marketplace.organisation')")
            assert cursor.fetchone() == ("marketplace_worker", "")

    def test_a_connection_that_dies_in_the_midst_loses_nothing(self, kept_scratch, at):
        owed = owe("test.lose_connection")
        assert not run_job(owed.pk, at=at)
        assert (again(owed).status, again(owed).attempts) == (JobStatus.OWED, 1)
        assert written_down() == []


@job("test.lose_connection")
def lose_connection(*, key, at):
    """Write the key down; then the connection breaks."""
    write_down(key)
    connection.connection.close()
    write_down(key)


class TestExternal:
    def test_its_effects_stay_when_it_fails_afterwards(self, scratch, at):
        owed = owe("test.write_outside")
        assert run_job(owed.pk, at=at)
        assert again(owed).status == JobStatus.DONE

    def test_a_failure_gives_the_claim_back(self, scratch, at):
        owed = owe("test.fail_outside")
        run_job(owed.pk, at=at)
        assert again(owed).due_at == at + timedelta(seconds=5)

    def test_a_claim_keeps_others_away_until_it_runs_out(self, scratch, at):
        owed = owe("test.write_outside")
        taken = services._take(owed.pk, at)  # and then this worker dies
        services._keep_for(taken, at + services.CLAIM_LASTS)
        just_before = at + services.CLAIM_LASTS - timedelta(microseconds=1)
        assert not run_job(owed.pk, at=just_before)
        assert due_jobs(just_before) == []
        assert run_job(owed.pk, at=at + services.CLAIM_LASTS)
        assert written_down() == [owed.key]

    def test_a_worker_is_ended_before_its_claim_runs_out(self, db):
        assert services.CLAIM_LASTS.total_seconds() > services.LONGEST_EXTERNAL_SECONDS

    def test_a_late_failure_does_not_disturb_who_has_it_now(self, scratch, at):
        owed = owe("test.write_outside")
        slow = services._take(owed.pk, at)
        later = again(owed).due_at
        assert services._take(owed.pk, later) is not None
        due = again(owed).due_at
        services._fail(slow, RuntimeError("at last"), later)
        assert again(owed).due_at == due


class TestSweep:
    @pytest.mark.django_db
    def test_rings_for_what_has_waited_and_not_for_what_is_fresh(self, db):
        owe()
        now = timezone.now()
        assert sweep(at=now) == 0
        assert sweep(at=now + services.SWEEP_AGE + timedelta(seconds=1)) == 1

    @pytest.mark.django_db
    def test_rings_at_the_instant_that_was_asked_for(self, at):
        owe(due_at=at)
        assert sweep(at=at - timedelta(microseconds=1)) == 0
        assert sweep(at=at) == 1

    @pytest.mark.django_db
    def test_does_not_ring_for_what_is_being_done_done_or_parked(self, at):
        later = timezone.now() + timedelta(hours=1)
        taken, _done, parked = owe(), owe(), owe()
        services._take(taken.pk, later)
        with stewardship():
            Job.objects.filter(pk=_done.pk).update(status="DONE", done_at=at)
            Job.objects.filter(pk=parked.pk).update(status="PARKED")
        assert sweep(at=later) == 0

    @pytest.mark.django_db
    def test_is_bounded_and_takes_the_longest_due_first(self, at):
        with stewardship():
            Job.objects.bulk_create(
                Job(name="test.write", key=str(n), due_at=at - timedelta(seconds=n))
                for n in range(services.SWEEP_MOST + 50)
            )
        assert sweep(at=at) == services.SWEEP_MOST
        with stewardship():
            oldest = Job.objects.order_by("due_at").values_list("pk", flat=True)[:3]
            assert due_jobs(at, most=3) == list(oldest)

    @pytest.mark.django_db
    def test_a_kind_that_nobody_knows_stops_no_other(self, at):
        odd = owe(due_at=at)
        owe(due_at=at)
        with stewardship():
            Job.objects.filter(pk=odd.pk).update(name="test.removed")
        assert sweep(at=at) == 2

    def test_asks_the_index(self, db, at):
        with stewardship():
            Job.objects.bulk_create(
                Job(name="test.write", key=str(n), status="DONE", done_at=at) for n in range(3_000)
            )
            owe(due_at=at)
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE jobs_job")
            plan = services._due(at, age=services.SWEEP_AGE)[: services.SWEEP_MOST].explain()
        assert "job_due" in plan


class TestRunDueJobs:
    def test_does_what_jobs_owe_in_turn(self, scratch, at):
        owe("test.owe_more", key="a", payload={"left": 3})
        assert run_due_jobs(at=at) == 4
        assert sorted(written_down()) == ["a", "a3", "a32", "a321"]

    def test_does_not_try_a_failing_job_twice(self, scratch, at):
        failing = owe("test.fail")
        owe()
        assert run_due_jobs(at=at) == 1
        assert again(failing).attempts == 1

    def test_stops_where_it_is_told_to(self, scratch, at):
        for _ in range(5):
            owe()
        assert run_due_jobs(at=at, most=1) >= 1


def test_what_an_hours_backlog_costs_a_sweep_is_little(db, at):
    with stewardship():
        Job.objects.bulk_create(
            Job(name="test.write", key=str(n), due_at=at - timedelta(seconds=n % 3_600))
            for n in range(20_000)
        )
    begun = monotonic()
    assert sweep(at=at) == services.SWEEP_MOST
    assert monotonic() - begun < 2
