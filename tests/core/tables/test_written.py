"""Separated values that we hand out."""

from __future__ import annotations

import csv
import io

import pytest

from marketplace.core.tables.written import csv_lines


def read(*rows):
    text = "".join(csv_lines(["what"], rows))
    assert text.startswith("\ufeffwhat")
    return [row for row in csv.reader(io.StringIO(text[1:], newline=""))][1:]


@pytest.mark.parametrize("text", ["=1|2", "+1+1", "@SUM(A1)", "\t=1", " =1", "＝1", "|x", "%0A"])
def test_holds_back_what_a_spreadsheet_would_run_and_changes_nothing_else(text):
    assert read([text]) == [[f"'{text}"]]


@pytest.mark.parametrize("text", ["-12.50", "a=b", "a|b", "Ysgol Gymraeg"])
def test_leaves_alone_what_is_no_formula(text):
    assert read([text]) == [[text]]
