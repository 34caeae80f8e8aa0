"""Reading receipts, putting them right and taking them along."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from django.urls import reverse

from marketplace.ordering.bought.selectors import words as documents
from marketplace.ordering.receipts.views import receipts as pages
from tests.factories import ordering, organisations, receipts
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return receipts.market_with_books()


@pytest.fixture
def order(market):
    return ordering.sent(market, quantity=4)


@pytest.fixture
def made(market, order):
    return receipts.received(market, order, 2, note="One box wet.")


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    """The clock of the edge says what that of the factories does."""
    monkeypatch.setattr(pages, "timezone", SimpleNamespace(now=lambda: ordering.NOON))


def come(client, market, *roles):
    return sign_in(client, organisations.person(market.council, *roles))


def text(answer):
    return answer.content.decode()


class TestReceipts:
    def test_are_listed_for_whoever_may_see_orders(self, client, market, made):
        for role in ("receiver", "finance", "auditor", "payments", "approver", "administrator"):
            come(client, market, role)
            page = text(client.get(reverse("receipts")))
            for words in (made.number, made.order.number, "Chairs Ltd", "Bo Buyer", "£159.00"):
                assert words in page, (role, words)
            assert ("Take these with you" in page) is (role in {"finance", "auditor"})

    def test_of_others_are_not_there(self, client, market, made):
        for stranger in (
            organisations.person(market.council, "requester"),
            organisations.person(organisations.council(), "buyer"),
        ):
            sign_in(client, stranger)
            assert "Nothing has come yet." in text(client.get(reverse("receipts")))
        sign_in(client, organisations.person(market.supplier))
        assert client.get(reverse("receipts")).status_code == 403

    @pytest.mark.parametrize(
        ("query", "is_there"),
        [
            ({"words": "gr-26-000001"}, True),
            ({"words": "GR-26-00000"}, False),
            ({"words": "PO-26-000001"}, True),
            ({"words": "chairs"}, True),
            ({"words": "tables"}, False),
            ({"kind": "RECEIVED"}, True),
            ({"kind": "RETURNED"}, False),
            ({"since": "2026-11-23", "until": "2026-11-23"}, True),
            ({"since": "2026-11-24"}, False),
            ({"until": "2026-11-22"}, False),
            ({"since": "2026-11-24", "until": "2026-11-22"}, True),
        ],
    )
    def test_are_narrowed_by_words_kind_and_day(self, client, market, made, query, is_there):
        come(client, market, "buyer")
        page = text(client.get(reverse("receipts"), query))
        assert (reverse("receipt", args=[made.pk]) in page) is is_there
        assert ("No receipt fits what you chose." in page) is not is_there

    def test_are_found_alike_by_words_that_many_have(self, client, market, made, monkeypatch):
        monkeypatch.setattr(documents, "MOST_FOUND", 0)
        come(client, market, "buyer")
        for said, is_there in (("PO-26", True), ("chairs", True), ("tables", False)):
            page = text(client.get(reverse("receipts"), {"words": said}))
            assert (reverse("receipt", args=[made.pk]) in page) is is_there, said

    def test_a_day_that_is_none_is_said_to_be(self, client, market, made):
        come(client, market, "buyer")
        query = {"since-day": "31", "since-month": "2", "since-year": "2026"}
        page = text(client.get(reverse("receipts"), query))
        assert "must be a real date" in page
        assert "<title>Error: " in page

    def test_are_turned_page_by_page(self, client, market, order, made):
        for _time in range(2):
            receipts.received(market, order, 1)
        come(client, market, "buyer")
        page = text(client.get(reverse("receipts")))
        places = [page.index(f"GR-26-00000{number}") for number in (3, 2, 1)]
        assert places == sorted(places)


class TestReceipt:
    @pytest.mark.parametrize("role", ["receiver", "finance", "auditor", "payments"])
    def test_is_read_by_the_council(self, client, market, made, role):
        come(client, market, role)
        page = text(client.get(reverse("receipt", args=[made.pk])))
        for words in (made.number, "Office chair", "One box wet.", "£159.00", "Bo Buyer"):
            assert words in page
        assert ("Put it right" in page) is (role == "receiver")

    def test_is_missing_for_others(self, client, market, made):
        for stranger in (
            organisations.person(market.council, "requester"),
            organisations.person(organisations.council(), "buyer"),
            organisations.person(organisations.supplier()),
        ):
            sign_in(client, stranger)
            assert client.get(reverse("receipt", args=[made.pk])).status_code == 404


class TestCorrect:
    def test_puts_it_right(self, client, market, made):
        come(client, market, "receiver")
        address = reverse("receipt-correct", args=[made.pk])
        assert 'value="2"' in text(client.get(address))
        done = client.post(address, {"quantity-0": "1", "reason": "Miscounted."}, follow=True)
        assert "GR-26-000001 is put right by GR-26-000002." in text(done)
        assert "put right since: 1" in text(done)
        other = text(client.get(reverse("order", args=[made.order_id])))
        assert "puts GR-26-000001 right" in other

    def test_nought_is_a_count(self, client, market, made, order):
        come(client, market, "receiver")
        address = reverse("receipt-correct", args=[made.pk])
        client.post(address, {"quantity-0": "0", "reason": "It was another order's."})
        assert receipts.lines_of(order)[0].received_quantity == 0

    def test_says_what_is_wrong(self, client, market, made):
        come(client, market, "buyer")
        address = reverse("receipt-correct", args=[made.pk])
        for said, status, words in (
            ({"quantity-0": "1"}, 422, "Enter what was wrong"),
            ({"quantity-0": "5", "reason": "x"}, 422, "Office chair: Enter 4 at most."),
            ({"quantity-0": "2", "reason": "x"}, 409, "Change at least one quantity."),
        ):
            answer = client.post(address, said)
            assert (answer.status_code, words in text(answer)) == (status, True), words


class TestExport:
    def test_takes_what_the_list_shows(self, client, market, made):
        come(client, market, "finance")
        for words, lines in (("chairs", 1), ("tables", 0)):
            answer = client.get(reverse("receipts-export"), {"format": "jsonl", "words": words})
            assert len(answer.getvalue().decode().splitlines()) == lines

    def test_holds_every_line(self, client, market, made):
        come(client, market, "finance")
        page = text(client.get(reverse("receipts-export")))
        assert "£159.00" in page
        answer = client.get(reverse("receipts-export"), {"format": "jsonl"})
        (row,) = [json.loads(line) for line in answer.getvalue().decode().splitlines()]
        assert (row["receipt_number"], row["quantity"], row["net_amount"]) == (
            made.number, "2.000", "159.00",
        )  # fmt: skip
        table = client.get(reverse("receipts-export"), {"format": "csv"}).getvalue().decode()
        assert len(table.strip().splitlines()) == 2

    @pytest.mark.parametrize(
        ("query", "count"),
        [({"kind": "RETURNED"}, 0), ({"since": "2026-11-24"}, 0), ({"until": "2026-11-23"}, 1)],
    )
    def test_is_narrowed(self, client, market, made, query, count):
        come(client, market, "buyer")
        answer = client.get(reverse("receipts-export"), {"format": "jsonl", **query})
        assert len(answer.getvalue().decode().splitlines()) == count

    def test_nonsense_is_said_to_be(self, client, market):
        come(client, market, "buyer")
        assert client.get(reverse("receipts-export"), {"kind": "x"}).status_code == 422

    def test_is_not_for_others(self, client, market):
        come(client, market, "receiver")
        assert client.get(reverse("receipts-export")).status_code == 403
