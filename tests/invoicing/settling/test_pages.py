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
