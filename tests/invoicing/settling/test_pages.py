"""The pages on which invoices are approved, let through and sent back."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

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
        assert page.count("Exact") == 5
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
