"""What is said once for a whole file that has no column for it."""

from __future__ import annotations

from io import BytesIO

import pytest

from catalogue.imports.annotating import annotated_copy
from catalogue.imports.for_all import NotForAll, check_for_all
from catalogue.imports.services.price_lists import (
    UnreadablePriceList,
    confirm_import,
    import_catalogue,
)
from catalogue.imports.services.uploads import confirm_price_list, send_price_list, take_in_upload
from catalogue.models import ImportRun, Listing
from marketplace.core.tenancy import tenant
from tests.factories import organisations

pytestmark = pytest.mark.django_db

BARE = b"Code,Description,Price\nA1,White paint,9.50\nA2,Red paint,8\n"
SAID = {"category": "44810000", "unit": "each", "vat": "20%"}


@pytest.fixture
def seller(db):
    actor = organisations.actor(organisations.supplier(), "supplier")
    with tenant(actor.organisation_id):
        yield actor


def send(seller, at, content=BARE, **more):
    return import_catalogue(
        supplier=seller, content=BytesIO(content), name="p.csv", at=at, **{"dry_run": False} | more
    )


def test_every_row_has_it(seller, at):
    report = send(seller, at, for_all=SAID)
    assert (report.verdict, report.new_count) == ("DONE", 2)
    found = Listing.objects.values_list("category_id", "unit", "vat_category").distinct()
    assert list(found) == [("44810000", "EA", "standard")]
    assert ImportRun.objects.get().for_all == SAID


def test_without_it_the_refusal_says_that_it_can_be_said(seller, at):
    with pytest.raises(UnreadablePriceList, match="If VAT is the same in every row, say it once"):
        send(seller, at)


def test_what_the_file_says_goes_first(seller, at):
    rows = b"Code,Description,Price,VAT\nA1,White paint,9.50,0%\nA2,Red,8,20%\n"
    send(seller, at, rows, for_all=SAID)
    vat = dict(Listing.objects.values_list("part_number", "vat_category"))
    assert vat == {"A1": "zero", "A2": "standard"}


def test_an_empty_cell_is_not_filled_in(seller, at):
    rows = b"Code,Description,Price,VAT\nA1,White paint,9.50,\n"
    report = send(seller, at, rows, for_all=SAID)
    assert (report.verdict, report.problems[0].column) == ("REFUSED", "vat")


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"vat": "17.5%"}, "vat", "VAT"),
        ({"unit": "boxs"}, "unit", "Did you mean box"),
        ({"category": "paint"}, "category", "CPV"),
        ({"unit_price": "1"}, None, "Only the category"),
    ],
)
def test_refuses_what_means_nothing(said, field, words):
    with pytest.raises(NotForAll, match=words) as refused:
        check_for_all(said)
    assert refused.value.field == field


def test_nothing_said_is_nothing():
    assert check_for_all({"vat": "  ", "unit": ""}) == {}


def test_is_remembered_until_it_is_confirmed(seller, at):
    tried = send(seller, at, dry_run=True, for_all=SAID)
    assert confirm_import(supplier=seller, run_id=tried.run_id, at=at).new_count == 2


def test_is_remembered_by_the_worker(seller, at):
    sent = send_price_list(supplier=seller, content=BARE, name="p.csv", at=at, for_all=SAID)
    tried = take_in_upload(upload_id=sent.pk, at=at)
    assert (tried.refusal, tried.run.verdict) == ("", "CHECKED")
    again = confirm_price_list(supplier=seller, run_id=tried.run_id, at=at)
    assert take_in_upload(upload_id=again.pk, at=at).run.new_count == 2


def test_the_annotated_copy_knows_of_it():
    given = BARE.replace(b"9.50", b"free")
    copy = b"".join(annotated_copy(BytesIO(given), for_all=SAID)).decode()
    assert copy.count("Unit price") == 1
