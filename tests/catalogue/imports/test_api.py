"""Sending a price list, for programs."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from catalogue.models import ImportRun, Listing
from marketplace.core.tenancy import stewardship
from tests.factories import catalogue as make
from tests.factories import organisations

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return organisations.supplier()


@pytest.fixture
def seller(client, shop):
    return organisations.sign_in(client, organisations.person(shop, "supplier"))


def post(client, data, query="", **options):
    address = reverse("api-catalogue-imports") + query
    if isinstance(data, dict):
        return client.post(address, data, **options)
    return client.post(address, data, content_type="text/csv", **options)


def csv_of(*rows):
    return make.price_list(rows).getvalue()


def listings():
    with stewardship():
        return Listing.objects.count()


class TestSend:
    def test_takes_a_body_of_csv(self, seller):
        answer = post(seller, csv_of(make.row(), make.row()), "?name=march.csv")
        assert answer.status_code == 201
        said = answer.json()
        assert (said["verdict"], said["new_count"], said["name"]) == ("DONE", 2, "march.csv")
        assert listings() == 2

    def test_takes_a_form_with_a_file(self, seller):
        upload = SimpleUploadedFile("april.csv", csv_of(make.row()), content_type="text/csv")
        answer = post(seller, {"file": upload}, "?dry_run=true")
        assert answer.status_code == 201
        assert (answer.json()["verdict"], answer.json()["name"]) == ("CHECKED", "april.csv")
        assert listings() == 0

    def test_refuses_two_files_at_once(self, seller):
        files = [SimpleUploadedFile(name, csv_of(make.row())) for name in ("a.csv", "b.csv")]
        refused = post(seller, {"file": files})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "#/file"
        assert listings() == 0

    @pytest.mark.parametrize("query", ["?size=1&size=2", "?after=a&after=b"])
    def test_refuses_a_parameter_that_stands_twice(self, seller, query):
        refused = seller.get(reverse("api-catalogue-imports") + query)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["detail"] == "Say this once only."

    def test_says_which_sheet_was_read_and_which_was_not(self, seller):
        book = Workbook()
        book.active.title = "Desks"
        rows = list(csv.reader(io.StringIO(csv_of(make.row()).decode())))
        for sheet in (book.active, book.create_sheet("Chairs")):
            for row in rows:
                sheet.append(row)
        target = io.BytesIO()
        book.save(target)
        upload = SimpleUploadedFile("two.xlsx", target.getvalue())
        said = post(seller, {"file": upload}, "?dry_run=true").json()
        assert (said["sheet"], said["other_sheets"]) == ("Desks", ["Chairs"])
        read = seller.get(f"{reverse('api-catalogue-imports')}/{said['id']}").json()
        assert (read["sheet"], read["other_sheets"]) == ("Desks", ["Chairs"])
        plain = post(seller, csv_of(make.row()), "?dry_run=true").json()
        assert (plain["sheet"], plain["other_sheets"]) == ("", [])

    def test_refuses_a_smallest_order_that_nobody_can_place(self, seller):
        wrong = make.row(minimum_quantity="0.3", unit_price="99999999999999")
        first = post(seller, csv_of(wrong)).json()["errors"]
        assert [each["pointer"] for each in first] == [
            "#/rows/2/unit_price", "#/rows/2/minimum_quantity",
        ]  # fmt: skip
        assert "too big" in first[0]["detail"]
        assert "only sold whole" in first[1]["detail"]
        assert listings() == 0

    def test_names_each_bad_cell_and_keeps_the_run(self, seller):
        answer = post(seller, csv_of(make.row(unit_price="POA", unit="boxs")))
        problem = answer.json()
        assert answer.status_code == 422
        assert problem["type"].rstrip("/").endswith("catalogue.price-list-refused")
        assert [each["pointer"] for each in problem["errors"]] == [
            "#/rows/2/unit", "#/rows/2/unit_price",
        ]  # fmt: skip
        assert "Did you mean box" in problem["errors"][0]["detail"]
        with stewardship():
            assert str(ImportRun.objects.get().pk) == problem["import_id"]
        assert listings() == 0

    @pytest.mark.parametrize(
        ("data", "query"),
        [
            (b"", ""), (b"PK\x03\x04", ""), (b"name\nx", ""), ({}, ""), ({"file": "x"}, ""),
            (csv_of(make.row()), "?encoding=latin-1"), (csv_of(make.row()), "?dry=1"),
        ],
    )  # fmt: skip
    def test_refuses_what_it_cannot_read(self, seller, data, query):
        answer = post(seller, data, query)
        assert (answer.status_code, answer["content-type"]) == (422, "application/problem+json")
        assert answer.json()["errors"]

    def test_takes_no_json(self, seller):
        answer = seller.post(
            reverse("api-catalogue-imports"), "{}", content_type="application/json"
        )
        assert answer.status_code == 415

    def test_a_buyer_may_not(self, client):
        organisations.sign_in(client, organisations.person(organisations.council(), "buyer"))
        assert post(client, csv_of(make.row())).status_code == 403


class TestGoodRows:
    ROWS = ({}, {"part_number": "P1"}, {"part_number": "A9", "unit_price": "POA"})

    def csv(self):
        return csv_of(*(make.row(**each) for each in self.ROWS))

    def test_are_taken_when_asked_for(self, seller):
        answer = post(seller, self.csv(), "?good_rows=true")
        said = answer.json()
        assert (answer.status_code, said["verdict"], said["good_rows"]) == (201, "DONE", True)
        assert (said["new_count"], said["wrong_rows_count"], said["problem_count"]) == (2, 1, 1)
        assert [each["row"] for each in said["problems"]] == [4]
        assert listings() == 2

    def test_are_offered_where_they_were_not(self, seller):
        problem = post(seller, self.csv()).json()
        assert (problem["can_leave_out"], problem["good_rows_count"]) == (True, 2)
        place = reverse("api-catalogue-import-confirmation", args=[problem["import_id"]])
        assert seller.post(place).status_code == 409
        answer = seller.post(f"{place}?good_rows=true")
        assert (answer.status_code, answer.json()["new_count"]) == (201, 2)
        assert seller.post(f"{place}?good_rows=true").status_code == 409
        assert listings() == 2

    def test_are_not_where_most_rows_are_wrong(self, seller):
        answer = post(seller, csv_of(make.row(unit="boxs")), "?good_rows=true")
        assert answer.status_code == 422
        assert "More than half" in answer.json()["detail"]
        kept = seller.get(reverse("api-catalogue-import", args=[answer.json()["import_id"]])).json()
        assert (kept["hindrance"], kept["nameless_count"]) == ("mostly-wrong", 0)

    def test_the_wrong_ones_come_back_with_what_to_mend(self, seller, client):
        made = post(seller, self.csv(), "?good_rows=true").json()
        place = reverse("api-catalogue-import-wrong-rows", args=[made["id"]])
        answer = seller.get(place)
        assert answer["content-type"].startswith("text/csv")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        heading, wrong = csv.reader(io.StringIO(text))
        assert (heading[0], wrong[0], wrong[1]) == ("Row in your file", "4", "A9")
        organisations.sign_in(client, organisations.person(organisations.supplier(), "supplier"))
        assert client.get(place).status_code == 404


class TestRead:
    def test_lists_and_reads_ones_own(self, seller, shop):
        made = post(seller, csv_of(make.row())).json()
        other = organisations.actor(organisations.supplier(), "supplier")
        theirs = make.load(other, [make.row()])
        listed = seller.get(reverse("api-catalogue-imports")).json()["results"]
        assert [each["id"] for each in listed] == [made["id"]]
        assert seller.get(reverse("api-catalogue-import", args=[made["id"]])).json() == made
        missing = seller.get(reverse("api-catalogue-import", args=[theirs.run_id]))
        assert missing.status_code == 404


class TestConfirm:
    def test_takes_in_what_was_tried(self, seller):
        tried = post(seller, csv_of(make.row()), "?dry_run=true").json()
        address = reverse("api-catalogue-import-confirmation", args=[tried["id"]])
        answer = seller.post(address)
        assert (answer.status_code, answer.json()["verdict"]) == (201, "DONE")
        assert listings() == 1

    def test_refuses_what_was_done_already(self, seller):
        done = post(seller, csv_of(make.row())).json()
        answer = seller.post(reverse("api-catalogue-import-confirmation", args=[done["id"]]))
        assert answer.status_code == 409
