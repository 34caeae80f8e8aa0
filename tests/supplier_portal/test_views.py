"""The supplier's pages, over HTTP."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from catalogue.imports.selectors import import_runs
from catalogue.models import Listing, UploadProgress
from marketplace.core.tenancy import stewardship, tenant
from marketplace.ordering.models import Order, OrderLine
from marketplace.organisations.models import Membership
from supplier_portal.views import uploads
from tests.factories import catalogue, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return factory.market()


@pytest.fixture
def seller(client, market):
    """A browser in which the supplier's person is signed in."""
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=market.seller.membership_id
        )
    return sign_in(client, membership)


def text(response):
    return response.content.decode()


def send(client, rows, **facts):
    content = catalogue.price_list(rows).getvalue() if isinstance(rows, list) else rows
    file = SimpleUploadedFile("prices.csv", content, content_type="text/csv")
    return client.post(reverse("supplier-upload"), {"file": file, **facts})


def upload(client, rows, **facts):
    """Send a file, have the worker read it, and return where its page leads."""
    answer = send(client, rows, **facts)
    return read(client, answer) if answer.status_code == 302 else answer


def read(client, sent):
    factory.do_jobs(timezone.now())
    return client.get(sent.headers["Location"])


class TestFilesThatWereSent:
    def test_are_shown_page_by_page(self, seller, market, monkeypatch):
        monkeypatch.setattr(uploads, "RUNS_A_PAGE", 2)
        with tenant(market.supplier.pk):
            for number in range(5):
                catalogue.load(market.seller, [catalogue.row(part_number=f"N{number}")])
            keys = [str(run.pk) for run in import_runs(market.supplier.pk)]
        seen, address = [], reverse("supplier-upload")
        while address:
            page = text(seller.get(address))
            shown = [key for key in keys if reverse("supplier-upload-report", args=[key]) in page]
            assert len(shown) <= 2
            seen += shown
            before = page.split('rel="next"')[0]
            link = before.rsplit('href="', 1)[-1].split('"')[0]
            address = reverse("supplier-upload") + link if 'rel="next"' in page else ""
        assert seen == keys
        assert len(keys) >= 5


class TestAnswer:
    def answer(self, client, order, **facts):
        return client.post(reverse("supplier-order-answer", args=[order.pk]), facts)

    def test_accepts_all_at_once(self, seller, market):
        order = factory.sent(market)
        assert order.number in text(seller.get(reverse("supplier-orders")))
        assert seller.get(reverse("supplier-order-answer", args=[order.pk])).status_code == 200
        answer = self.answer(seller, order, accept_all="1")
        assert answer.headers["Location"] == reverse("supplier-order", args=[order.pk])
        assert "has your answer" in text(seller.get(answer.headers["Location"]))
        with market.acting():
            assert Order.objects.get().status == "ACKNOWLEDGED"

    def test_answers_line_by_line(self, client):
        market = factory.market(listings=3)
        order = factory.sent(market)
        with stewardship():
            membership = Membership.objects.select_related("user").get(
                pk=market.seller.membership_id
            )
        sign_in(client, membership)
        answer = self.answer(
            client,
            order,
            **{
                "answer-0": "ACCEPTED",
                "answer-1": "LATER",
                "promised_on-1-day": "1",
                "promised_on-1-month": "12",
                "promised_on-1-year": str(timezone.localdate().year + 1),
                "answer-2": "REFUSED",
                "reason-2": "No longer made",
                "note": "Sorry",
            },
        )
        assert answer.status_code == 302
        with market.acting():
            lines = OrderLine.objects.order_by("line_number")
            assert [line.answer for line in lines] == ["ACCEPTED", "LATER", "REFUSED"]
            assert Order.objects.get().status == "PARTLY_REFUSED"

    def test_says_beside_the_line_what_is_missing(self, seller, market):
        order = factory.sent(market)
        page = self.answer(seller, order, **{"answer-0": "REFUSED", "reason-0": ""})
        assert page.status_code == 422
        assert "Say why you refuse it" in text(page)
        assert 'href="#id_reason-0"' in text(page)

    def test_chooses_nothing_for_the_supplier(self, seller, market):
        order = factory.sent(market)
        page = text(seller.get(reverse("supplier-order-answer", args=[order.pk])))
        assert "checked" not in page
        page = text(self.answer(seller, order, note=""))
        assert "Choose an answer for line 1, Office chair" in page

    def test_asks_for_the_day_of_a_later_delivery(self, seller, market):
        order = factory.sent(market)
        page = self.answer(seller, order, **{"answer-0": "LATER"})
        assert "Say on which day you will deliver it." in text(page)

    @pytest.mark.parametrize("said", ["ACCEPTED", "REFUSED"])
    def test_passes_over_what_was_begun_for_another_answer(self, seller, market, said):
        order = factory.sent(market)
        begun = {"promised_on-0-day": "27", "reason-0": "x" * (501 if said == "ACCEPTED" else 5)}
        answer = self.answer(seller, order, **{"answer-0": said}, **begun)
        assert answer.status_code == 302

    @pytest.mark.parametrize("said", ["", "MAYBE", "WAITS", "\x00"])
    def test_refuses_nonsense(self, seller, market, said):
        order = factory.sent(market)
        assert self.answer(seller, order, **{"answer-0": said}).status_code == 422

    def test_is_answered_once(self, seller, market):
        order = factory.sent(market)
        self.answer(seller, order, accept_all="1")
        assert self.answer(seller, order, accept_all="1").status_code == 409

    def test_is_missing_for_another_supplier(self, client, market):
        order = factory.sent(market)
        sign_in(client, organisations.person(organisations.supplier()))
        for name in ("supplier-order", "supplier-order-answer"):
            assert client.get(reverse(name, args=[order.pk])).status_code == 404
        assert self.answer(client, order, accept_all="1").status_code == 404


