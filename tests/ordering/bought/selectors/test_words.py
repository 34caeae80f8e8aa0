"""Finding requisitions and orders by words: what is found, by whom, and that it is the same when
words are common."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.core.tenancy import clear
from marketplace.ordering.bought.selectors import words
from marketplace.ordering.orders.selectors import orders
from marketplace.ordering.requisitions.selectors import requisitions
from marketplace.organisations.models import Organisation
from tests.factories import ordering, organisations

pytestmark = pytest.mark.django_db
KINDS = ("requisition", "order")


@pytest.fixture
def market():
    return ordering.market()


@pytest.fixture
def order(market):
    return ordering.sent(market)


@pytest.fixture(params=["rare", "common"])
def _how_common(request, monkeypatch):
    """Once as it is, and once with so few that count as rare that everything is common."""
    if request.param == "common":
        monkeypatch.setattr(words, "MOST_FOUND", 0)


@pytest.mark.usefixtures("_how_common")
class TestFinds:
    @pytest.mark.parametrize(
        ("text", "is_found"),
        [
            ("PO-26", True), ("po-26", True), ("o-26-0", True), ("000001", True), ("26", True),
            ("po", True), ("CHAIRS", True), ("hairs lt", True), ("chairs po-26", True),
            ("ambridge", True), ("zebra", False), ("chairs zebra", False), ("o-", False),
            ("airs xq", False), ("%", False), ("___", False), ("\\", False), ("100%", False),
        ],
    )  # fmt: skip
    def test_orders_by_number_and_names(self, market, order, text, is_found):
        with market.acting():
            found = orders.orders_found(orders.orders_of(market.buyer), words=text)
            assert [each.pk for each in found] == ([order.pk] if is_found else [])

    @pytest.mark.parametrize(
        ("text", "is_found"),
        [
            ("REQ-26", True), ("eq-26", True), ("LIBRARY", True), ("libr chai", True),
            ("for the", True), ("th", True), ("ib", False), ("zebra", False), ("%%%", False),
        ],
    )  # fmt: skip
    def test_requisitions_by_number_title_and_name(self, market, text, is_found):
        done = ordering.submitted(market)
        with market.acting():
            found = requisitions.requisitions_found(market.buyer, words=text)
            assert [each.pk for each in found] == ([done.pk] if is_found else [])
            asker = market.requester.name.upper()
            assert requisitions.requisitions_found(market.buyer, words=asker).count() == 1

    def test_by_the_name_that_a_supplier_has_now(self, market, order):
        with market.selling():
            Organisation.objects.filter(pk=market.supplier.pk).update(name="Öl & Söhne")
        with market.acting():
            rows = orders.orders_of(market.buyer)
            assert orders.orders_found(rows, words="öl SÖHNE").count() == 1
            assert orders.orders_found(rows, words="chairs").count() == 0

    def test_for_a_supplier_what_was_sent_to_it(self, market, order):
        with market.selling():
            rows = orders.orders_for(market.seller)
            assert orders.orders_found(rows, words="ambridge").count() == 1
            assert orders.orders_found(rows, words="library").count() == 0

    def test_only_what_the_reader_may_see(self, market, order):
        stranger = organisations.actor(market.council, "requester")
        with market.acting():
            assert orders.orders_found(orders.orders_of(stranger), words="chairs").count() == 0
            assert requisitions.requisitions_found(stranger, words="chairs").count() == 0


class TestTheFunctions:
    """They run as the tables' owner, so they must keep to the acting organisation themselves."""

    @pytest.mark.parametrize("noun", KINDS)
    def test_give_another_organisation_nothing(self, market, order, noun):
        other = ordering.market()
        with other.acting():
            assert words.keys_with(noun, ["chairs"]) == []
        with other.selling():
            assert words.keys_with(noun, ["chairs"]) == []

    @pytest.mark.parametrize("noun", KINDS)
    def test_give_nobody_nothing(self, order, noun):
        clear()
        assert words.keys_with(noun, ["chairs"]) == []

    def test_give_a_supplier_only_orders_that_were_sent(self, market, order):
        ordering.approved(market)
        with market.selling():
            assert words.keys_with("order", ["26"]) == [order.pk]
            assert words.keys_with("requisition", ["26"]) == []

    @pytest.mark.parametrize("noun", KINDS)
    def test_take_what_is_typed_as_it_stands(self, market, order, noun):
        with market.acting():
            assert words.keys_with(noun, ["26' OR 'a' = 'a"]) == []
            assert words.keys_with(noun, ["%s %I $1 $words$"]) == []


def test_words_cost_one_statement_more(market, order):
    with market.acting(), CaptureQueriesContext(connection) as captured:
        list(orders.orders_found(orders.orders_of(market.buyer), words="chairs po"))
        list(requisitions.requisitions_found(market.buyer, words="chairs library"))
    assert len(captured) == 4
