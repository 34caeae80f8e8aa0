"""Every page of every role: accessible, as narrow as a phone, and without a word in the console.

The pages are found in the resolver, so that a new one is looked at without anybody remembering to.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import islice, product
from operator import or_

import pytest
from django.apps import apps
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from marketplace.core.actors import Role
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from tests.access.world import PLAIN, ROWS, addresses
from tests.browser.conftest import NARROW, WIDE, Visitor, member
from tests.factories.organisations import sign_in

pytestmark = [pytest.mark.browser]

COUNCIL, SUPPLIER = "castermere", "leafturn"
NOT_FOR_PEOPLE = ("api/v1/", "api/schema", "health/", "metrics", "theme/", "documents/")
# Pages of the package for sign-in, dressed by us.
SIGN_IN = ("account_login", "account_reset_password")
OWN_SIGN_IN = ("mfa_index", "account_email", "account_change_password", "usersessions_list")


def rows(label: str, membership: Membership | None) -> list[object]:
    """Keys of somebody's rows of one kind: one of each status that there is."""
    if membership is None:
        return []
    model = apps.get_model(label)
    sides = [Q(**{column: membership.organisation_id}) for column in model.tenant_columns]
    with stewardship():
        mine = model.objects.filter(reduce(or_, sides))
        names = {field.name for field in model._meta.fields}
        if "status" not in names:
            return list(mine.order_by("-pk").values_list("pk", flat=True)[:1])
        statuses = mine.order_by().values_list("status", flat=True).distinct()
        return [mine.filter(status=each).order_by("-pk")[0].pk for each in sorted(statuses)]


def pages(membership: Membership | None) -> Iterator[tuple[str, str]]:
    """Addresses that somebody may open and that answer with a page, each with its route."""
    words = {"public"} | ({"signed-in", *membership.roles} if membership else set())
    client = Client(raise_request_exception=False)
    if membership:
        with stewardship():
            sign_in(client, membership)
    for address in addresses():
        if address.route.startswith(NOT_FOR_PEOPLE) or not words & set(address.words):
            continue
        choices = []
        for name in address.parameters:
            plain = [PLAIN[name]] if PLAIN.get(name) else []
            choices.append(plain or (rows(ROWS[name], membership) if name in ROWS else []))
        for values in islice(product(*choices), 8):
            path = address.path(dict(zip(address.parameters, values, strict=True)))
            answer = client.get(path)
            assert answer.status_code < 500, path
            if answer.status_code == 200 and "text/html" in answer.headers["Content-Type"]:
                yield address.route, path
    for name in SIGN_IN if membership is None else OWN_SIGN_IN:
        yield name, reverse(name)


def person(role: Role | None) -> Membership | None:
    if role is None:
        return None
    return member(SUPPLIER if role is Role.SUPPLIER else COUNCIL, role.value)


@pytest.fixture(scope="module")
def seen_narrow() -> set[str]:
    """Routes that were looked at on a narrow screen already: once for each kind of page."""
    return set()


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role.value if role else "stranger")
def test_every_page(browser, site, role, seen_narrow):
    membership = person(role)
    visitor = Visitor(browser, site)
    if membership:
        visitor.sign_in(membership)
    found, faults = list(pages(membership)), list[str]()
    assert len(found) > 5
    for route, path in found:
        visitor.page.set_viewport_size({"width": WIDE, "height": 900})
        visitor.open(path)
        faults += visitor.faults(width=WIDE)
        if route not in seen_narrow:
            seen_narrow.add(route)
            faults += visitor.faults(width=NARROW)
    visitor.context.close()
    assert faults + visitor.troubles == []


def test_the_check_can_fail(visitor):
    """Negative control: a page that nobody could use is not passed over."""
    visitor.open("/")
    visitor.page.evaluate(
        "document.querySelector('main').innerHTML ="
        ' \'<img src="/favicon.ico"><input><div class="x">wide</div>\''
    )
    visitor.page.evaluate("document.querySelector('.x').style.width = '2000px'")
    found = " ".join(visitor.faults(width=NARROW))
    assert "image-alt" in found
    assert "label" in found
    assert "px wide" in found
