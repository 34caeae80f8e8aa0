"""Production's broker: bells through a quorum queue, and workers that die under it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import kombu
import pytest
from django.db import transaction

from marketplace.jobs.services import wake
from tests.jobs import deeds
from tests.resilience.invariants import jobs_begun, jobs_owed, no_job_is_stuck
from tests.resilience.kit import broken, settled
from tests.services_marked.conftest import QUEUE

pytestmark = pytest.mark.services
ROOT = Path(__file__).resolve().parents[2]


def owe_from_a_process(installation, *keys: str) -> None:
    """Owe deeds in a process that has this broker, and ring."""
    subprocess.run(
        [sys.executable, "-m", "tests.services_marked.owing", *keys],
        cwd=ROOT, env=os.environ | installation.environment("worker"), check=True, timeout=60,
    )  # fmt: skip


def test_a_job_goes_through_the_quorum_queue_by_its_bell_alone(own_installation):
    deeds.make_scratch(own_installation.admin_url())
    own_installation.start("worker")  # and no beat, so that nothing sweeps
    owe_from_a_process(own_installation, "by-bell")
    assert settled(lambda: "by-bell" in deeds.written_down(), seconds=60), own_installation.log(
        "worker"
    )
    with kombu.Connection(own_installation.urls["BROKER_URL"]) as connection:
        arguments = {"x-queue-type": "quorum"}
        kombu.Queue(QUEUE, queue_arguments=arguments)(connection.default_channel).queue_declare()


def test_a_worker_that_dies_in_the_midst_loses_nothing(own_installation):
    deeds.make_scratch(own_installation.admin_url())
    own_installation.start("worker", "beat")
    for number in range(4):
        with transaction.atomic():
            key = f"slow-{number}"
            wake("test.write", key=key, payload={"key": key, "seconds": 1.5})
    assert settled(lambda: jobs_begun() >= 2, seconds=60, pause=0.05), own_installation.log(
        "worker"
    )
    own_installation.kill("worker")
    own_installation.revive("worker")
    assert settled(lambda: jobs_owed() == 0, seconds=60), own_installation.log("worker")
    assert broken(no_job_is_stuck) == []
    assert sorted(k for k in deeds.written_down() if k.startswith("slow")) == [
        f"slow-{number}" for number in range(4)
    ]
