"""A finance officer brings lists in, in a real browser: pages that only a file leads to."""

from __future__ import annotations

import pytest

from tests.browser.conftest import NARROW, WIDE, member

pytestmark = [pytest.mark.browser]

GOOD = "Code,Name,Directorate\n90010,Harbour Library,Culture\n11010,Ashgrove School,Education\n"
BAD = "Code,Name,Holder\n9.01E+04,Harbour Library,nobody@castermere.example\n90020,,\n"
LISTS = {
    "/cost-centres/file/": (GOOD, BAD),
    "/accounts/file/": ("Code,Name\n90010,Sundries\n", "Code,Name\n1E5,\n"),
    "/delivery-points/file/": (
        "Code,Name,Address\n900,Harbour,\"1 Quay\nZT1 1AA\"\n", "Code,Name\n900,Harbour\n",
    ),
    "/budgets/file/": (
        "Cost centre,Account,Amount\n11010,14041,99999\n", "Cost centre,Account,Amount\n1,2,x\n",
    ),
}  # fmt: skip


def send(visitor, path, text):
    visitor.open(path)
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": text.encode()}
    visitor.page.set_input_files("input[type=file]", file)
    visitor.page.get_by_role("button", name="Look at the file").click()
    visitor.page.wait_for_url("**/file/*-*/")


@pytest.mark.parametrize("path", LISTS)
def test_a_file_is_looked_at_and_taken_in(visitor, path):
    visitor.sign_in(member("castermere", "administrator"))
    good, bad = LISTS[path]
    faults = []
    send(visitor, path, bad)
    assert "There are mistakes in the file" in visitor.page.inner_text("h1")
    faults += [*visitor.faults(width=WIDE), *visitor.faults(width=NARROW)]
    send(visitor, path, good)
    assert "Check what will change" in visitor.page.inner_text("h1")
    faults += [*visitor.faults(width=WIDE), *visitor.faults(width=NARROW)]
    visitor.page.get_by_role("button", name="Confirm, and take the file in").click()
    visitor.page.wait_for_url(f"**{path.removesuffix('file/')}")
    assert " in." in visitor.page.inner_text(".govuk-notification-banner")
    assert faults + visitor.troubles == []
