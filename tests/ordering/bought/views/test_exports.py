"""Who may take files of requisitions and orders with them."""

from __future__ import annotations

import pytest

from tests.factories import ordering as factory
from tests.factories import organisations
from tests.factories.organisations import sign_in
from tests.ordering.files import ORDERS, REQUISITIONS, reader, table, uneven_market

pytestmark = pytest.mark.django_db

EXPORTERS = ("buyer", "finance", "auditor")


@pytest.fixture
def market(db):
    return uneven_market()


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
