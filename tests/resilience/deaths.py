"""Dying before and after every statement, and every commit, of a deed.

A child process does the deed and kills itself at the n-th point, for every n that there is. After
each death either nothing has happened or everything has; and in the end it has happened once.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from django.db import connection, connections

from marketplace.audit.models import Event as Entry
from marketplace.core.tenancy import stewardship
from marketplace.jobs.models import Job, JobStatus
from marketplace.jobs.services import run_job
from marketplace.ledger.models import CommitmentEntry
from marketplace.notifications.models import Message
from marketplace.ordering.models import Order, OrderLine
from tests.factories.ordering import NOON
from tests.resilience.invariants import every_chain_is_whole, promises_are_their_entries

MOST_POINTS = 400
KINDS = (CommitmentEntry, Entry, Job, Message, Order, OrderLine)


def dies_at(point: int, deed: Callable[[], object], said: Path) -> bool:
    """Do a deed in a child that kills itself at a point; tell whether it came to that."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            _do_until(point, deed)
        except BaseException:  # noqa: BLE001  # whatever it is, pytest must not go on in here
            said.write_text(traceback.format_exc())
            os._exit(1)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, said.read_text()
    return False


def _do_until(point: int, deed: Callable[[], object]) -> None:
    passed = 0

    def pass_point() -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def around_statement(execute, sql, params, many, context):
        pass_point()
        result = execute(sql, params, many, context)
        pass_point()
        return result

    wrapper = type(connections["default"])
    kept_commit = wrapper._commit

    def around_commit(self):
        pass_point()
        kept_commit(self)
        pass_point()

    wrapper._commit = around_commit
    with connection.execute_wrapper(around_statement):
        deed()


def die_everywhere(
    deed: Callable[[], object],
    *,
    is_done: Callable[[], bool],
    whole: Callable[[], list[str]],
    folder: Path,
    again: Callable[[], object] = lambda: None,
) -> int:
    """Die at each point in turn until the deed is done; return how many points there were."""
    for point in range(1, MOST_POINTS):
        died = dies_at(point, deed, folder / "said")
        problems = whole()
        assert problems == [], f"after death at point {point}"
        if is_done():
            return point
        assert died, "it neither died nor did its deed"
        again()
    raise AssertionError("it never ended")


def counts(kinds: Sequence[type]) -> dict[str, int]:
    """How many rows there are of everything that a deed may make."""
    with stewardship():
        return {kind.__name__: kind.objects.count() for kind in kinds}


class Watch:
    """Holds what there was before a deed against what there is after each death.

    Shapes: `state` is what the deed changes, and only when it is done; `invariants` are asked after
    each death.
    """

    def __init__(
        self,
        state: Callable[[], object],
        *,
        kinds: Sequence[type] = KINDS,
        invariants: Sequence[Callable[[], list[str]]] = (
            promises_are_their_entries,
            every_chain_is_whole,
        ),
    ) -> None:
        self.state, self.kinds, self.invariants = state, kinds, invariants
        self.state_before, self.before = state(), counts(kinds)

    def whole(self) -> list[str]:
        now = counts(self.kinds)
        problems = [problem for each in self.invariants for problem in each()]
        if self.state() == self.state_before and now != self.before:
            problems.append(f"half done: {self.before} became {now}")
        return problems

    def is_done(self) -> bool:
        return self.state() != self.state_before


def status_of(kind: type, key) -> Callable[[], str]:
    def status() -> str:
        with stewardship():
            return kind.objects.get(pk=key).status

    return status


def owed_job(name: str) -> Job:
    with stewardship():
        return Job.objects.get(name=name, status=JobStatus.OWED)


def job_deed(name: str) -> tuple[Callable[[], object], Callable[[], object]]:
    """Doing a job as a worker does, and making it due at once again after a death."""
    job = owed_job(name)

    def do() -> None:
        run_job(job.pk, at=NOON)

    def again() -> None:
        with stewardship():
            Job.objects.filter(pk=job.pk, status="OWED").update(
                due_at=None, attempts=0, unheard_attempts=0
            )

    return do, again
