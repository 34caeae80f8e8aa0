"""Every address × method × role × owner, by session and by token: who gets in, and what they see.

The addresses come from the resolver. One without a declared policy fails, and so does one whose
parameter is not known here.
"""

from __future__ import annotations

import pytest
from django.db import transaction

from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import CostCentre
from marketplace.ordering.models import DeliveryPoint, Requisition
from marketplace.organisations.models import Kind, Organisation
from tests.access.world import PLAIN, ROWS, SHARED, Address, Person, World, addresses

PAGE_METHODS = ("GET", "POST")
API_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED = {401, 403, 404, 405, 415}
ALL = sorted(addresses(), key=lambda each: each.route)


@pytest.fixture(scope="module")
def world(demo_db) -> World:
    return World.of_the_demonstration()


@pytest.fixture(scope="module")
def canaries(world) -> dict[object, bytes]:
    """For each council a word that is put into its private rows and stands nowhere else."""
    words = {}
    with stewardship():
        for council in Organisation.objects.filter(kind=Kind.COUNCIL):
            word = f"canary-{council.slug}"
            words[council.pk] = word.encode()
            Requisition.objects.filter(council_id=council.pk).update(title=word)
            CostCentre.objects.filter(council_id=council.pk).update(name=word)
            DeliveryPoint.objects.filter(council_id=council.pk).update(name=word)
    return words


def _ask(person: Person, method: str, path: str, *, by: str):
    headers = {"authorization": f"Bearer {person.bearer}"} if by == "token" else {}
    client = person.client
    if by == "token":
        client = type(client)(raise_request_exception=False)
    with transaction.atomic():
        answer = client.generic(
            method, path, b"{}" if path.startswith("/api/") else b"",
            content_type="application/json"
            if path.startswith("/api/")
            else "application/x-www-form-urlencoded",
            headers={**headers, "idempotency-key": "enumeration"} if method != "GET" else headers,
        )  # fmt: skip
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    return answer.status_code, body, answer.headers.get("Location", "")


def _cells(address: Address, world: World, *, whole: bool):
    """Everything that is asked of an address.

    Why not whole: what an address does not offer is refused before anything is looked at, so it is
    asked once of each person; and people of a second council come for what is not theirs only.
    """
    for person in world.people:
        is_second = person.kind == Kind.COUNCIL and person.organisation_id != world.first_council_id
        for by in ("session", "token") if address.is_api and person.bearer else ("session",):
            for method in API_METHODS if address.is_api else PAGE_METHODS:
                is_plain = whole or _offers(address, method)
                if not is_plain and by == "token":
                    continue
                for own in (True, False) if address.parameters and is_plain else (True,):
                    if own and is_second and not whole:
                        continue
                    for values in world.values(address, person, own=own):
                        yield person, by, method, own, values


def _offers(address: Address, method: str) -> bool:
    """Whether an operation answers a method; a page is taken to answer both."""
    return not address.is_api or hasattr(address.view.cls, method.lower())


def _turned_away(status: int, location: str) -> bool:
    return status in REFUSED or (status == 302 and "/account/login/" in location)


@pytest.mark.parametrize("address", ALL, ids=lambda a: a.route or "/")
class TestEveryAddress:
    def test_declares_who_may_come(self, address):
        assert address.words, f"{address.route} says nothing about who may come"
        assert set(address.parameters) <= ROWS.keys() | PLAIN.keys()

    def test_lets_in_whom_it_says_and_shows_nobody_elses(self, address, world, canaries):
        assert list(_wrong(address, world, canaries, whole=False)) == []

    @pytest.mark.slow
    def test_whatever_is_asked_of_it(self, address, world, canaries):
        assert list(_wrong(address, world, canaries, whole=True)) == []


def _wrong(address: Address, world: World, canaries, *, whole: bool):
    """Say of each answer that should not have been what is wrong with it."""
    for person, by, method, own, values in _cells(address, world, whole=whole):
        path = address.path(values)
        status, body, location = _ask(person, method, path, by=by)
        said = f"{person} by {by}: {method} {path} ({'own' if own else 'not theirs'}): {status}"
        if status >= 500:
            yield f"{said}: a defect"
        elif not person.roles & set(address.words) and not _turned_away(status, location):
            yield f"{said}: let in"
        elif not own and not _is_shared(address) and not _turned_away(status, location):
            yield f"{said}: somebody else's was found"
        for council, word in canaries.items():
            if council != person.organisation_id and word in body:
                yield f"{said}: shows {word.decode()}"


def _is_shared(address: Address) -> bool:
    return all(ROWS.get(name) in SHARED or name in PLAIN for name in address.parameters)


def test_the_enumeration_is_not_empty(world):
    assert len(ALL) > 60
    assert len(world.people) > 8
    assert {p.membership.organisation.kind for p in world.people if p.membership} == {
        "COUNCIL", "SUPPLIER",
    }  # fmt: skip
