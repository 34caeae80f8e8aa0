"""Files of requisitions: every line, to the penny."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Requisition
from marketplace.organisations.models import Membership
from tests.factories import ordering as factory
from tests.factories import organisations
from tests.factories.organisations import sign_in
from tests.ordering.files import REQUISITIONS, reader, sums, sums_in_sql, table, uneven_market
from tests.ordering.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def market(db):
    return uneven_market()


class TestRequisitions:
    def test_a_file_comes_to_what_the_database_says(self, client, market):
        factory.sent(market)
        factory.submitted(market, quantity=5)
        reader(client, market)
        rows = table(client.get(REQUISITIONS, {"format": "csv"}))
        assert sums(rows) == sums_in_sql("ordering_requisition", market)
        assert {row["status"] for row in rows} == {"ORDERED", "SUBMITTED"}
        assert {row["order_number"][:2] for row in rows if row["status"] == "ORDERED"} == {"PO"}
        assert {row["order_number"] for row in rows if row["status"] == "SUBMITTED"} == {""}

    def test_a_basket_is_nobodys_to_take(self, client, market):
        factory.basket(market)
        reader(client, market)
        assert table(client.get(REQUISITIONS, {"format": "csv"})) == []

    def test_the_list_leads_there_with_what_it_is_narrowed_by(self, client, market):
        factory.submitted(market)
        reader(client, market)
        page = text(client.get("/requisitions/?status=SUBMITTED"))
        assert "/requisitions/export/?status=SUBMITTED" in page
        sign_in(client, market.approver_membership)
        assert "/requisitions/export/" not in text(client.get("/requisitions/"))

    def test_a_list_of_ones_own_leads_to_a_file_of_ones_own(self, client, market):
        own = organisations.person(market.council, "buyer", name="Bea Buyer")
        factory.submitted(market, requester=market.buyer)
        sign_in(client, own)
        page = text(client.get("/requisitions/?whose=mine"))
        assert "No requisition fits" in page
        assert table(client.get(REQUISITIONS, {"format": "csv", "whose": "mine"})) == []
        assert len(table(client.get(REQUISITIONS, {"format": "csv"}))) == 3
        with stewardship():
            sign_in(client, Membership.objects.get(user_id=market.buyer.user_id))
        listed = text(client.get("/requisitions/?whose=mine"))
        assert "/requisitions/export/?whose=mine" in listed
        asking = text(client.get(REQUISITIONS, {"whose": "mine"}))
        assert '<option value="mine" selected>' in asking
        assert len(table(client.get(REQUISITIONS, {"format": "csv", "whose": "mine"}))) == 3


def test_a_requisition_that_was_never_sent_is_left_out(client, market):
    filled = factory.basket(market)
    with stewardship():
        Requisition.objects.filter(pk=filled.pk).update(status="WITHDRAWN")
    reader(client, market)
    assert table(client.get(REQUISITIONS, {"format": "csv"})) == []


def test_asks_for_a_lot_of_lines_at_a_time(client, market):
    """One cursor for all of a long file would be computed whole before its first byte."""
    factory.submitted(market)
    reader(client, market)
    answer = client.get(REQUISITIONS, {"format": "csv"})
    with CaptureQueriesContext(connection) as asked:
        assert len(table(answer)) == 3
    of_lines = [each["sql"] for each in asked if 'FROM "ordering_requisitionline"' in each["sql"]]
    assert of_lines
    assert all(sql.endswith("LIMIT 501") for sql in of_lines)
