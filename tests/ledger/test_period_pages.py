"""The pages and operations of months: opening a year, closing a month and opening it again."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace.core.dates import financial_year
from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Period
from tests.factories import ledger, organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def finance(client, council):
    return sign_in(client, organisations.person(council, "finance"))


def status_of(period):
    with stewardship():
        return Period.objects.get(pk=period.pk).status


class TestMonths:
    def test_are_opened_a_year_at_a_time(self, finance, council):
        this_year = financial_year(timezone.localdate())
        assert "nothing can be received or paid" in text(finance.get(reverse("months")))
        done = finance.post(reverse("year-open"), {"financial_year": this_year}, follow=True)
        page = text(done)
        assert "govuk-notification-banner--success" in page
        assert f"April {this_year}" in page
        assert f"March {this_year + 1}" in page
        with stewardship():
            assert Period.objects.of(council.pk).count() == 12

    def test_of_a_year_that_is_open_are_not_offered_again(self, finance, council):
        this_year = financial_year(timezone.localdate())
        ledger.year(council, this_year)
        page = text(finance.get(reverse("year-open")))
        assert f'value="{this_year}"' not in page
        assert f'value="{this_year + 1}"' in page
        again = finance.post(reverse("year-open"), {"financial_year": this_year})
        assert again.status_code == 422

    @pytest.mark.parametrize("year", ["", "x", "1", "99999999999"])
    def test_of_no_year_are_refused(self, finance, year):
        assert finance.post(reverse("year-open"), {"financial_year": year}).status_code == 422

    def test_are_closed_after_a_question(self, finance, council):
        may = ledger.year(council)[1]
        page = text(finance.get(reverse("month-close", args=[may.pk])))
        assert "Close May 2026?" in page
        assert "counts in June 2026" in page
        page = text(finance.post(reverse("month-close", args=[may.pk]), follow=True))
        assert "May 2026 is closed." in page
        assert status_of(may) == "CLOSED"
        assert finance.post(reverse("month-close", args=[may.pk])).status_code == 409
        assert "It is closed already" in text(finance.get(reverse("month-close", args=[may.pk])))

    def test_that_nothing_follows_say_so(self, finance, council):
        march = ledger.year(council, financial_year(timezone.localdate()) - 1)[11]
        page = text(finance.get(reverse("month-close", args=[march.pk])))
        assert "No later month is open" in page

    def test_that_are_not_over_say_so(self, finance, council):
        today = timezone.localdate()
        months = ledger.year(council, financial_year(today))
        this = next(each for each in months if each.starts_on <= today <= each.ends_on)
        page = text(finance.get(reverse("month-close", args=[this.pk])))
        assert "This month is not over yet" in page
        assert "Yes, close it" in page
        for over in (each for each in months if each.ends_on < today):
            page = text(finance.get(reverse("month-close", args=[over.pk])))
            assert "This month is not over yet" not in page

    def test_that_have_not_begun_are_not_closed(self, finance, council):
        april = ledger.year(council, financial_year(timezone.localdate()) + 1)[0]
        address = reverse("month-close", args=[april.pk])
        page = text(finance.get(address))
        assert "It has not begun yet" in page
        assert "Yes, close it" not in page
        refused = finance.post(address)
        assert refused.status_code == 409
        assert "It begins on 1 April" in text(refused)
        assert status_of(april) == "OPEN"

    def test_are_opened_again_with_a_reason(self, finance, council):
        may = ledger.year(council, status="CLOSED")[1]
        address = reverse("month-reopen", args=[may.pk])
        assert "Open May 2026 again?" in text(finance.get(address))
        refused = finance.post(address, {"reason": " "})
        assert refused.status_code == 422
        assert "Enter why the month is opened again" in text(refused)
        assert "is open again." in text(finance.post(address, {"reason": "Late."}, follow=True))
        assert status_of(may) == "OPEN"
        assert finance.post(address, {"reason": "Late."}).status_code == 409

    def test_are_for_finance_officers_to_change(self, client, council):
        may = ledger.year(council)[1]
        sign_in(client, organisations.person(council, "administrator"))
        page = text(client.get(reverse("months")))
        assert "May 2026" in page
        assert reverse("month-close", args=[may.pk]) not in page
        assert client.post(reverse("month-close", args=[may.pk])).status_code == 403

    def test_of_another_council_are_missing(self, finance):
        theirs = ledger.year(organisations.council())[0]
        for name in ("month-close", "month-reopen"):
            assert finance.get(reverse(name, args=[theirs.pk])).status_code == 404


class TestPrograms:
    @pytest.fixture
    def send(self, finance):
        finance.cookies["csrf"] = "a" * 32

        def post(path, body=None, seen=""):
            headers = {"X-CSRFToken": "a" * 32} | ({"If-Match": seen} if seen else {})
            return finance.post(
                f"/api/v1/periods{path}", body or {}, "application/json", headers=headers
            )

        return post

    def test_open_close_and_open_again(self, finance, send):
        made = send("", {"financial_year": 2026})
        assert (made.status_code, len(made.json()["periods"])) == (201, 12)
        listed = finance.get("/api/v1/periods?financial_year=2026").json()["results"]
        assert listed == made.json()["periods"]
        first = listed[0]
        assert (first["number"], first["starts_on"], first["status"]) == (1, "2026-04-01", "OPEN")
        closed = send(f"/{first['id']}/close")
        assert (closed.status_code, closed.json()["status"]) == (200, "CLOSED")
        again = send(f"/{first['id']}/close")
        assert (again.status_code, again.json()["type"]) == (409, "/problems/illegal-move/")
        assert send(f"/{first['id']}/reopen").status_code == 422
        opened = send(f"/{first['id']}/reopen", {"reason": "A late bill."})
        assert opened.json()["status"] == "OPEN"
        assert (closed["ETag"], opened["ETag"]) == ('"CLOSED"', '"OPEN"')

    def test_heed_what_was_seen(self, finance, send):
        first = send("", {"financial_year": 2026}).json()["periods"][0]["id"]
        late = send(f"/{first}/close", seen='"CLOSED"')
        assert (late.status_code, late.json()["type"]) == (
            412, "/problems/request.changed-meanwhile/",
        )  # fmt: skip
        assert send(f"/{first}/close", seen='"OPEN"').status_code == 200
        why = {"reason": "A late bill."}
        assert send(f"/{first}/reopen", why, seen='"OPEN"').status_code == 412
        assert send(f"/{first}/reopen", why, seen='"CLOSED"').status_code == 200

    @pytest.mark.parametrize("year", [2000, 2020, 2029, 2998, 2999])
    def test_open_no_year_far_from_today(self, send, year):
        refused = send("", {"financial_year": year})
        assert (refused.status_code, refused.json()["type"]) == (
            422, "/problems/period.year-far-away/",
        )  # fmt: skip
        assert "2021/22 to 2028/29" in refused.json()["detail"]

    @pytest.mark.parametrize("year", [2021, 2028])
    def test_open_years_near_today(self, send, year):
        assert send("", {"financial_year": year}).status_code == 201

    def test_are_told_that_the_year_is_open(self, send):
        send("", {"financial_year": 2026})
        again = send("", {"financial_year": 2026})
        assert (again.status_code, again.json()["type"]) == (409, "/problems/period.year-is-open/")

    @pytest.mark.parametrize("year", [1, 1999, 3000, "x", None])
    def test_open_no_year_that_cannot_be(self, send, year):
        assert send("", {"financial_year": year}).status_code == 422