class TestGuide:
    def test_says_what_goes_into_each_column(self, seller):
        assert reverse("supplier-guide") in text(seller.get(reverse("supplier-upload")))
        page = text(seller.get(reverse("supplier-guide")))
        for words in ("Part number", "XBX", "kilogram", "reduced", "Category (CPV code)"):
            assert words in page

    def test_the_example_can_be_taken_in_as_it_is(self, seller, market):
        example = seller.get(reverse("supplier-sample"))
        assert example.headers["Content-Disposition"].endswith('.csv"')
        answer = upload(seller, example.content)
        assert answer.status_code == 302
        assert "Confirm" in text(seller.get(answer.headers["Location"]))

    def test_categories_are_found_and_handed_out(self, seller):
        page = text(seller.get(reverse("supplier-categories"), {"words": "photocopier paper"}))
        assert "30197643" in page
        assert "39112000" not in page
        nothing = seller.get(reverse("supplier-categories"), {"words": "xyzzy"})
        assert "No category has these words" in text(nothing)
        assert "30197643,Photocopier paper" in text(seller.get(reverse("supplier-categories-csv")))


class TestListings:
    def test_lists_searches_and_shows(self, seller, market):
        page = text(seller.get(reverse("supplier-listings")))
        assert "Office chair" in page
        assert "Nothing fits" in text(seller.get(reverse("supplier-listings"), {"words": "desk"}))
        page = text(seller.get(reverse("supplier-listing", args=[market.listing.pk])))
        assert "79.50" in page

    def change(self, client, listing, **facts):
        said = {
            "version": listing.version,
            "name": listing.name,
            "unit_price": "80",
            "minimum_quantity": "1",
            "lead_time_days": "5",
            **facts,
        }
        return client.post(reverse("supplier-listing", args=[listing.pk]), said)

    def test_changes_a_price(self, seller, market):
        assert self.change(seller, market.listing).status_code == 302
        page = text(seller.get(reverse("supplier-listing", args=[market.listing.pk])))
        assert "Earlier prices" in page
        with market.selling():
            assert Listing.objects.get().unit_price == 80

    @pytest.mark.parametrize("price", ["-1", "abc", "", "1e500", "0"])
    def test_says_what_is_wrong_with_a_price(self, seller, market, price):
        page = self.change(seller, market.listing, unit_price=price)
        assert page.status_code == 422
        assert 'href="#id_unit_price"' in text(page)
        assert not re.search(r"\b(row|column|cell)\b", re.sub("<[^>]*>", "", text(page)))

    def test_says_the_most_of_a_number_that_is_too_big(self, seller, market):
        page = text(self.change(seller, market.listing, lead_time_days="9999999"))
        assert "Delivery time in days must be 730 or less." in page
        assert "Did you mean" not in page

    def test_refuses_a_change_to_what_was_changed_meanwhile(self, seller, market):
        self.change(seller, market.listing)
        page = self.change(seller, market.listing, unit_price="90")
        assert page.status_code == 409

    def test_withdraws_and_brings_back(self, seller, market):
        place = [market.listing.pk]
        seller.post(reverse("supplier-listing-withdraw", args=place), {"version": 1})
        assert "Offer it again" in text(seller.get(reverse("supplier-listing", args=place)))
        seller.post(reverse("supplier-listing-restore", args=place), {"version": 2})
        assert "Withdraw it" in text(seller.get(reverse("supplier-listing", args=place)))

    def test_is_missing_for_another_supplier(self, client, market):
        sign_in(client, organisations.person(organisations.supplier()))
        place = [market.listing.pk]
        assert client.get(reverse("supplier-listing", args=place)).status_code == 404
        gone = client.post(reverse("supplier-listing-withdraw", args=place), {"version": 1})
        assert gone.status_code == 404


