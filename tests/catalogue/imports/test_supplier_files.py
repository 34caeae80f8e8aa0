"""Files as suppliers really send them, each with what must come of it."""

import json
from io import BytesIO
from pathlib import Path

import pytest

from catalogue.imports.services.price_lists import UnreadablePriceList, import_catalogue
from catalogue.imports.wording import why_unreadable
from catalogue.models import Listing
from marketplace.core.tenancy import tenant
from tests.factories import organisations

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).parents[3] / "fixtures" / "supplier_files"
EXPECTED = json.loads((FOLDER / "expectations.json").read_text(encoding="utf-8"))
OUR_NAMES = {"price": "unit_price", "cpv": "category"}  # where the files' notes call it otherwise


def take(name, at, *, encoding=None):
    seller = organisations.actor(organisations.supplier(), "supplier")
    with tenant(seller.organisation_id):
        report = import_catalogue(
            supplier=seller,
            content=BytesIO((FOLDER / name).read_bytes()),
            name=name,
            at=at,
            dry_run=False,
            encoding=encoding,
        )
        return report, Listing.objects.of(seller.organisation_id).count()


def our_name(field):
    return OUR_NAMES.get(field, field)


def named(verdict):
    return [name for name, facts in EXPECTED.items() if facts["verdict"] == verdict]


def test_every_file_has_an_expectation_and_the_other_way_round():
    assert {path.name for path in FOLDER.glob("[0-9]*")} == EXPECTED.keys()
    assert {facts["verdict"] for facts in EXPECTED.values()} <= {"taken", "refused", "unreadable"}


@pytest.mark.parametrize("name", named("taken"))
def test_takes_every_row_of_a_good_file(name, at):
    facts = EXPECTED[name]
    report, kept = take(name, at, encoding=facts.get("encoding"))
    assert (report.verdict, [problem.code for problem in report.problems]) == ("DONE", [])
    assert (report.rows_count, kept) == (facts["rows"], facts["rows"])


@pytest.mark.parametrize("name", [n for n in named("taken") if EXPECTED[n].get("encoding")])
def test_refuses_another_encoding_until_it_is_named(name, at):
    with pytest.raises(UnreadablePriceList, match="UTF-8"):
        take(name, at)


@pytest.mark.parametrize("name", named("refused"))
def test_names_every_bad_cell_and_takes_nothing(name, at):
    facts = EXPECTED[name]
    report, kept = take(name, at, encoding=facts.get("encoding"))
    wanted = {(each["row"], our_name(each.get("field", ""))) for each in facts["problems"]}
    assert {(each.row, each.column) for each in report.problems} == wanted
    assert (report.verdict, report.rows_count, kept) == ("REFUSED", facts["rows"], 0)


@pytest.mark.parametrize("name", named("unreadable"))
def test_says_why_a_file_cannot_be_read(name, at):
    facts = EXPECTED[name]
    with pytest.raises(UnreadablePriceList) as caught:
        take(name, at)
    missing = set(map(our_name, facts.get("missing", [])))
    cause = caught.value.__cause__
    assert set(cause.facts.get("missing", ())) == missing
    assert caught.value.detail == why_unreadable(cause)
    assert len(caught.value.detail.split()) > 5
