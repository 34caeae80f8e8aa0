"""What a supplier sees of the price lists that it sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from catalogue.imports.services.uploads import confirm_price_list
from catalogue.models import ImportRun, Listing, Upload
from marketplace.core.tenancy import stewardship, tenant
from tests.factories import catalogue, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

LIST = reverse("supplier-upload")
FILES = Path(__file__).parents[2] / "fixtures" / "supplier_files"


@pytest.fixture
def shop():
    return organisations.supplier()


@pytest.fixture
def seller(client, shop):
    return sign_in(client, organisations.person(shop, "supplier"))


def text(response):
    return response.content.decode()


def upload(client, content, name="prices.csv"):
    """Send a file, have the worker read it, and return the page that it leads to."""
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    sent = client.post(LIST, {"file": file})
    factory.do_jobs(timezone.now())
    return sent.headers["Location"], client.get(sent.headers["Location"], follow=True)


def tried(client):
    """Return the address of the page of a price list that was checked."""
    _sent, page = upload(client, catalogue.price_list([catalogue.row()]).getvalue())
    return page.redirect_chain[-1][0]


def confirmed(client, check):
    """Confirm a price list that was checked, and return the address of what was taken in."""
    sent = client.post(f"{check}confirm/")
    factory.do_jobs(timezone.now())
    return client.get(sent.headers["Location"]).headers["Location"]


def test_one_price_list_goes_at_a_time(seller):
    two = [SimpleUploadedFile("a.csv", b"part,name\n") for _number in range(2)]
    answer = seller.post(LIST, {"file": two})
    assert answer.status_code == 422
    assert "One file goes at a time." in text(answer)
    with stewardship():
        assert not Upload.objects.exists()


class TestFileThatCannotBeRead:
    def test_stands_in_the_list_with_the_reason(self, seller):
        name = "26-heading-only.csv"
        place, page = upload(seller, (FILES / name).read_bytes(), name)
        assert "We cannot read your price list" in text(page)
        listed = text(seller.get(LIST))
        row = listed.split(f'href="{place}"', 1)[1].split("</tr>", 1)[0]
        with stewardship():
            refusal = Upload.objects.get().refusal
        assert name in row
        assert "Could not be read" in row
        assert refusal in row

    def test_stands_in_order_among_the_others_page_by_page(self, seller, monkeypatch):
        monkeypatch.setattr("supplier_portal.views.uploads.RUNS_A_PAGE", 1)
        good = tried(seller)
        bad, _page = upload(seller, (FILES / "26-heading-only.csv").read_bytes())
        last = tried(seller)
        seen, address = [], LIST
        while address:
            page = text(seller.get(address))
            found = [place for place in (good, bad, last) if f'href="{place}"' in page]
            assert len(found) == 1
            seen += found
            link = page.split('rel="next"')[0].rsplit('href="', 1)[-1].split('"')[0]
            address = LIST + link if 'rel="next"' in page else ""
        assert seen == [last, bad, good]

    def test_is_nobody_elses(self, seller, client):
        upload(seller, (FILES / "26-heading-only.csv").read_bytes())
        sign_in(client, organisations.person(organisations.supplier(), "supplier"))
        assert "Could not be read" not in text(client.get(LIST))

    def test_the_waiting_page_names_the_list_as_it_is_headed(self, seller):
        content = catalogue.price_list([catalogue.row()]).getvalue()
        file = SimpleUploadedFile("prices.csv", content, content_type="text/csv")
        page = text(seller.get(seller.post(LIST, {"file": file}).headers["Location"]))
        assert "stands on the page “Price lists” under “Files that you sent”" in page


class TestListWithMistakes:
    def rows(self):
        wrong = catalogue.row(part_number="A9", unit_price="POA")
        return [*(catalogue.row(part_number=f"A{n}") for n in range(3)), wrong]

    def refused(self, seller, rows=None):
        content = catalogue.price_list(rows or self.rows()).getvalue()
        return upload(seller, content)[1].redirect_chain[-1][0]

    def test_offers_the_good_rows_and_says_what_they_would_do(self, seller):
        page = text(seller.get(self.refused(seller)))
        assert "There are mistakes in the file" in page
        assert "Take 3 good rows and leave the wrong ones out" in page
        assert "it is not changed and not withdrawn" in page
        with stewardship():
            assert Listing.objects.count() == 0

    def test_has_them_taken_in_and_tells_what_was_left_out(self, seller):
        check = self.refused(seller)
        sent = seller.post(f"{check}confirm/", {"good_rows": "on"})
        waiting = text(seller.get(check))
        assert "The good rows are being taken in" in waiting
        assert "Take 3 good rows" not in waiting
        factory.do_jobs(timezone.now())
        done = seller.get(sent.headers["Location"]).headers["Location"]
        page = text(seller.get(done))
        assert "The good rows of your price list are in" in page
        assert "POA" in page
        assert f'href="{done}wrong-rows/"' in page
        again = text(seller.get(check))
        assert "without the wrong ones" in again
        assert f'href="{done}"' in again
        listed = text(seller.get(LIST))
        assert "1 row left out" in listed
        assert f'href="{check}"' not in listed
        with stewardship():
            assert Listing.objects.count() == 3

    def test_is_not_taken_in_without_that_word(self, seller):
        check = self.refused(seller)
        assert seller.post(f"{check}confirm/").status_code == 409

    def test_does_not_offer_them_where_most_rows_are_wrong(self, seller):
        page = text(seller.get(self.refused(seller, [catalogue.row(unit="boxs")])))
        assert "More than half of the rows are wrong" in page
        assert "good row" not in page

    def test_says_where_the_good_rows_change_nothing(self, seller):
        seller.post(f"{self.refused(seller)}confirm/", {"good_rows": "on"})
        factory.do_jobs(timezone.now())
        page = text(seller.get(self.refused(seller)))
        assert "taking them would change nothing" in page
        assert "Take 3 good rows" not in page

    def test_gives_the_wrong_rows_as_a_file(self, seller, client):
        place = f"{self.refused(seller)}wrong-rows/"
        answer = seller.get(place)
        lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
        assert [line[:4] for line in lines] == ["Row ", "5,A9"]
        assert "rows-to-mend.csv" in answer["Content-Disposition"]
        sign_in(client, organisations.person(organisations.supplier(), "supplier"))
        assert client.get(place).status_code == 404


class TestCheckThatWasConfirmed:
    def test_has_nothing_to_confirm_where_nothing_would_change(self, seller):
        content = catalogue.price_list([catalogue.row(part_number="A1")]).getvalue()
        confirmed(seller, upload(seller, content)[1].redirect_chain[-1][0])
        check = upload(seller, content)[1].redirect_chain[-1][0]
        listed = text(seller.get(LIST)).split(f'href="{check}"', 1)[1].split("</tr>", 1)[0]
        assert "Nothing to change" in listed
        assert "Checked, not confirmed" not in listed

    def test_says_so_and_leads_to_what_was_taken_in(self, seller):
        check = tried(seller)
        assert "Confirm this price list" in text(seller.get(check))
        done = confirmed(seller, check)
        page = text(seller.get(check))
        assert "You confirmed this price list" in page
        assert f'href="{done}"' in page
        assert "Confirm this price list" not in page
        assert "Nothing has changed yet" not in page

    def test_has_one_row_in_the_list(self, seller):
        check = tried(seller)
        listed = text(seller.get(LIST))
        assert f'href="{check}"' in listed
        assert "Checked, not confirmed" in listed
        done = confirmed(seller, check)
        listed = text(seller.get(LIST))
        assert f'href="{done}"' in listed
        assert f'href="{check}"' not in listed
        assert "Checked, not confirmed" not in listed

    def test_says_that_it_is_being_taken_in(self, seller):
        check = tried(seller)
        sent = seller.post(f"{check}confirm/")
        page = text(seller.get(check))
        assert "It is being taken in" in page
        assert f'href="{sent.headers["Location"]}"' in page
        assert "Confirm this price list" not in page

    def test_pressed_again_leads_on_all_the_same(self, seller):
        check = tried(seller)
        done = confirmed(seller, check)
        again = seller.post(f"{check}confirm/")
        assert again.status_code == 409
        assert "It was taken in before." in text(again)
        assert f'href="{done}"' in text(again)

    def test_can_be_confirmed_after_one_that_failed(self, seller, shop):
        check = tried(seller)
        with tenant(shop.pk):
            run = ImportRun.objects.get()
            person = organisations.actor(shop, "supplier")
            sent = confirm_price_list(supplier=person, run_id=run.pk, at=timezone.now())
            sent.move("fail")
            sent.refusal, sent.ended_at = "It broke off.", timezone.now()
            sent.save(update_fields=["status", "refusal", "ended_at"])
        page = text(seller.get(check))
        assert "Confirm this price list" in page
        assert "being taken in" not in page
