"""How fast the search is, beside the same statement with nothing around it.

BENCH_ROWS says how many listings (10,000 if not); `marketplace bench search --rows N` does the
same on a database of one's own. Milliseconds do not travel, so what is asserted is only that every
kind of question is answered; how many statements a search costs is held in tests/catalogue.
"""

import os

import pytest

from catalogue.models import Listing
from catalogue.search.benchmark import bench_search
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Organisation

ROWS = int(os.environ.get("BENCH_ROWS", "10000"))


@pytest.mark.django_db
def test_search_beside_its_statement(capsys):
    lines = []
    figures = bench_search(ROWS, lines.append)
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert {each.kind for each in figures} >= {"a common word", "a part number", "misspelt"}
    assert all(each.ours[50] > 0 for each in figures)
    with stewardship():
        assert Listing.objects.count() == 0
    assert Organisation.objects.filter(slug__startswith="bench").count() == 0
