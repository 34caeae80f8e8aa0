"""What goes on paper when a page is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import marketplace.web

SHEET = Path(marketplace.web.__file__).parent / "static/web/site.css"


@pytest.mark.parametrize("part", [".site-demo", ".site-menu", ".site-footer", ".govuk-button"])
def test_only_the_document_itself_is_printed(part):
    (printed,) = re.findall(r"@media print \{(.*?)\n\}", SHEET.read_text(), re.DOTALL)
    hidden = printed.partition("display: none")[0]
    assert part in re.findall(r"[.\w-]+(?=[,\s{])", hidden)
