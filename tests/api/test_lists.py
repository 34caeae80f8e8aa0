"""Lists: their pages hold every row once, and a cursor that is none is refused."""

from __future__ import annotations

import base64
import json

import pytest
from django.apps import apps

from tests.api.conftest import API
from tests.api.programs import Program, document

# Each list: its address, whose, and how many there must be for the test to mean something.
LISTS = [
    ("requisitions", "buyer", 10),
    ("orders", "buyer", 5),
    ("orders", "supplier", 1),
    ("budgets", "buyer", 10),
    ("cost-centres", "buyer", 10),
    ("accounts", "buyer", 10),
    ("delivery-points", "buyer", 3),
    ("listings", "buyer", 200),
    ("listings", "supplier", 20),
    ("events", "auditor", 50),
    ("catalogue-imports", "supplier", 1),
    ("approvals", "approver", 1),
]


def pages(program: Program, path: str, size: int, **query: str):
    """Yield the rows of each page, going on as “next” says."""
    answer = program.get(f"{API}/{path}", size=size, **query)
    while True:
        assert answer.status_code == 200, answer.content
        page = answer.json()
        yield page["results"]
        if page["next"] is None:
            return
        assert page["next"].startswith("http://testserver/")
        answer = program.get(page["next"].removeprefix("http://testserver"))


@pytest.mark.parametrize(("path", "who", "least"), LISTS)
class TestPages:
    def test_hold_every_row_once_whatever_their_size(self, program, path, who, least):
        whole = [row["id"] for page in pages(program(who), path, 100) for row in page]
        assert len(whole) >= least
        assert len(set(whole)) == len(whole)
        size = max(1, len(whole) // 4)
        found = list(pages(program(who), path, min(size, 100)))
        assert [row["id"] for page in found for row in page] == whole
        assert all(len(page) == min(size, 100) for page in found[:-1])
        assert found[-1]

    def test_end_where_the_last_is_full(self, program, path, who, least):
        whole = [row["id"] for page in pages(program(who), path, 100) for row in page]
        if len(whole) <= 100:
            assert len(list(pages(program(who), path, len(whole)))) == 1

    @pytest.mark.parametrize(
        "after",
        [
            "x", "====", "é", "W10", "bnVsbA", "e30", "WyJuIl0", "page-0", "page-9999999",
            "A" * 5000, "-1", "'", "WyJuIiwgIlx1MDAwMCJd",
        ],
    )  # fmt: skip
    def test_begin_nowhere_else(self, program, path, who, least, after):
        document(program(who).get(f"{API}/{path}", after=after), 422)

    @pytest.mark.parametrize(
        "values",
        [["n", None], ["n", []], ["n", {}], ["n", "x", "x"], ["n", "1e999"], ["q", "x"], [["n"]],
         ["n", "9" * 400], ["n", "\ud800"], ["n", "0001-01-01T00:00:00+23:59", "0" * 32],
         ["n", "9999-12-31T23:59:59-23:59", "0" * 32], ["n", "x" * 300, "0" * 32],
         ["n", "\ud800", "0" * 32]],
    )  # fmt: skip
    def test_cannot_be_made_up(self, program, path, who, least, values):
        """A cursor that somebody wrote gives rows of the list, or is refused."""
        raw = json.dumps(values).encode()
        after = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        answer = program(who).get(f"{API}/{path}", after=after)
        assert answer.status_code in {200, 422}, answer.content

    @pytest.mark.parametrize("size", ["0", "-1", "101", "1e1", "", "x", "१", "9" * 30])
    def test_are_of_a_sensible_size(self, program, path, who, least, size):
        document(program(who).get(f"{API}/{path}", size=size), 422)


def test_a_search_goes_on_as_well(program):
    found = [row["id"] for page in pages(program("buyer"), "listings", 20, query="paper")
             for row in page]  # fmt: skip
    assert found
    assert len(set(found)) == len(found)


def test_the_list_is_the_tables(program):
    """Counted in the database: nothing of the tenant's is left out."""
    supplier = program("supplier")
    listed = {row["id"] for page in pages(supplier, "listings", 100) for row in page}
    supplier.acts()
    rows = apps.get_model("catalogue.Listing").objects.filter(
        supplier_id=supplier.membership.organisation_id
    )
    assert listed == {str(key) for key in rows.values_list("pk", flat=True)}
