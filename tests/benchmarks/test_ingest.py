"""What it takes to take an electronic invoice in, beside the least that must be done for it.

Ours takes the file in, keeps it, reads it, holds it to the schema and to our own rules, finds its
order, looks for others like it, and writes the trail. The floor parses the same
bytes, holds them to the same schema, takes out what a comparison needs, and writes a row for the
invoice, one for each line and the bytes, over the same connection. What the
floor does not know, the standard's own rules and the comparison of every line with the order, is
left out of the first figure; the second has it. Figures are of the
processor, Python's and the database's together. BENCH_INVOICES says how many a round (4 if not).
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from statistics import median

import psycopg
import pytest
from django.db import connection, transaction
from lxml import etree

from invoicing.formats.gate import open_document
from invoicing.formats.ubl import write_ubl
from invoicing.intake.services import reading
from invoicing.judging.official import Verdict
from invoicing.judging.schema import schema
from invoicing.models import Invoice
from invoicing.rehearsal.life import Meter
from marketplace.core.ids import uuid7
from tests import servers
from tests.factories import invoicing

INVOICES = int(os.environ.get("BENCH_INVOICES", "4"))
ROUNDS = 6
LINES = 10
AIM, LEAST_SHARE = 0.25, 0.04  # of what the floor takes in, in the same time
BASIC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
PARTS = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
TABLES = """
    CREATE TABLE floor_invoice (id uuid PRIMARY KEY, number text, order_number text,
        issued_on date, gross numeric, content bytea);
    CREATE TABLE floor_line (id uuid PRIMARY KEY, invoice_id uuid REFERENCES floor_invoice,
        number text, part text, quantity numeric, price numeric, net numeric);
    CREATE INDEX ON floor_line (invoice_id);
    GRANT ALL ON floor_invoice, floor_line TO marketplace_worker;
"""


@pytest.fixture
def market(fresh_db):
    """A council whose goods have come, with the floor's tables in the same database."""
    with psycopg.connect(servers.admin_url(fresh_db), autocommit=True) as admin:
        admin.execute(TABLES)
    return invoicing.market(listings=LINES, budget_amount=10_000_000)


def files(market, count: int, begun: int) -> list[bytes]:
    """One file for each of so many orders, none of them like another."""
    made = []
    for number in range(begun, begun + count):
        said = invoicing.said_of(market, invoicing.delivered(market), number=f"P-{number}")
        day = said.issued_on - timedelta(days=7 * number)
        made.append(write_ubl(replace(said, issued_on=day)))
    return made


def ours(market, contents: list[bytes], status: str) -> float:
    meter = Meter()
    for content in contents:
        with meter.running():
            taken = invoicing.read(market, invoicing.arrived(market, content))
        with market.acting():
            invoice = Invoice.objects.get(arrival=taken)
            assert invoice.order_id
            assert invoice.status == status
    return meter.cost.cpu * 1000 / len(contents)


def bare(contents: list[bytes]) -> float:
    meter = Meter()
    with meter.running():
        for content in contents:
            _bare(content)
    return meter.cost.cpu * 1000 / len(contents)


def _bare(content: bytes) -> None:
    root = etree.fromstring(content)
    assert schema(open_document(b'<Invoice xmlns="%s"/>' % NAMESPACE).syntax).validate(root)
    total = root.find(f"{PARTS}LegalMonetaryTotal")
    key = uuid7()
    lines = [
        (
            uuid7(),
            key,
            line.findtext(f"{BASIC}ID"),
            line.findtext(f"{PARTS}Item/{PARTS}SellersItemIdentification/{BASIC}ID"),
            line.findtext(f"{BASIC}InvoicedQuantity"),
            line.findtext(f"{PARTS}Price/{BASIC}PriceAmount"),
            line.findtext(f"{BASIC}LineExtensionAmount"),
        )
        for line in root.findall(f"{PARTS}InvoiceLine")
    ]
    head = (
        key,
        root.findtext(f"{BASIC}ID"),
        root.findtext(f"{PARTS}OrderReference/{BASIC}ID"),
        root.findtext(f"{BASIC}IssueDate"),
        total.findtext(f"{BASIC}TaxInclusiveAmount"),
        content,
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO floor_invoice VALUES (%s, %s, %s, %s, %s, %s)", head)
        marks = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(lines))
        cursor.execute(
            f"INSERT INTO floor_line VALUES {marks}", [one for row in lines for one in row]
        )


NAMESPACE = b"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"


def test_taking_in_beside_its_floor(market, monkeypatch, capsys):
    structural, whole, floors = [], [], []
    for number in range(ROUNDS):
        first = files(market, INVOICES, 2 * number * INVOICES)
        second = files(market, INVOICES, (2 * number + 1) * INVOICES)
        with monkeypatch.context() as patch:
            patch.setattr(reading, "judge_officially", lambda _read: Verdict((), "none"))
            patch.setattr(reading, "match_invoice", lambda **_facts: None)
            structural.append(ours(market, first, "HELD"))
        floors.append(bare(first * 10))
        whole.append(ours(market, second, "MATCHED"))
    # The first round only warms.
    share = median(f / s for f, s in zip(floors[1:], structural[1:], strict=True))
    with capsys.disabled():
        print(
            f"\ntaking in {LINES} lines: ours {median(structural[1:]):.1f} ms of processor beside"
            f" {median(floors[1:]):.2f} of the floor, {share:.0%} of its speed (aim {AIM:.0%});"
            f" with the standard's rules, and compared with its order, {median(whole[1:]):.1f} ms"
        )
    assert share >= LEAST_SHARE
