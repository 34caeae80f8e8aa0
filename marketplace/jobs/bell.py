"""The doorbell: tells a worker that a job is owed. Nothing is lost when it does not ring.

A thread of its own rings, so that nobody's request waits for the broker: a broker that is away
takes two seconds to be found so, and one that hangs takes longer.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from dataclasses import dataclass
from uuid import UUID

import structlog
from celery import current_app

log = structlog.get_logger(__name__)

RING_LASTS_SECONDS = 60
MOST_WAITING = 1_000
QUIET_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring: for which job, and how long the job may take at most."""

    job_id: UUID
    longest_seconds: int | None = None


class Bell:
    """One process's bell: a queue and the thread that empties it."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Ring] = queue.Queue(MOST_WAITING)
        self._starting = threading.Lock()
        self._ringer: threading.Thread | None = None
        self._quiet_until = 0.0

    def ring(self, wanted: Ring) -> None:
        """Ask for a ring and return at once; with too many waiting, the sweep finds the job."""
        try:
            self._waiting.put_nowait(wanted)
        except queue.Full:
            return
        with self._starting:
            if self._ringer is None or not self._ringer.is_alive():
                self._ringer = threading.Thread(target=self._run, name="bell", daemon=True)
                self._ringer.start()

    def wait(self, *, seconds: float) -> bool:
        """Wait until every ring that was asked for was tried; tell whether that is so."""
        deadline = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self._waiting.unfinished_tasks

    def _run(self) -> None:
        while True:
            wanted = self._waiting.get()
            try:
                if time.monotonic() >= self._quiet_until:
                    _send(wanted)
            except Exception as error:  # noqa: BLE001  # every transport has errors of its own
                # Once is enough to know: what is asked for meanwhile is left to the sweep.
                self._quiet_until = time.monotonic() + QUIET_SECONDS
                log.warning("bell.not_rung", job_id=str(wanted.job_id), reason=str(error))
            finally:
                self._waiting.task_done()


def _send(wanted: Ring) -> None:
    # Not retried and soon expired, since a backlog of bells helps nobody.
    current_app.tasks["jobs.run"].apply_async(
        args=[str(wanted.job_id)],
        retry=False,
        expires=RING_LASTS_SECONDS,
        time_limit=wanted.longest_seconds,
        ignore_result=True,
    )


class _Ours:
    """This process's bell; a forked child has none of its parent's threads, so it gets its own."""

    bell = Bell()


def _after_fork() -> None:
    _Ours.bell = Bell()


os.register_at_fork(after_in_child=_after_fork)


def ring(job_id: UUID, *, longest_seconds: int | None = None) -> None:
    """Ask a worker, soon, to look at a job."""
    _Ours.bell.ring(Ring(job_id, longest_seconds))


def wait_until_rung(*, seconds: float) -> bool:
    """Wait until this process has tried every ring; tell whether it has."""
    return _Ours.bell.wait(seconds=seconds)
