"""The first page, help, the search across everything and the statement, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from marketplace.core.actors import Role
from marketplace.core.tenancy import stewardship
from marketplace.desk.selectors import REFUSAL_LASTS
from marketplace.desk.views.home import ROWS_SHOWN
from marketplace.ordering.models import Order, OrderLine
from tests.factories import invoicing, organisations, payments, receipts
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

COUNCIL = [role for role in Role if role is not Role.SUPPLIER]


def text(response):
    return response.content.decode()


class TestPublicPages:
    @pytest.mark.parametrize("name", ["start", "help", "accessibility"])
    def test_need_nobody(self, client, name):
        page = client.get(reverse(name))
        assert page.status_code == 200
        assert "<h1" in text(page)

    def test_start_offers_the_demonstration_only_where_it_is_open(self, client, settings):
        assert "demonstration" not in text(client.get("/"))
        settings.DEMO = True
        assert reverse("demo") in text(client.get("/"))

    def test_start_sends_who_is_signed_in_to_their_own_page(self, client):
        sign_in(client, organisations.person(organisations.council(), "buyer"))
        assert client.get("/").headers["Location"] == reverse("home")


class TestHome:
    @pytest.mark.parametrize("role", COUNCIL)
    def test_is_there_for_every_role_before_anything_has_happened(self, client, role):
        sign_in(client, organisations.person(organisations.council(), role, limit=100))
        page = client.get(reverse("home"))
        assert page.status_code == 200
        assert "What waits for you" in text(page)

    @pytest.mark.parametrize("role", COUNCIL)
    def test_is_there_for_every_role_when_much_has_happened(self, client, role):
        market = factory.market()
        factory.submitted(market)
        factory.answered(market, factory.Answer.REFUSED)
        sign_in(client, organisations.person(market.council, role, limit=50_000))
        assert client.get(reverse("home")).status_code == 200

    def test_says_so_when_nothing_waits_for_somebody_without_a_role(self, client):
        sign_in(client, organisations.person(organisations.council()))
        assert "Nothing waits for you here." in text(client.get(reverse("home")))

    def test_tells_a_receiver_what_is_to_come_and_what_is_late(self, client):
        market = factory.market()
        factory.sent(market)
        late = factory.sent(market)
        with stewardship():
            OrderLine.objects.filter(order=late).update(answer="LATER", promised_on="2020-01-01")
        sign_in(client, organisations.person(market.council, "receiver"))
        page = text(client.get(reverse("home")))
        assert "2 orders are to come" in page
        assert "1 of them should have come already" in page

    def test_shows_an_approver_what_waits(self, client):
        market = factory.market()
        factory.submitted(market)
        sign_in(client, market.approver_membership)
        assert "Chairs for the library" in text(client.get(reverse("home")))

    def test_shows_a_buyer_what_needs_them_and_what_waits_for_an_answer_last(
        self, client, monkeypatch
    ):
        needed = replace(factory.DETAILS, needed_by_on=date(2026, 11, 24))
        monkeypatch.setattr(factory, "DETAILS", needed)
        market = factory.market()
        waiting = factory.sent(market)
        accepted = factory.answered(market)
        late, refused = (
            factory.answered(market, answer)
            for answer in (factory.Answer.LATER, factory.Answer.REFUSED)
        )
        sign_in(client, organisations.person(market.council, "buyer"))
        page = text(client.get(reverse("home")))
        places = [page.find(each.number) for each in (refused, late, waiting)]
        assert -1 not in places
        assert places == sorted(places)
        assert accepted.number not in page

    def test_shows_a_buyer_the_newest_refusals_and_none_for_ever(self, client):
        market = factory.market(budget_amount=100_000)
        refused = [factory.answered(market, factory.Answer.REFUSED) for _ in range(ROWS_SHOWN + 2)]
        sign_in(client, organisations.person(market.council, "buyer"))

        def shown():
            page = text(client.get(reverse("home")))
            return [order.number in page for order in refused]

        assert shown() == [False, False, *[True] * ROWS_SHOWN]
        with stewardship():
            newest = Order.objects.filter(pk=refused[-1].pk)
            newest.update(answered_at=timezone.now() - REFUSAL_LASTS)
        assert shown() == [False, False, *[True] * (ROWS_SHOWN - 1), False]

    def test_sends_a_supplier_to_their_own(self, client):
        sign_in(client, organisations.person(organisations.supplier()))
        assert client.get(reverse("home")).headers["Location"] == reverse("supplier-home")

    def test_shows_finance_what_is_held(self, client):
        market = invoicing.market()
        said = invoicing.said_of(market, factory.answered(market))
        held = invoicing.taken(market, said)
        assert held.status == "HELD"
        sign_in(client, organisations.person(market.council, "finance"))
        page = text(client.get(reverse("home")))
        assert "Invoices that are held" in page
        assert reverse("invoice", args=[held.pk]) in page
        sign_in(client, organisations.person(market.council, "requester"))
        assert "Invoices that are held" not in text(client.get(reverse("home")))

    def test_shows_finance_what_agrees(self, client):
        market = invoicing.market()
        agrees = invoicing.taken(market, invoicing.said_of(market, invoicing.delivered(market)))
        sign_in(client, organisations.person(market.council, "finance"))
        page = text(client.get(reverse("home")))
        link = reverse("invoice", args=[agrees.pk])
        assert link in page.split("Invoices to approve", 1)[1]

    def test_shows_payments_whose_bank_details_nobody_has_made_sure_of(self, client):
        house = payments.house()
        unsure = payments.supplier(house.council, name="Unsure Ltd")
        payments.account(unsure)
        sign_in(client, organisations.person(house.council, "payments"))
        assert "Unsure Ltd" in text(client.get(reverse("home")))

    def test_asks_a_stranger_to_sign_in(self, client):
        assert client.get(reverse("home")).headers["Location"].startswith("/account/login/")


class TestSearch:
    def test_finds_requisitions_orders_and_suppliers(self, client):
        market = factory.market()
        order = factory.sent(market)
        sign_in(client, organisations.person(market.council, "buyer"))
        assert order.number in text(client.get(reverse("search"), {"q": order.number}))
        page = text(client.get(reverse("search"), {"q": "chairs"}))
        assert "Chairs Ltd" in page
        assert "REQ-26-" in page

    def test_finds_receipts_and_invoices(self, client):
        market = invoicing.market()
        order = factory.answered(market)
        receipt = receipts.received(market, order, "2")
        invoice = invoicing.taken(market, invoicing.said_of(market, order))
        sign_in(client, organisations.person(market.council, "finance"))
        found = text(client.get(reverse("search"), {"q": receipt.number.lower()}))
        assert reverse("receipt", args=[receipt.pk]) in found
        found = text(client.get(reverse("search"), {"q": invoice.number}))
        assert reverse("invoice", args=[invoice.pk]) in found

    def test_finds_payments_for_those_who_see_them(self, client):
        house = payments.house()
        payments.invoice(house)
        run = payments.prepared(house)
        with stewardship():
            reference = run.payments.get().end_to_end_id
        link = reverse("payment-run", args=[run.pk])
        sign_in(client, organisations.person(house.council, "auditor"))
        assert link in text(client.get(reverse("search"), {"q": reference}))
        sign_in(client, organisations.person(house.council, "buyer"))
        assert link not in text(client.get(reverse("search"), {"q": reference}))

    def test_offers_the_catalogue_to_buyers_only(self, client):
        sign_in(client, organisations.person(organisations.council(), "auditor"))
        assert "Search the catalogue" not in text(client.get(reverse("search"), {"q": "paper"}))

    def test_leads_on_to_the_goods(self, client):
        sign_in(client, organisations.person(organisations.council(), "buyer"))
        page = text(client.get(reverse("search"), {"q": "A4 paper & pens"}))
        link = 'href="/catalogue/?q=A4+paper+%26+pens"'
        other = 'href="/catalogue/?q=A4%20paper%20%26%20pens"'
        assert link in page or other in page
        assert "Search the catalogue for “A4 paper &amp; pens”" in page

    def test_finds_nothing_of_another_council(self, client):
        order = factory.sent(factory.market())
        sign_in(client, organisations.person(organisations.council(), "buyer"))
        page = text(client.get(reverse("search"), {"q": order.number}))
        assert "Nothing that you may see has that" in page

    @pytest.mark.parametrize("words", ["", " ", "\x00", "%", "x" * 500])
    def test_nonsense_is_no_defect(self, client, words):
        sign_in(client, organisations.person(organisations.council(), "buyer"))
        assert client.get(reverse("search"), {"q": words}).status_code == 200


class TestApiDocs:
    def test_page_shows_every_operation_of_the_document(self, client):
        page = text(client.get(reverse("api-docs")))
        document = client.get(reverse("api-schema"), headers={"Accept": "application/json"}).json()
        for methods in document["paths"].values():
            for operation in methods.values():
                assert f'id="{operation["operationId"]}"' in page
        assert "lines[].listing_id" in page
        assert "/problems/approval.changed/" in page
