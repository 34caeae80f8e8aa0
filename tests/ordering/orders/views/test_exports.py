"""Files of orders: every line, to the penny, and nobody else's."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import ordering as factory
from tests.ordering.files import ORDERS, body, reader, sums, sums_in_sql, table, uneven_market
from tests.ordering.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def market(db):
    return uneven_market()


class TestOrders:
    def test_a_file_comes_to_what_the_database_says(self, client, market):
        factory.sent(market, quantity=1)
        factory.answered(market, factory.Answer.REFUSED, quantity=3)
        reader(client, market)
        rows = table(client.get(ORDERS, {"format": "csv"}))
        assert len(rows) == 6
        assert sums(rows) == sums_in_sql("ordering_order", market)
        page = text(client.get(ORDERS))
        for amount in sums(rows):
            assert f"£{amount:,.2f}" in page

    def test_a_row_says_what_finance_asks(self, client, market):
        order = factory.answered(market, factory.Answer.REFUSED)
        reader(client, market)
        row = table(client.get(ORDERS, {"format": "csv"}))[0]
        assert row["order_number"] == order.number
        assert row["requisition_number"].startswith("REQ-")
        assert (row["status"], row["status_words"]) == ("REFUSED", "Refused")
        assert (row["quantity"], row["unit_price"]) == ("2.000", "79.500000")
        assert row["due_net_amount"] == "0.00"
        assert f"{row['cost_centre']}/{row['account']}" == market.budget.coding
        assert row["sent_at"].startswith("2026-11-23T12:00:00+00:00")

    def test_no_cell_is_run_as_a_formula(self, client, market):
        factory.sent(market)
        reader(client, market)
        assert "'=cmd()" in [row["name"] for row in table(client.get(ORDERS, {"format": "csv"}))]

    def test_json_says_the_same(self, client, market):
        factory.sent(market)
        reader(client, market)
        lines = body(client.get(ORDERS, {"format": "jsonl"})).splitlines()
        rows = [json.loads(line) for line in lines]
        assert sums(rows) == sums_in_sql("ordering_order", market)
        assert rows[-1]["name"] == "=cmd()"

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({}, 3), ({"status": "SENT"}, 3), ({"status": "REFUSED"}, 0), ({"words": "PO-26"}, 3),
            ({"words": "nothing"}, 0), ({"since": "2026-11-23", "until": "2026-11-23"}, 3),
            ({"since": "2026-11-24"}, 0), ({"until": "2026-11-22"}, 0),
        ],
    )  # fmt: skip
    def test_is_narrowed_as_the_list_is_and_by_days(self, client, market, query, count):
        factory.sent(market)
        reader(client, market)
        assert len(table(client.get(ORDERS, {**query, "format": "csv"}))) == count

    @pytest.mark.parametrize("query", ["?since=x", "?status=x", "?since=2026-2-2&until=2026-1-1"])
    def test_nonsense_is_said_to_be(self, client, market, query):
        reader(client, market)
        assert client.get(ORDERS + query + "&format=csv").status_code == 422

    def test_takes_the_same_statements_for_any_number(
        self, client, market, django_assert_max_num_queries
    ):
        for _each in range(3):
            factory.sent(market)
        reader(client, market)
        with django_assert_max_num_queries(20):
            assert len(table(client.get(ORDERS, {"format": "csv"}))) == 9


def test_asks_for_a_lot_of_lines_at_a_time(client, market):
    """One cursor for all of a long file would be computed whole before its first byte."""
    factory.sent(market)
    reader(client, market)
    answer = client.get(ORDERS, {"format": "csv"})
    with CaptureQueriesContext(connection) as asked:
        assert len(table(answer)) == 3
    of_lines = [each["sql"] for each in asked if 'FROM "ordering_orderline"' in each["sql"]]
    assert of_lines
    assert all(sql.endswith("LIMIT 501") for sql in of_lines)
