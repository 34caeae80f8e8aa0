"""The pages of whoever stands at the door."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Order, Receipt
from marketplace.ordering.receipts.views import goods_in
from marketplace.ordering.receipts.views import receipts as pages
from marketplace.ordering.states import Answer
from marketplace.organisations.models import Membership
from tests.factories import ordering, organisations, receipts
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

DAY = {"received_on": "2026-11-23", "returned_on": "2026-11-23"}


@pytest.fixture
def market():
    return receipts.market_with_books()


@pytest.fixture
def order(market):
    return ordering.sent(market, quantity=4)


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    """The clock of the edge says what that of the factories does."""
    clock = SimpleNamespace(now=lambda: ordering.NOON, localdate=lambda: receipts.TODAY)
    for module in (goods_in, pages):
        monkeypatch.setattr(module, "timezone", clock)


def as_(client, actor):
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=actor.membership_id
        )
    return sign_in(client, membership)


def text(answer):
    return answer.content.decode()


class TestGoodsIn:
    def test_lists_what_is_to_come(self, client, market, order):
        arrived = ordering.sent(market)
        receipts.received(market, arrived)
        ordering.answered(market, Answer.REFUSED)
        as_(client, receipts.receiver(market))
        page = text(client.get(reverse("goods-in")))
        assert order.number in page
        assert arrived.number not in page
        assert page.count("/receive/") == 1

    def test_is_narrowed_by_words_and_to_what_is_late(self, client, market, order):
        later = ordering.answered(market, Answer.LATER)
        as_(client, market.buyer)
        found = text(client.get(reverse("goods-in"), {"words": order.number}))
        assert (order.number in found, later.number in found) == (True, False)
        late = text(client.get(reverse("goods-in"), {"late": "on"}))
        assert "Nothing that is to come fits" in late

    def test_says_what_is_late(self, client, market, monkeypatch):
        later = ordering.answered(market, Answer.LATER)
        after = receipts.TODAY + timedelta(days=20)
        clock = SimpleNamespace(now=lambda: ordering.NOON, localdate=lambda: after)
        monkeypatch.setattr(goods_in, "timezone", clock)
        as_(client, market.buyer)
        page = text(client.get(reverse("goods-in"), {"late": "on"}))
        assert later.number in page
        assert ">Late<" in page

    def test_others_see_what_they_ordered(self, client, market, order):
        as_(client, market.requester)
        assert order.number in text(client.get(reverse("goods-in")))
        sign_in(client, organisations.person(market.council, "requester"))
        assert "Nothing is to come" in text(client.get(reverse("goods-in")))

    def test_takes_the_same_statements_for_any_number(self, client, market, order):
        as_(client, market.buyer)
        counts = []
        for _round in range(2):
            client.get(reverse("goods-in"))
            with CaptureQueriesContext(connection) as captured:
                client.get(reverse("goods-in"))
            counts.append(len(captured))
            for _order in range(3):
                ordering.sent(market)
        assert counts[0] == counts[1]


class TestReceive:
    def test_books_in_what_was_typed(self, client, market, order):
        as_(client, receipts.receiver(market))
        address = reverse("order-receive", args=[order.pk])
        page = text(client.get(address))
        assert "Still to come: 4" in page
        said = {"quantity-0": "3", "delivery_note": "DN 1", **DAY}
        done = client.post(address, said, follow=True)
        assert "Booked in. The receipt is GR-26-000001." in text(done)
        assert "£238.50" in text(done)
        assert "DN 1" in text(done)

    def test_everything_fills_the_boxes(self, client, market, order):
        as_(client, market.buyer)
        page = text(client.get(reverse("order-receive", args=[order.pk]), {"everything": "1"}))
        assert 'value="4"' in page
        assert "/orders/" in page

    def test_says_beside_the_box_what_is_wrong(self, client, market, order):
        as_(client, market.buyer)
        address = reverse("order-receive", args=[order.pk])
        for typed, words in (
            ("5", "Office chair: Enter 4 at most."),
            ("1.5", "Office chair: Enter a whole number."),
            ("many", "Office chair: enter a number, like 3 or 2.5"),
            ("-1", "Office chair: enter 0 or more"),
        ):
            answer = client.post(address, {"quantity-0": typed, **DAY})
            assert answer.status_code == 422, typed
            assert words in text(answer)
            assert 'href="#id_quantity-0"' in text(answer)
        answer = client.post(address, {"quantity-0": "0", **DAY})
        assert "Enter a quantity for at least one line." in text(answer)

    def test_pressed_twice_it_books_once(self, client, market, order):
        as_(client, market.buyer)
        with stewardship():
            version = Order.objects.get().version
        address = reverse("order-receive", args=[order.pk])
        said = {"quantity-0": "1", "version": version, **DAY}
        assert client.post(address, said).status_code == 302
        again = client.post(address, said)
        assert again.status_code == 409
        assert "Somebody else has changed this order" in text(again)
        assert receipts.lines_of(order)[0].received_quantity == 1

    def test_what_has_come_asks_for_nothing(self, client, market, order):
        receipts.received(market, order)
        as_(client, market.buyer)
        page = text(client.get(reverse("order-receive", args=[order.pk])))
        assert "Nothing more is to come of this order" in page

    @pytest.mark.parametrize("role", ["approver", "finance", "auditor", "payments"])
    def test_is_not_for_others(self, client, market, order, role):
        sign_in(client, organisations.person(market.council, role))
        assert client.get(reverse("order-receive", args=[order.pk])).status_code == 403

    def test_is_missing_for_other_councils(self, client, market, order):
        sign_in(client, organisations.person(organisations.council(), "receiver"))
        for name in ("order-receive", "order-return"):
            assert client.get(reverse(name, args=[order.pk])).status_code == 404


class TestReturn:
    @pytest.mark.parametrize("outcome", ["replacement", "credit"])
    def test_books_out_what_goes_back(self, client, market, order, outcome):
        receipts.received(market, order, 2)
        as_(client, receipts.receiver(market))
        address = reverse("order-return", args=[order.pk])
        assert "Received: 2" in text(client.get(address))
        said = {"quantity-0": "1", "outcome": outcome, "reason": "Broken.", **DAY}
        done = client.post(address, said, follow=True)
        assert "Booked out. The receipt is GR-26-000002." in text(done)
        with stewardship():
            assert Receipt.objects.get(kind="RETURNED").is_replaced is (outcome == "replacement")

    def test_asks_for_everything(self, client, market, order):
        receipts.received(market, order, 2)
        as_(client, market.buyer)
        address = reverse("order-return", args=[order.pk])
        answer = client.post(address, {"quantity-0": "1"})
        assert answer.status_code == 422
        for words in ("Choose what the supplier will do", "Enter why it goes back"):
            assert words in text(answer)
        said = {"quantity-0": "3", "outcome": "credit", "reason": "x", **DAY}
        assert "Enter 2 at most" in text(client.post(address, said))

    def test_nothing_is_here(self, client, market, order):
        as_(client, market.buyer)
        assert "Nothing of this order is here" in text(
            client.get(reverse("order-return", args=[order.pk]))
        )


class TestTheOrdersPage:
    def test_offers_what_can_be_done_and_tells_what_came(self, client, market, order):
        made = receipts.received(market, order, 1)
        as_(client, market.buyer)
        page = text(client.get(reverse("order", args=[order.pk])))
        for words in ("Book goods in", "Send goods back", "Cancel the rest", made.number,
                      "1 received", f"Goods received: {made.number}"):  # fmt: skip
            assert words in page
        assert reverse("order-cancel", args=[order.pk]) not in page

    def test_what_is_left_is_cancelled(self, client, market, order):
        receipts.received(market, order, 1)
        as_(client, market.buyer)
        address = reverse("order-cancel-rest", args=[order.pk])
        assert client.post(address, {"reason": ""}).status_code == 422
        done = client.post(address, {"reason": "Enough."}, follow=True)
        assert "is cancelled." in text(done)
        assert "3 cancelled" in text(done)
        again = client.post(address, {"reason": "Enough."})
        assert again.status_code == 409
        assert "Everything has come" in text(again)

    def test_the_supplier_sees_what_came(self, client, market, order):
        made = receipts.received(market, order, 1)
        as_(client, market.seller)
        page = text(client.get(reverse("supplier-order", args=[order.pk])))
        assert "What the council has received" in page
        assert f"Goods received: {made.number}" in page
        receipt = text(client.get(reverse("receipt", args=[made.pk])))
        assert "£79.50" in receipt
        assert "Put it right" not in receipt
