"""The pages about budgets, over HTTP."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.urls import reverse

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
        assert reverse("requisition", args=[asked.pk]) in page
        assert "£159.00" in page

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

    @pytest.mark.parametrize("query", ["?year=1", "?year=x", "?after=x", "?words=%00"])
    def test_nonsense_in_the_address_is_no_defect(self, client, query):
        sign_in(client, organisations.person(organisations.council(), "finance"))
        assert client.get(reverse("budgets") + query).status_code in {200, 422}

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
