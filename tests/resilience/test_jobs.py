"""Every job is done exactly once, whichever process is killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from threading import Event

import pytest
from django.db import transaction

from marketplace.jobs.services import wake
from tests.jobs import deeds
from tests.resilience.invariants import jobs_begun, jobs_owed, no_job_is_stuck
from tests.resilience.kit import Installation, broken, settled, under_fire, until_answered


@pytest.fixture
def installation(tmp_path, django_db_blocker) -> Iterator[Installation]:
    """The product with a worker that knows the tests' deeds, and Django here on its database."""
    with (
        Installation.begun(tmp_path, include=("tests.jobs.deeds",)) as made,
        django_db_blocker.unblock(),
        made.connected(),
    ):
        deeds.make_scratch(made.admin_url())
        yield made


def owe(key: str, seconds: float = 0.0) -> None:
    """Owe a deed, and write down in the same transaction that it was asked for."""
    with transaction.atomic():
        deeds.write_down(f"asked {key}")
        wake("test.write", key=key, payload={"key": key, "seconds": seconds})


def everything_asked_was_done_once() -> list[str]:
    """What was asked for and committed was done, once; what was rolled back was not."""
    found = Counter(deeds.written_down())
    asked = {key.removeprefix("asked ") for key in found if key.startswith("asked ")}
    done = {key: n for key, n in found.items() if not key.startswith("asked ")}
    problems = [f"{key} was done {n} times" for key, n in done.items() if n != 1]
    problems += [f"{key} was never done" for key in asked - done.keys()]
    return problems + [f"{key} was never asked for" for key in done.keys() - asked]


def client(name: str, count: int, acknowledged: list[str]) -> Callable[[Event], None]:
    """Somebody who owes `count` deeds, each until the database has said yes."""

    def act(give_up: Event) -> None:
        for number in range(count):
            key = f"{name}-{number}"
            if until_answered(lambda key=key: _owe_once(key), give_up):
                acknowledged.append(key)
            give_up.wait(0.15)

    return act


def _owe_once(key: str) -> None:
    # The answer may have been lost after the commit; asking again must not ask twice.
    if f"asked {key}" not in deeds.written_down():
        owe(key, 0.02)


def storm(installation: Installation, *, kills: int, seed: int, deeds_each: int) -> None:
    acknowledged: list[str] = []
    clients = [client(f"c{number}", deeds_each, acknowledged) for number in range(4)]
    installation.start("worker", "beat")
    fire = under_fire(
        installation, clients=clients, kills=kills, seed=seed,
        targets=("worker", "worker", "database", "broker", "beat"), seconds=60 + 4 * kills,
    )  # fmt: skip
    assert fire.unfinished == 0, fire
    assert len(acknowledged) == 4 * deeds_each
    assert {f"asked {key}" for key in acknowledged} <= set(deeds.written_down())
    assert settled(lambda: jobs_owed() == 0, seconds=90), (fire, broken(no_job_is_stuck))
    assert broken(no_job_is_stuck, everything_asked_was_done_once) == [], fire
    print(
        f"seed {seed}: {4 * deeds_each} jobs, shot at {Counter(fire.shots)}, {fire.seconds:.0f} s"
    )


def test_the_worker_dies_in_the_midst_and_the_broker_with_every_message(installation):
    installation.start("worker", "beat")
    for number in range(4):
        owe(f"slow-{number}", seconds=1.5)
    assert settled(lambda: jobs_begun() >= 2, seconds=60, pause=0.05), installation.log("worker")
    installation.kill("worker")
    installation.kill("broker")
    assert [key for key in deeds.written_down() if key.startswith("slow")] == []
    installation.revive("broker")
    installation.revive("worker")
    assert settled(lambda: jobs_owed() == 0, seconds=60), installation.log("worker")
    assert broken(no_job_is_stuck, everything_asked_was_done_once) == []


def test_five_kills(installation):
    storm(installation, kills=5, seed=1, deeds_each=30)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 7))
def test_fifty_kills(installation, seed):
    storm(installation, kills=10, seed=seed, deeds_each=100)
