"""Every form of every page takes nonsense: what nobody can mean is said to be, and is no defect.

The forms are read off the pages, so that a new one is tried without anybody remembering to.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from django.db import transaction
from lxml import html

from tests.access.world import Address, Person, World, addresses

NONSENSE = (
    "\N{PILE OF POO}\N{ZERO WIDTH JOINER}\N{FLAG IN HOLE}",
    "x" * 10_000,
    "a\x00b",
    "\N{RIGHT-TO-LEFT OVERRIDE}lairt\N{POP DIRECTIONAL FORMATTING}",
    "<script>alert(1)</script>",
    "1e999",
    "\N{ARABIC-INDIC DIGIT THREE}\N{ARABIC-INDIC DIGIT FOUR}",
    "-0.000",
    "31/02/2026",
    "NaN",
    "%s %(name)s {0}",
    "'; DROP TABLE x; --",
    "",
)
# Boxes that hold what a page put there; in the last round they lie as well.
KEPT = {"hidden", "submit", "button", "image", "file"}
PAGES = sorted(
    (each for each in addresses() if not each.is_api and not each.route.startswith("demo/")),
    key=lambda each: each.route,
)


class Form(NamedTuple):
    """A form as it stands on a page: where it goes, how, and its boxes with what they hold."""

    address: str
    method: str
    boxes: list[tuple[str, str, str]]


@pytest.fixture(scope="module")
def world(demo_db) -> World:
    return World.of_the_demonstration("castermere", "leafturn")


def forms_on(path: str, page: bytes) -> Iterator[Form]:
    """Read the forms off a page; signing out and the choice of a language are not tried."""
    for form in html.fromstring(page).iter("form"):
        address = urljoin(path, form.get("action") or path)
        if urlsplit(address).path.startswith(("/account/", "/language/")):
            continue
        boxes = []
        for box in form.iter("input", "textarea", "select", "button"):
            if box.get("name"):
                kind = box.get("type", box.tag)
                boxes.append((box.get("name"), kind, box.get("value") or ""))
        yield Form(address, form.get("method", "get").lower(), boxes)


def filled(form: Form, first: int, *, lies: bool) -> dict[str, str]:
    """Fill each box with another nonsense, beginning with one of them."""
    words = itertools.cycle(NONSENSE[first:] + NONSENSE[:first])
    return {
        name: value if kind in KEPT and not lies else next(words)
        for name, kind, value in form.boxes
        if kind != "file" and name != "csrfmiddlewaretoken"
    }


def answered(person: Person, form: Form, sent: dict[str, str]) -> int:
    """Send a form, and undo whatever came of it."""
    with transaction.atomic():
        if form.method == "post":
            status = person.client.post(form.address, sent).status_code
        else:
            address = f"{urlsplit(form.address).path}?{urlencode(sent)}"
            status = person.client.get(address).status_code
        transaction.set_rollback(True)
    return status


def who_may(address: Address, world: World) -> Person | None:
    """Return somebody who may open a page."""
    return next((each for each in world.people if each.roles & set(address.words)), None)


@pytest.mark.parametrize("address", PAGES, ids=lambda each: each.route or "/")
def test_no_form_stumbles_over_nonsense(address, world):
    person, wrong = who_may(address, world), []
    assert person is not None
    for values in itertools.islice(world.values(address, person, own=True), 1):
        path = address.path(values)
        with transaction.atomic():
            page = person.client.get(path)
            transaction.set_rollback(True)
        if page.status_code != 200 or "text/html" not in page.headers["Content-Type"]:
            continue
        for form in forms_on(path, page.content):
            rounds = [(first, False) for first in (0, 4, 8)] + [(2, True)]
            for first, lies in rounds:
                sent = filled(form, first, lies=lies)
                status = answered(person, form, sent)
                if status >= 500:
                    wrong.append(f"{form.method} {form.address} {sent}: {status}")
    assert wrong == []


def test_the_forms_are_found(world):
    """Negative control: the pages have forms, with boxes that were filled."""
    (basket,) = (each for each in PAGES if each.route == "catalogue/")
    person = who_may(basket, world)
    found = list(forms_on("/catalogue/", person.client.get("/catalogue/").content))
    assert any(kind in {"text", "search"} for form in found for _name, kind, _value in form.boxes)
