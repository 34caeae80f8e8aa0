"""Files of requisitions: every line, to the penny."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Requisition
from tests.factories import catalogue, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

ORDERS, REQUISITIONS = "/orders/export/", "/requisitions/export/"


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


def text(answer):
    return answer.content.decode()


def reader(client, market, role="finance"):
    return sign_in(client, organisations.person(market.council, role, limit=1))


def sums(rows):
    names = ("net_amount", "vat_amount", "gross_amount")
    return tuple(sum(Decimal(row[name]) for row in rows) for name in names)


def sums_in_sql(name: str, market):
    with stewardship(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT sum(net_amount), sum(vat_amount), sum(gross_amount) FROM {name}"
            " WHERE council_id = %s",
            [market.council.pk],
        )
        return cursor.fetchone()


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
