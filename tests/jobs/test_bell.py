"""The doorbell: it never keeps anybody waiting, and nothing is lost when it does not ring."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from marketplace.core.tenancy import stewardship
from marketplace.embedded import broker
from marketplace.jobs import bell
from marketplace.jobs.models import Job

ROOT = Path(__file__).resolve().parents[2]
# What a person may wait for bells: far less than the two seconds after which a broker is away.
MOST_SECONDS = 0.25


def rung(broker_url: str, *more: str, count: int = 5) -> dict:
    """What a process met that owes twice `count` jobs with this broker."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.jobs.ringing", str(count), *more],
        cwd=ROOT, env=os.environ | {"BROKER_URL": broker_url}, check=True, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1]) | {"said": done.stderr}


def owed() -> int:
    with stewardship():
        return Job.objects.count()


@pytest.fixture
def own_broker(tmp_path) -> Iterator[tuple[str, redis.Redis]]:
    with broker.start(tmp_path / "broker") as server:
        yield broker.url(server), redis.Redis(unix_socket_path=str(server.socket))


@pytest.fixture
def mute() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(20)
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"


def test_every_job_is_rung_once_also_from_a_forked_child(fresh_db, own_broker):
    url, asked = own_broker
    result = rung(url, "child")
    assert (result["rung"], result["child_rang"]) == (True, True), result["said"]
    assert asked.llen("marketplace") == owed() == 11


def test_a_broker_that_is_away_keeps_nobody_waiting(fresh_db, tmp_path):
    result = rung(f"redis+socket://{tmp_path}/nowhere.sock")
    print(f"five jobs owed and rung: {[f'{1000 * each:.1f} ms' for each in result['took']]}")
    assert max(result["took"]) < MOST_SECONDS, result
    assert owed() == 10
    # Once is enough to know: not one try a job.
    assert result["said"].count("bell.not_rung") <= 3


def test_a_broker_that_says_nothing_keeps_nobody_waiting(fresh_db, mute):
    result = rung(mute)
    print(f"five jobs owed and rung: {[f'{1000 * each:.1f} ms' for each in result['took']]}")
    assert max(result["took"]) < MOST_SECONDS, result
    assert owed() == 10


def test_more_bells_than_it_can_hold_are_left_to_the_sweep(monkeypatch):
    crowded = bell.Bell()
    monkeypatch.setattr(crowded, "_ringer", bell.threading.current_thread())  # nobody empties it
    for _ in range(bell.MOST_WAITING + 50):
        crowded.ring(bell.Ring(uuid4()))
    assert crowded._waiting.qsize() == bell.MOST_WAITING
    assert not crowded.wait(seconds=0.05)
