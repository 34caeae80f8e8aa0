"""The pages about budgets, over HTTP."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from marketplace.core.dates import financial_year
from marketplace.core.tenancy import tenant
from marketplace.ledger.models import CommitmentEntry
from marketplace.ledger.services.commitments import Document, release_commitment
from tests.factories import ledger, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


class TestBudgets:
    def test_shows_how_each_stands_and_what_is_promised(self, client):
        market = factory.market()
        asked = factory.approved(market)
        sign_in(client, organisations.person(market.council, "finance"))
        page = text(client.get(reverse("budgets")))
        assert "£9,841.00" in page
        assert "2% used" in page
        page = text(client.get(reverse("budget", args=[market.budget.pk])))
        assert (
            f'href="{reverse("requisition", args=[asked.pk])}">Requisition {asked.number}<' in page
        )
        assert "£159.00" in page

    def test_names_the_order_that_the_money_moved_to(self, client):
        market = factory.market()
        order = factory.sent(market)
        sign_in(client, organisations.person(market.council, "auditor"))
        page = text(client.get(reverse("budget", args=[market.budget.pk])))
        address = reverse("order", args=[order.pk])
        assert f'href="{address}">Order {order.number}<' in page

    def test_says_in_words_why_money_came_back(self, client):
        market = factory.market()
        asked = factory.approved(market)
        with tenant(market.council.pk), transaction.atomic():
            release_commitment(
                council_id=market.council.pk, document=Document("order", asked.pk),
                amounts={each.line_id: None for each in CommitmentEntry.objects.all()},
                at=factory.NOON, reason="order.refused",
            )  # fmt: skip
        sign_in(client, organisations.person(market.council, "finance"))
        page = text(client.get(reverse("budget", args=[market.budget.pk])))
        assert "Given back: the supplier refused it" in page
        assert "order.refused" not in page

    def test_is_narrowed_by_words_and_year(self, client):
        council = organisations.council()
        ledger.budget(council, cost_centre=ledger.cost_centre(council, name="Libraries"))
        ledger.budget(council, cost_centre=ledger.cost_centre(council, name="Highways"))
        ledger.budget(council, year=2025)
        sign_in(client, organisations.person(council, "finance"))
        page = text(client.get(reverse("budgets"), {"words": "libr"}))
        assert "Libraries" in page
        assert "Highways" not in page
        assert "Budgets 2025/26" in text(client.get(reverse("budgets"), {"year": "2025"}))
        assert "No budget has" in text(client.get(reverse("budgets"), {"words": "nothing"}))

    @pytest.mark.parametrize("role", ["finance", "administrator"])
    def test_says_what_its_totals_are_of_and_hands_out_the_same(self, client, role):
        council = organisations.council()
        for name, amount in (("Libraries", 100), ("Highways", 900)):
            centre = ledger.cost_centre(council, name=name)
            ledger.budget(council, amount=amount, cost_centre=centre)
        sign_in(client, organisations.person(council, role))
        whole = text(client.get(reverse("budgets"), {"year": "2026"}))
        assert "All budgets of this year" in whole
        assert "£1,000.00" in whole
        page = text(client.get(reverse("budgets"), {"words": "libr", "year": "2026"}))
        assert "Budgets with “libr” in their code or name" in page
        assert "£1,000.00" not in page
        (address,) = re.findall(r'href="([^"]*)">(?:Take|Download) these', page)
        file = client.get(unescape(address))
        if role == "finance":
            totals = text(file)
            assert "£100.00" in totals
            assert "£900.00" not in totals
        else:
            assert [line.split(",")[2] for line in text(file).splitlines()[1:]] == ["100.00"]

    def test_what_is_there_is_handed_out_where_it_is_brought_in_again(self, client):
        council = organisations.council()
        sign_in(client, organisations.person(council, "finance"))
        year = financial_year(timezone.localdate())
        page = text(client.get(reverse("budgets-file")))
        assert reverse("budgets-template", args=[year]) in page

    @pytest.mark.parametrize("query", ["?year=1", "?year=x", "?after=x", "?words=%00"])
    def test_nonsense_in_the_address_is_no_defect(self, client, query):
        sign_in(client, organisations.person(organisations.council(), "finance"))
        assert client.get(reverse("budgets") + query).status_code in {200, 422}

    @pytest.mark.parametrize(
        "name", ["budgets", "budget-add", "cost-centres", "account-add", "months",
                 "control-accounts-change"],
    )  # fmt: skip
    def test_pages_that_begin_here_stand_under_it_in_the_menu(self, client, name):
        sign_in(client, organisations.person(organisations.council(), "finance"))
        page = text(client.get(reverse(name)))
        (entry,) = re.findall(r'aria-current="\w+">\s*<strong[^>]*>(\w+)', page)
        assert entry == "Budgets"

    def test_is_empty_and_says_so(self, client):
        sign_in(client, organisations.person(organisations.council(), "auditor"))
        assert "no budgets for this year yet" in text(client.get(reverse("budgets")))

    def test_is_missing_for_another_council(self, client):
        theirs = ledger.budget(organisations.council())
        sign_in(client, organisations.person(organisations.council(), "finance"))
        assert client.get(reverse("budget", args=[theirs.pk])).status_code == 404

    def test_takes_the_same_number_of_queries_for_any_number_of_budgets(
        self, client, django_assert_max_num_queries
    ):
        council = organisations.council()
        for _ in range(30):
            ledger.budget(council)
        sign_in(client, organisations.person(council, "finance"))
        with django_assert_max_num_queries(12):
            client.get(reverse("budgets"))
