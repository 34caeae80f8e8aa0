"""How many statements each page and each list takes: written down, and equal at ten times the rows.

`UPDATE_GOLDEN=1 pytest tests/performance` writes tests/query_counts.json anew; its difference then
shows what a change costs. An address is asked once to warm it, and counted the second time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from marketplace.core.tenancy import stewardship
from marketplace.organisations import sessions
from tests import servers
from tests.access.world import PLAIN, ROWS, Address, Person, World, addresses
from tests.performance.growing import TIMES, grow

GOLDEN = Path(__file__).resolve().parents[1] / "query_counts.json"
ORGANISATIONS = ("castermere", "quillmoor")
FIRST_LINES = 20  # of a file that is handed out
CANDIDATES = 5  # how many rows of their own to try until one can be seen
# What else is asked at an address, since it goes another way then.
QUESTIONS = {
    "catalogue/": ("q=paper", "q=papr", "sort=name"),
    "search/": ("q=paper",),
    "requisitions/": ("words=paper",),
    "orders/": ("words=PO",),
    "budgets/": ("words=school",),
    "orders/export/": ("format=csv", "words=PO"),
    "requisitions/export/": ("format=csv",),
    "budgets/export/": ("format=csv", "format=csv&what=commitments"),
    "audit/": ("words=REQ",),
    "supplier/listings/": ("query=paper",),
    "api/v1/listings": ("query=paper", "size=100"),
    "api/v1/requisitions": ("words=paper", "size=100"),
    "api/v1/orders": ("words=PO", "size=100"),
    "api/v1/events": ("words=REQ", "size=100"),
}

Counts = dict[str, dict[str, int]]


class Counter:
    """Asks addresses as people do, and counts; remembers which row it asked for."""

    def __init__(self, world: World) -> None:
        self.people = world.people
        self.chosen: dict[tuple[str, str], str] = {}

    def count(self) -> Counts:
        """Return for every address, and everybody who is let in, how many statements it took."""
        found: Counts = {}
        for address in sorted(addresses(), key=lambda each: each.route):
            for person in self.people:
                if not person.roles & set(address.words):
                    continue
                path = self._path(address, person)
                for question in ("", *QUESTIONS.get(address.route, ())) if path else ():
                    name = f"/{address.route}" + (f"?{question}" if question else "")
                    asked = f"{path}?{question}" if question else str(path)
                    found.setdefault(name, {})[str(person)] = statements(person, asked)
        return found

    def _path(self, address: Address, person: Person) -> str | None:
        """Return an address that answers with 200, the same one every time."""
        key = (address.route, str(person))
        if key not in self.chosen:
            tried = _paths(address, person)
            seen = (path for path in tried if person.client.get(path).status_code == 200)
            self.chosen[key] = next(seen, "")
        return self.chosen[key] or None


def _paths(address: Address, person: Person) -> Iterator[str]:
    """Yield addresses of the person's own rows, in the order of their keys.

    A row that is named by several parameters is the last one's, which says the others itself.
    """
    if any(name in PLAIN and not PLAIN[name] for name in address.parameters):
        return
    plain = {name: PLAIN[name] for name in address.parameters if name in PLAIN}
    named = [name for name in address.parameters if name not in PLAIN]
    if not named:
        yield address.path(plain)
        return
    for row in _rows(apps.get_model(ROWS[named[-1]]), person):
        others = {name: getattr(row, name) for name in named[:-1]}
        yield address.path({**plain, **others, named[-1]: row.pk})


def _rows(model: type[Model], person: Person) -> list[Any]:
    """Return some of the person's own rows, or of anybody's where they have none."""
    with stewardship():
        rows = [
            row
            for column in model.tenant_columns
            for row in model.objects.filter(**{column: person.organisation_id}).order_by("pk")[
                :CANDIDATES
            ]
        ]
        if not rows and person.membership:
            rows = list(model.objects.order_by("pk")[:CANDIDATES])
    return rows


def statements(person: Person, path: str) -> int:
    """Return how many statements an address takes that has been asked before."""
    person.client.get(path)
    with CaptureQueriesContext(connection) as captured:
        answer = person.client.get(path)
        if answer.streaming:  # a file is read lot by lot: what is counted is the first
            b"".join(islice(answer.streaming_content, FIRST_LINES))
            answer.close()
    assert answer.status_code == 200, (path, answer.status_code)
    return len(captured)


@pytest.fixture(scope="module")
def counted(demo_db) -> tuple[Counts, Counts, dict[str, tuple[int, int]]]:
    """The counts on the demonstration, and when everything in it has been multiplied."""
    with pytest.MonkeyPatch.context() as patch:
        # Now and then a session is saved; that would count for whichever address was asked then.
        patch.setattr(sessions, "SEEN_EVERY", timedelta(days=1))
        counter = Counter(World.of_the_demonstration(*ORGANISATIONS))
        few = counter.count()
        sizes = grow(servers.admin_url(demo_db))
        return few, counter.count(), sizes


def test_everything_was_multiplied(counted):
    _few, _many, sizes = counted
    small = {t: s for t, s in sizes.items() if s[1] < s[0] * 3 and s[0]}
    assert not small
    assert sizes["ordering_requisition"][1] >= sizes["ordering_requisition"][0] * TIMES


def test_no_address_takes_more_when_there_is_more(counted):
    few, many, _sizes = counted
    grown = [
        f"{name} by {who}: {count}, and {many[name].get(who)} when there is more"
        for name, by_whom in few.items()
        for who, count in by_whom.items()
        if many[name].get(who) != count
    ]
    assert not grown, "\n" + "\n".join(grown)


def test_every_address_takes_what_is_written_down(counted):
    few, _many, _sizes = counted
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(few, indent=1, ensure_ascii=False) + "\n")
    golden = json.loads(GOLDEN.read_text())
    wrong = [
        f"{name} by {who}: {by_whom.get(who)}, written down is {golden.get(name, {}).get(who)}"
        for name, by_whom in (golden | few).items()
        for who in by_whom.keys() | golden.get(name, {}).keys()
        if few.get(name, {}).get(who) != golden.get(name, {}).get(who)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_count_is_not_empty(counted):
    few, _many, _sizes = counted
    assert len(few) > 50
    assert {"/orders/", "/catalogue/", "/api/v1/requisitions", "/home/"} <= few.keys()
