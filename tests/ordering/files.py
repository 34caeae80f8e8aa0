"""Taking files of requisitions and orders, and reading them, for the tests of exports."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from django.db import connection

from marketplace.core.tenancy import stewardship
from tests.factories import catalogue, ordering, organisations
from tests.factories.organisations import sign_in

ORDERS, REQUISITIONS = "/orders/export/", "/requisitions/export/"


def uneven_market():
    """Keep a council that buys three things whose VAT does not come out even."""
    made = ordering.market(listings=2)
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
