"""What the database has said yes to is there after it was killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from marketplace.audit.models import Event as Entry
from marketplace.audit.services import record
from marketplace.core.tenancy import stewardship, tenant
from marketplace.organisations.models import Organisation
from tests.factories import organisations as make
from tests.resilience.invariants import every_chain_is_whole
from tests.resilience.kit import Installation, broken, under_fire, until_answered


@pytest.fixture
def installation(tmp_path: Path, django_db_blocker) -> Iterator[Installation]:
    with (
        Installation.begun(tmp_path) as made,
        django_db_blocker.unblock(),
        made.connected(),
    ):
        yield made


def writer(
    council: Organisation, number: int, acknowledged: list[str], done: Event
) -> Callable[[Event], None]:
    """Somebody who writes to the trail, over and over, and notes what was said yes to."""

    def act(give_up: Event) -> None:
        place = 0
        while not done.is_set() and not give_up.is_set():
            note = f"{number}-{place}"
            if until_answered(lambda note=note: write(council, note), give_up, pause=0.02):
                acknowledged.append(note)
            place += 1

    return act


def write(council: Organisation, note: str) -> None:
    with tenant(council.pk), transaction.atomic():
        record(
            "supplier.renamed", council, actor=None, at=timezone.now(),
            organisation_id=council.pk, note=note,
        )  # fmt: skip


def notes(chain: UUID) -> set[str]:
    with stewardship():
        return set(Entry.objects.filter(chain=chain).values_list("note", flat=True))


def storm(installation: Installation, *, writers: int, kills: int) -> None:
    councils = [make.council() for _ in range(4)]
    acknowledged: list[str] = []
    done = Event()
    clients = [writer(councils[n % 4], n, acknowledged, done) for n in range(writers)]

    under_fire(
        installation, clients=clients, kills=kills, seed=kills, targets=("database",),
        pauses=(0.5, 1.5), afterwards=done.set,
    )  # fmt: skip
    found = set().union(*(notes(council.pk) for council in councils))
    assert set(acknowledged) - found == set()
    assert broken(every_chain_is_whole) == []
    print(f"{kills} kills, {len(acknowledged):,} commits acknowledged, 0 missing")


def test_two_kills_under_eight_writers(installation):
    storm(installation, writers=8, kills=2)


@pytest.mark.slow
def test_twenty_kills_under_sixteen_writers(installation):
    storm(installation, writers=16, kills=20)
