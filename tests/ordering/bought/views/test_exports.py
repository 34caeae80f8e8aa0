"""Who may take files of requisitions and orders with them."""

from __future__ import annotations

import csv
import io

import pytest

from tests.factories import catalogue, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

ORDERS, REQUISITIONS = "/orders/export/", "/requisitions/export/"
EXPORTERS = ("buyer", "finance", "auditor")


@pytest.fixture
def market(db):
    """A council that buys three things whose VAT does not come out even."""
    made = factory.market(listings=2)
    odd = catalogue.listing(made.supplier, unit_price="0.33", name="=cmd()")
    made.listings.append(odd)
    return made


def body(answer) -> str:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def table(answer):
    return list(csv.DictReader(io.StringIO(body(answer)[1:], newline="")))


def reader(client, market, role="finance"):
    return sign_in(client, organisations.person(market.council, role, limit=1))


@pytest.mark.parametrize("address", [ORDERS, REQUISITIONS])
class TestBoth:
    @pytest.mark.parametrize("role", EXPORTERS)
    def test_are_for_these_roles(self, client, market, address, role):
        assert reader(client, market, role).get(address).status_code == 200

    @pytest.mark.parametrize("role", ["requester", "approver", "receiver", "administrator"])
    def test_and_no_others(self, client, market, address, role):
        assert reader(client, market, role).get(address).status_code == 403

    def test_hold_nothing_of_another_councils(self, client, market, address):
        factory.sent(market)
        theirs = organisations.person(organisations.council(), "finance")
        assert table(sign_in(client, theirs).get(address, {"format": "csv"})) == []
