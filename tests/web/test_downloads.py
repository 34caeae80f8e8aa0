"""Lists that people take with them."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from marketplace.web.downloads import CSV, JSON_LINES, Period, csv_lines, download, json_lines

KEY = UUID(int=7)
ROW = {
    "text": "Café; “tables”, 2\nof them",
    "amount": Decimal("-12.50"),
    "tiny": Decimal("0E-6"),
    "count": 3,
    "is_late": True,
    "at": datetime(2026, 7, 1, 12, 0, tzinfo=UTC),
    "on": date(2026, 7, 1),
    "key": KEY,
    "nothing": None,
}


def read(lines):
    text = "".join(lines)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_csv_says_what_the_row_says():
    [row] = read(csv_lines(list(ROW), [ROW]))
    assert row == {
        "text": ROW["text"], "amount": "-12.50", "tiny": "0.000000", "count": "3",
        "is_late": "yes", "at": "2026-07-01T13:00:00+01:00", "on": "2026-07-01",
        "key": str(KEY), "nothing": "",
    }  # fmt: skip


def test_json_says_what_the_row_says():
    [line] = json_lines([ROW])
    assert json.loads(line) == {
        "text": ROW["text"], "amount": "-12.50", "tiny": "0.000000", "count": 3, "is_late": True,
        "at": "2026-07-01T13:00:00+01:00", "on": "2026-07-01", "key": str(KEY), "nothing": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+441632", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "|x", "%0A=1"],
)
def test_no_cell_is_run_as_a_formula(text):
    [row] = read(csv_lines(["text"], [{"text": text}]))
    assert row["text"].startswith("'")


@pytest.mark.parametrize("text", ["-5", "12", "a=b", "", "’=1"])
def test_what_is_no_formula_stays_as_it_is(text):
    [row] = read(csv_lines(["text"], [{"text": text}]))
    assert row["text"] == text


def test_is_sent_while_the_rows_are_read():
    def rows():
        yield {"a": 1}
        raise AssertionError("read ahead")

    lines = download(CSV, "x", ["a"], rows()).streaming_content
    assert next(lines).decode().startswith("\ufeffa")
    assert next(lines) == b"1\r\n"
    with pytest.raises(AssertionError):
        next(lines)


def test_says_what_it_is():
    answer = download(JSON_LINES, "orders", ["a"], [])
    assert answer["Content-Type"] == "application/jsonl"
    assert answer["Content-Disposition"] == 'attachment; filename="orders.jsonl"'


def test_a_period_goes_forward():
    assert Period({"since": "2026-04-01", "until": "2026-04-01"}).is_valid()
    assert not Period({"since": "2026-04-02", "until": "2026-04-01"}).is_valid()
