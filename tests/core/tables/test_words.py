"""What is said of a file that is no table: what it is, and what would do."""

from __future__ import annotations

import pytest

from marketplace.core.tables.separated import Unreadable
from marketplace.core.tables.words import why_not_a_table


def said(kind: str) -> str:
    return why_not_a_table(Unreadable("other-kind", kind=kind))


@pytest.mark.parametrize("kind", ["old-excel", "opendocument", "xml", "html"])
def test_what_a_spreadsheet_opens_may_be_saved_as_a_workbook(kind):
    assert "save it as an Excel workbook (.xlsx) or as “CSV UTF-8”" in said(kind)


@pytest.mark.parametrize("kind", ["picture", "bitmap", "pdf", "zip", "gzip", "word", "json"])
def test_nobody_is_told_to_open_in_a_spreadsheet_what_none_opens(kind):
    assert "(.xlsx)" in said(kind)
    assert "Open it" not in said(kind)


@pytest.mark.parametrize("code", ["hidden-sheets", "no-sheets"])
def test_a_workbook_without_a_sheet_to_see_is_not_called_empty(code):
    assert "empty" not in why_not_a_table(Unreadable(code))