class TestUpload:
    def test_tries_shows_and_takes_in(self, seller, market):
        rows = [catalogue.row(part_number="NEW-1", name="Desk"), catalogue.row()]
        tried = upload(seller, rows)
        assert tried.status_code == 302
        page = text(seller.get(tried.headers["Location"]))
        assert "There are no mistakes" in page
        with market.selling():
            assert not Listing.objects.filter(part_number="NEW-1").exists()
        confirmed = read(seller, seller.post(f"{tried.headers['Location']}confirm/"))
        assert "Your price list is in" in text(seller.get(confirmed.headers["Location"]))
        with market.selling():
            assert Listing.objects.filter(part_number="NEW-1").exists()

    def test_shows_price_moves(self, seller, market):
        part = market.listing.part_number
        tried = upload(seller, [catalogue.row(part_number=part, unit_price="90.00")])
        page = text(seller.get(tried.headers["Location"]))
        assert "£79.50" in page
        assert "+13.2%" in page

    def test_shows_the_first_rows_of_what_will_change(self, seller, market):
        part = market.listing.part_number
        rows = [catalogue.row(part_number=f"NEW-{n:02d}", name="Desk") for n in range(12)]
        tried = upload(seller, [*rows, catalogue.row(part_number=part, unit_price="90.00")])
        page = text(seller.get(tried.headers["Location"]))
        assert "NEW-09" in page
        assert "NEW-10" not in page
        assert "And 2 more, which are not shown here." in page
        assert page.index("NEW-00") < page.index("Unit price") < page.index("Confirm this")
        left = upload(seller, rows, withdraw_missing="on")
        page = text(seller.get(left.headers["Location"]))
        assert f"Part {part}" in page

    def test_shows_every_mistake_with_its_place_and_gives_the_file_back(self, seller):
        tried = upload(
            seller,
            [catalogue.row(), catalogue.row(unit_price="=1+1", name="=HYPERLINK(1)")],
        )
        page = text(seller.get(tried.headers["Location"]))
        assert "There are mistakes in the file" in page
        copy = seller.get(f"{tried.headers['Location']}copy/")
        content = b"".join(copy.streaming_content).decode("utf-8-sig")
        assert "What to mend" in content
        assert '"=HYPERLINK' not in content

    def test_takes_what_is_the_same_in_every_row(self, seller, market):
        file = SimpleUploadedFile("paint.csv", b"Code,Description,Price\nA1,White paint,9.50\n")
        said = {"category": "44810000", "unit": "each", "vat": "17%"}
        refused = seller.post("/supplier/price-lists/", {"file": file, **said})
        assert (refused.status_code, b"vat-error" in refused.content) == (422, True)
        file.seek(0)
        sent = seller.post("/supplier/price-lists/", {"file": file, **said, "vat": "20%"})
        assert sent.status_code == 302

    def test_says_when_it_is_no_price_list(self, seller):
        for content in (b"PK\x03\x04xl/", b"", b"%PDF-1.7", b"\xff\xfea"):
            page = upload(seller, content)
            assert page.status_code == 422
            assert "There is a problem" in text(page)
        assert seller.post(reverse("supplier-upload"), {}).status_code == 422

    def test_a_second_confirmation_changes_nothing(self, seller):
        tried = upload(seller, [catalogue.row()])
        first = seller.post(f"{tried.headers['Location']}confirm/")
        assert seller.post(f"{tried.headers['Location']}confirm/").url == first.url
        read(seller, first)
        again = seller.post(f"{tried.headers['Location']}confirm/")
        assert again.status_code == 409
        assert "It was taken in before." in text(again)

    def test_is_missing_for_another_supplier(self, seller, client):
        tried = upload(seller, [catalogue.row()])
        sign_in(client, organisations.person(organisations.supplier()))
        assert client.get(tried.headers["Location"]).status_code == 404
        assert client.get(f"{tried.headers['Location']}copy/").status_code == 404
        assert client.post(f"{tried.headers['Location']}confirm/").status_code == 404

    def test_shows_how_far_it_is_and_lists_what_waits(self, seller, market):
        sent = send(seller, [catalogue.row()])
        page = text(seller.get(sent.headers["Location"]))
        for words in ("We are checking your price list", "It waits for its turn", "See how far"):
            assert words in page
        listed = text(seller.get(reverse("supplier-upload")))
        assert sent.headers["Location"] in listed
        with market.selling():
            UploadProgress.objects.update(rows_count=2000, read_bytes=60, size_bytes=100)
        page = text(seller.get(sent.headers["Location"]))
        assert "2,000 rows read, 60% of the file" in page
        assert "Cancel" not in page

    def test_is_cancelled_while_it_waits(self, seller, market):
        sent = send(seller, [catalogue.row()])
        place = sent.headers["Location"]
        assert f'action="{place}cancel/"' in text(seller.get(place))
        page = seller.post(f"{place}cancel/", follow=True)
        assert "prices.csv is cancelled. Nothing was changed." in text(page)
        assert "This file was cancelled" in text(read(seller, sent))
        assert seller.post(f"{place}cancel/").status_code == 409

    def test_says_why_a_file_breaks_off(self, seller):
        whole = catalogue.price_list([catalogue.row()]).getvalue()
        page = text(upload(seller, whole + b'"never closed\n'))
        assert "We cannot read your price list" in page
        assert "quotation mark" in page

    def test_what_was_sent_is_missing_for_another_supplier(self, seller, client):
        place = send(seller, [catalogue.row()]).headers["Location"]
        sign_in(client, organisations.person(organisations.supplier()))
        assert client.get(place).status_code == 404
        assert client.post(f"{place}cancel/").status_code == 404
