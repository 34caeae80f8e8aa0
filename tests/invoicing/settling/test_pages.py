"""The pages on which invoices are approved, let through and sent back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from invoicing.formats import model
from marketplace.ordering.models import Order
from tests.factories import invoicing, ordering, organisations, receipts
from tests.invoicing.settling.deciding import browser, hold_of, market_of_today

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return market_of_today()


@pytest.fixture
def finance(market):
    return browser(invoicing.finance(market))


@pytest.fixture
def agreeing(market):
    return invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))


@pytest.fixture
def held(market):
    return invoicing.taken(market, invoicing.said_of(market, ordering.answered(market)))


def text(response) -> str:
    return response.content.decode()


class TestInvoiceApprove:
    def test_shows_what_will_be_owed_and_approves(self, finance, agreeing):
        path = reverse("invoice-approve", args=[agreeing.pk])
        page = finance.get(path)
        assert f"{agreeing.payable_amount:,.2f}" in text(page)
        assert "Cost centre" not in text(page)
        answer = finance.post(path, {"version": agreeing.version}, follow=True)
        assert answer.redirect_chain[-1][0] == reverse("invoice", args=[agreeing.pk])
        assert invoicing.now(agreeing).status == "APPROVED"

    def test_asks_who_pays_what_no_order_says(self, market, finance):
        said = invoicing.said_of(market, invoicing.delivered(market), order="PO-26-999999")
        invoice = invoicing.taken(market, said)
        path = reverse("invoice-approve", args=[invoice.pk])
        assert "that no order speaks of" in text(finance.get(path))
        half = finance.post(path, {"cost_centre": market.budget.cost_centre_id})
        assert half.status_code == 422
        assert "Choose an account as well" in text(half)

    def test_a_version_that_is_old_is_refused_on_the_page(self, finance, agreeing):
        path = reverse("invoice-approve", args=[agreeing.pk])
        answer = finance.post(path, {"version": agreeing.version - 1})
        assert answer.status_code == 409
        assert "There is a problem" in text(answer)

    def test_somebody_elses_is_missing(self, agreeing):
        stranger = browser(organisations.actor(organisations.council(), "finance"))
        assert stranger.get(reverse("invoice-approve", args=[agreeing.pk])).status_code == 404


class TestInvoicePage:
    def test_finance_is_led_to_approving_and_sending_back(self, finance, agreeing):
        page = text(finance.get(reverse("invoice", args=[agreeing.pk])))
        assert reverse("invoice-approve", args=[agreeing.pk]) in page
        assert reverse("invoice-send-back", args=[agreeing.pk]) in page

    def test_finance_is_led_to_what_may_be_let_through(self, finance, held):
        page = text(finance.get(reverse("invoice", args=[held.pk])))
        assert reverse("finding-release", args=[held.pk, hold_of(held).pk]) in page
        assert reverse("invoice-approve", args=[held.pk]) not in page

    def test_a_buyer_is_led_to_none_of_what_is_not_theirs(self, market, held):
        buyer = browser(organisations.actor(market.council, "buyer"))
        page = text(buyer.get(reverse("invoice", args=[held.pk])))
        assert "It waits for whoever takes goods in" in page
        assert "release/" not in page


class TestFindingRelease:
    def test_says_what_differs_and_lets_it_through_with_a_reason(self, finance, held):
        path = reverse("finding-release", args=[held.pk, hold_of(held).pk])
        assert "What has come is 0" in text(finance.get(path))
        assert finance.post(path, {"version": held.version}).status_code == 422
        answer = finance.post(path, {"version": held.version, "reason": "Agreed."}, follow=True)
        assert "Nothing holds invoice" in text(answer)
        assert invoicing.now(held).status == "MATCHED"

    def test_the_buyer_is_told_that_it_is_not_theirs(self, market, held):
        path = reverse("finding-release", args=[held.pk, hold_of(held).pk])
        buyer = browser(organisations.actor(market.council, "buyer"))
        answer = buyer.post(path, {"version": held.version, "reason": "Agreed."})
        assert answer.status_code == 403
        assert "for somebody else to decide" in text(answer)

    def test_the_finding_of_another_invoice_is_missing(self, finance, held, agreeing):
        path = reverse("finding-release", args=[agreeing.pk, hold_of(held).pk])
        assert finance.get(path).status_code == 404


class TestInvoiceSendBack:
    def test_needs_a_reason_and_tells_the_supplier(self, finance, agreeing):
        path = reverse("invoice-send-back", args=[agreeing.pk])
        assert "The supplier reads this" in text(finance.get(path))
        assert finance.post(path, {"reason": ""}).status_code == 422
        answer = finance.post(path, {"reason": "It names no order."}, follow=True)
        assert "is sent back" in text(answer)
        assert invoicing.now(agreeing).status == "SENT_BACK"


class TestInvoicesAgreeing:
    path = "/invoices/agreeing/"

    def test_an_empty_list_says_so(self, finance):
        assert "Nothing waits for approval" in text(finance.get(self.path))

    def test_approves_those_that_are_ticked(self, market, finance, agreeing):
        other = invoicing.taken(
            market,
            invoicing.said_of(market, invoicing.delivered(market, quantity=3), number="Z-2"),
        )
        assert agreeing.number in text(finance.get(self.path))
        answer = finance.post(self.path, {"invoice": [str(agreeing.pk), "nonsense"]}, follow=True)
        assert "1 invoice is approved" in text(answer)
        assert invoicing.now(agreeing).status == "APPROVED"
        assert invoicing.now(other).status == "MATCHED"

    def test_asks_for_one_at_least(self, finance, agreeing):
        answer = finance.post(self.path, {})
        assert answer.status_code == 422
        assert "Choose at least one invoice" in text(answer)
        assert invoicing.now(agreeing).status == "MATCHED"

    def test_says_of_one_why_it_is_not_approved(self, market):
        both = organisations.actor(market.council, "requester", "finance", name="Bea Both")
        own = invoicing.taken(
            market, invoicing.said_of(market, invoicing.delivered(market, requester=both))
        )
        answer = browser(both).post(self.path, {"invoice": str(own.pk)}, follow=True)
        assert "You ordered this" in text(answer)
        assert invoicing.now(own).status == "MATCHED"

    def test_rows_do_not_cost_statements(self, market, finance):
        counted = []
        for number, quantity in (("A", 2), ("B", 3), ("C", 4)):
            order = ordering.answered(market, quantity=quantity)
            receipts.received(market, order)
            invoicing.taken(market, invoicing.said_of(market, order, number=number))
            with CaptureQueriesContext(connection) as asked:
                finance.get(self.path)
            counted.append(len(asked))
        assert counted[1] == counted[2]


class TestAllowedDifferences:
    path, change = "/invoices/differences/", "/invoices/differences/change/"
    exact = {
        "version": "0", "price_percent": "0", "ordered_percent": "0", "received_percent": "0",
        "line_percent": "0", "charges_amount": "0", "needs_receipt": "yes",
    }  # fmt: skip

    def test_say_that_everything_is_exact_until_somebody_sets_something(self, finance):
        page = text(finance.get(self.path))
        assert "everything has to be exact" in page
        assert page.count("Exact") == 4
        form = text(finance.get(self.change))
        assert "a price of £10.00 may be up to £10.20" in form

    def test_are_set_and_told_in_words(self, finance):
        figures = {
            "price_percent": "2", "price_amount": "0.50", "ordered_percent": "5",
            "line_percent": "", "line_amount": "5", "charges_amount": "10",
        }  # fmt: skip
        answer = finance.post(self.change, self.exact | figures, follow=True)
        page = text(answer)
        for words in (
            "compared again by itself", "Up to 2% more, and at most £0.50 more", "Up to 5% more",
            "Up to £5.00 more", "Up to £10.00 more", "Fay Finance set this",
        ):  # fmt: skip
            assert words in page

    def test_say_at_the_box_what_is_too_much(self, finance):
        refused = finance.post(self.change, self.exact | {"line_percent": "25"})
        assert refused.status_code == 422
        assert "Enter 10 or less" in text(refused)
        assert 'href="#id_line_percent"' in text(refused)
        empty = finance.post(self.change, self.exact | {"charges_amount": ""})
        assert "Enter 0 if nothing may be added" in text(empty)

    def test_that_somebody_else_changed_meanwhile_are_not_changed_back(self, finance):
        assert finance.post(self.change, self.exact | {"line_percent": "1"}).status_code == 302
        late = finance.post(self.change, self.exact | {"line_percent": "2"})
        assert late.status_code == 409
        assert "Somebody else has changed these figures" in text(late)

    def test_are_read_by_buyers_and_not_changed(self, market):
        buyer = browser(organisations.actor(market.council, "buyer"))
        assert self.change not in text(buyer.get(self.path))
        assert buyer.get(self.change).status_code == 403

    def test_that_are_used_are_shown_wherever_the_invoice_is(self, market, finance):
        figures = {"received_percent": "", "needs_receipt": "no"}
        finance.post(self.change, self.exact | figures)
        order = ordering.answered(market)
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        words = "The council allows this much."
        page = text(finance.get(reverse("invoice", args=[invoice.pk])))
        assert "What differs by no more than the council allows" in page
        assert words in page
        assert words in text(finance.get(reverse("invoice-approve", args=[invoice.pk])))
        assert "Differs a little" in text(finance.get("/invoices/agreeing/"))


class TestChoosing:
    @pytest.fixture
    def lost(self, market):
        said = invoicing.said_of(market, invoicing.delivered(market), order="PO-26-999999")
        return invoicing.taken(market, said)

    def path(self, invoice) -> str:
        return reverse("invoice-order", args=[invoice.pk])

    def test_finance_finds_the_order_by_its_number_and_says_so(self, market, finance, lost):
        assert self.path(lost) in text(finance.get(reverse("invoice", args=[lost.pk])))
        with market.acting():
            order = Order.objects.get()
        page = text(finance.get(self.path(lost)))
        assert "It names the order “PO-26-999999”." in page
        assert order.number in page
        assert order.number in text(finance.get(self.path(lost) + f"?words={order.number[-4:]}"))
        assert "No order has that" in text(finance.get(self.path(lost) + "?words=zzz"))
        answer = finance.post(
            self.path(lost), {"version": lost.version, "order_id": order.pk}, follow=True
        )
        page = text(answer)
        assert f"is compared with {order.number}" in page
        assert "Fay Finance said so on" in page
        assert "Say that it is for another order" in page
        assert invoicing.now(lost).status == "MATCHED"

    def test_it_may_be_taken_back(self, market, finance, lost):
        with market.acting():
            order = Order.objects.get()
        finance.post(self.path(lost), {"version": lost.version, "order_id": order.pk})
        assert "Take this back" in text(finance.get(self.path(lost)))
        version = invoicing.now(lost).version
        answer = finance.post(
            self.path(lost), {"version": version, "take_back": "yes"}, follow=True
        )
        assert "is for no order" in text(answer)
        assert invoicing.now(lost).order_id is None

    @pytest.mark.parametrize(
        ("typed", "status", "words"),
        [
            ({}, 422, "Choose the order"),
            ({"order_id": "x"}, 422, "Choose one of the orders in the list"),
            ({"order_id": "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b30"}, 404, "There is no such"),
        ],
    )
    def test_nonsense_is_refused_in_words(self, finance, lost, typed, status, words):
        answer = finance.post(self.path(lost), {"version": lost.version, **typed})
        assert answer.status_code == status
        assert words in text(answer)

    def test_orders_are_listed_page_by_page(self, market, finance, lost):
        first = text(finance.get(self.path(lost)))
        assert "page</span>" not in first
        for _number in range(20):
            ordering.sent(market)
        assert 'rel="next"' in text(finance.get(self.path(lost)))

    def test_a_buyer_is_not_led_there(self, market, lost):
        buyer = browser(organisations.actor(market.council, "buyer"))
        assert self.path(lost) not in text(buyer.get(reverse("invoice", args=[lost.pk])))
        assert buyer.get(self.path(lost)).status_code == 403

    def test_somebody_elses_is_missing(self, lost):
        stranger = browser(organisations.actor(organisations.council(), "finance"))
        assert stranger.get(self.path(lost)).status_code == 404
        line = reverse("invoice-order-line", args=[lost.pk, 1])
        assert stranger.get(line).status_code == 404

    def test_a_line_is_said_beside_those_of_the_order(self, market, finance):
        order = invoicing.delivered(market)
        (line,) = receipts.lines_of(order)
        item = model.Item(
            name="A seat", sellers_id="ELSE-9", category=invoicing.line_of(line).item.category
        )
        billed = invoicing.line_of(line, item=item, order_line="")
        invoice = invoicing.taken(market, invoicing.said_of(market, order, lines=(billed,)))
        path = reverse("invoice-order-line", args=[invoice.pk, 1])
        shown = reverse("invoice", args=[invoice.pk])
        assert path in text(finance.get(shown))
        page = text(finance.get(path))
        assert "A seat" in page
        assert line.part_number in page
        assert "Choose the line" in text(finance.post(path, {"version": invoice.version}))
        wrong = finance.post(path, {"version": invoice.version, "order_line": "x"})
        assert "Choose one of the lines in the list" in text(wrong)
        answer = finance.post(
            path, {"version": invoice.version, "order_line": line.pk}, follow=True
        )
        assert "Fay Finance said which line of the order it is" in text(answer)
        assert invoicing.now(invoice).status == "MATCHED"
        version = invoicing.now(invoice).version
        answer = finance.post(path, {"version": version, "order_line": "none"}, follow=True)
        assert "said that it is on no line of the order" in text(answer)
        version = invoicing.now(invoice).version
        answer = finance.post(path, {"version": version, "take_back": "yes"}, follow=True)
        assert "Fay Finance said" not in text(answer).split("What happened")[0]

    def test_a_place_that_is_not_there_is_missing(self, finance, lost):
        assert finance.get(reverse("invoice-order-line", args=[lost.pk, 9])).status_code == 404


def test_what_asks_for_nothing_is_settled_and_said_to_be(market, finance):
    order = invoicing.delivered(market)
    (line,) = receipts.lines_of(order)
    free = replace(
        invoicing.line_of(line), price=model.Price(Decimal("0.00")), net_amount=Decimal("0.00")
    )
    invoice = invoicing.taken(market, invoicing.said_of(market, order, lines=(free,)))
    path = reverse("invoice-approve", args=[invoice.pk])
    assert "There is nothing to pay" in text(finance.get(path))
    answer = finance.post(path, {"version": invoice.version}, follow=True)
    assert "is settled. There is nothing to pay." in text(answer)
    assert invoicing.now(invoice).status == "SETTLED"
