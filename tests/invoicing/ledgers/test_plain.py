"""Journals as CSV, read back."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from hypothesis import given

from invoicing.ledgers.journals import control_totals
from invoicing.ledgers.plain import COLUMNS, TRAILER, write_plain
from tests.invoicing.ledgers import making


def read(content):
    head, *rows, trailer = csv.reader(io.StringIO(content.decode(), newline=""))
    assert tuple(head) == COLUMNS
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows], trailer


def test_a_line_a_row():
    rows, _trailer = read(write_plain([making.journal(1)]))
    assert rows[0] == {
        "journal": "J26-000001", "line": "1", "dated_on": "2026-04-01",
        "document_on": "2026-04-01", "kind": "INVOICE", "document": "INV-1",
        "narrative": "Chairs", "account": "5023", "cost_centre": "C100", "supplier": "",
        "debit": "120.00", "credit": "",
    }  # fmt: skip
    assert (rows[1]["supplier"], rows[1]["debit"], rows[1]["credit"]) == ("S1", "", "120.00")


def test_nothing_is_a_head_and_a_trailer():
    rows, trailer = read(write_plain([]))
    assert (rows, trailer[0], trailer[1], trailer[10]) == ([], TRAILER, "0", "0.00")


@given(making.journals())
def test_what_is_read_back_comes_to_the_trailer(journals):
    content = write_plain(journals)
    assert content == write_plain(journals)
    rows, trailer = read(content)
    debit = sum((Decimal(row["debit"] or 0) for row in rows), Decimal(0))
    credit = sum((Decimal(row["credit"] or 0) for row in rows), Decimal(0))
    assert (TRAILER, str(len(rows))) == tuple(trailer[:2])
    assert Decimal(trailer[10]) == debit == credit == Decimal(trailer[11])
    assert trailer[7] == control_totals(journals).accounts_hash
    assert content.count(b"\r\n") == len(rows) + 2
