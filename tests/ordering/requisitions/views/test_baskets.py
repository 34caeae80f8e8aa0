"""The basket, over HTTP."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Budget, CostCentre
from marketplace.ordering.models import Requisition, RequisitionLine
from tests.factories import ledger, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in
from tests.ordering.reading import as_, seen, text

pytestmark = pytest.mark.django_db


def ledger_of(market):
    """The key of the budget that the lines of a market are coded to."""
    with market.acting():
        line = RequisitionLine.objects.first()
        return Budget.objects.get(cost_centre=line.cost_centre_id, account=line.account_id).pk


def menu_entry(response):
    """The words of the entry of the menu that has a count."""
    found = re.search(
        r'<a class="govuk-service-navigation__link" href="/basket/".*?</a>',
        text(response),
        re.DOTALL,
    )
    return " ".join(re.sub(r"<[^>]+>", "", found[0]).split())


class TestBasket:
    def test_is_empty_at_first_and_says_what_to_do(self, client, market):
        page = as_(client, market.requester).get(reverse("basket"))
        assert page.status_code == 200
        assert "There is nothing in your basket" in text(page)

    def test_shows_lines_money_and_who_approves(self, client, market):
        factory.basket(market)
        page = text(as_(client, market.requester).get(reverse("basket")))
        assert "Chairs Ltd" in page
        assert "£79.50" in page
        assert "£159.00" in page
        assert "£190.80" in page
        assert "Ada Approver" in page
        assert "£10,000.00 left, £9,841.00 after this basket" in page

    def test_offers_no_code_that_is_retired(self, client, market):
        factory.basket(market)
        page = text(as_(client, market.requester).get(reverse("basket")))
        assert re.search(r"<option value=\"[0-9a-f-]{36}\" selected>", page)
        with market.acting():
            CostCentre.objects.all().update(is_active=False)
        page = text(client.get(reverse("basket")))
        assert not re.search(r"<option value=\"[0-9a-f-]{36}\"", page)

    def test_the_menu_of_every_page_says_how_many_lines_are_in_it(self, client, market):
        as_(client, market.requester)
        assert "site-menu__count" not in text(client.get(reverse("orders")))
        factory.basket(market)
        assert menu_entry(client.get(reverse("orders"))) == "Basket, 1 line"
        other = organisations.person(market.council, "requester")
        sign_in(client, other)
        assert "site-menu__count" not in text(client.get(reverse("orders")))

    def test_adds_from_the_catalogue_and_goes_back_there(self, client, market):
        as_(client, market.requester)
        answer = client.post(
            reverse("basket-add"),
            {"listing": market.listing.pk, "quantity": "3", "next": "/catalogue/?q=chair"},
        )
        place = market.listing.pk
        assert answer.headers["Location"] == f"/catalogue/?q=chair&added={place}#listing-{place}"
        page = text(client.get(answer.headers["Location"]))
        assert "Go to your basket" in page
        assert seen(market, RequisitionLine).quantity == 3
        client.post(reverse("basket-add"), {"listing": market.listing.pk, "quantity": "1,000"})
        assert seen(market, RequisitionLine).quantity == 1003
        client.post(reverse("basket-add"), {"listing": market.listing.pk, "quantity": "2"})
        assert "Office chair is in your basket: 1,005" in text(client.get(reverse("basket")))

    @pytest.mark.parametrize("typed", ["1e5", "١٢", "५", "1.5", "1,5", "ten"])
    def test_says_which_quantity_is_wrong_and_keeps_it(self, client, market, typed):
        as_(client, market.requester)
        answer = client.post(
            reverse("basket-add"),
            {"listing": market.listing.pk, "quantity": typed, "next": "/catalogue/?q=chair"},
        )
        page = text(client.get(answer.headers["Location"]))
        assert "Office chair: " in page
        assert f'value="{typed}"' in page
        assert "Check how many" in page
        with market.acting():
            assert RequisitionLine.objects.count() == 0

    def test_does_not_offer_to_go_on_when_nobody_could_approve(self, client):
        market = factory.market(budget_amount="100.00")
        factory.basket(market)
        page = text(as_(client, market.requester).get(reverse("basket")))
        assert "Stopped" in page
        assert 'name="continue"' not in page
        assert "You can go on when" in page

    @pytest.mark.parametrize("quantity", ["", "-1", "0", "abc", "1e9", "NaN", "0.0001", "9" * 40])
    def test_refuses_a_quantity_that_is_none(self, client, market, quantity):
        as_(client, market.requester)
        answer = client.post(
            reverse("basket-add"), {"listing": market.listing.pk, "quantity": quantity}
        )
        assert answer.status_code == 302
        with market.acting():
            assert RequisitionLine.objects.count() == 0
        assert "Problem" in text(client.get(reverse("basket")))

    @pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "javascript:1"])
    def test_never_goes_back_to_another_site(self, client, market, away):
        as_(client, market.requester)
        answer = client.post(
            reverse("basket-add"),
            {"listing": market.listing.pk, "quantity": "1", "next": away},
        )
        assert answer.headers["Location"] == reverse("basket")

    def test_changes_quantity_and_coding(self, client, market):
        basket = factory.basket(market)
        other = ledger.budget(market.council)
        line = seen(market, RequisitionLine)
        as_(client, market.requester)
        answer = client.post(
            reverse("basket"),
            {f"quantity-{line.pk}": "5", f"coding-{line.pk}": str(other.pk), "save": "1"},
        )
        assert answer.status_code == 302
        line = seen(market, RequisitionLine)
        assert (line.quantity, line.cost_centre_id) == (5, other.cost_centre_id)
        assert seen(market, Requisition, pk=basket.pk).net_amount == Decimal("397.50")

    def test_says_beside_the_field_what_is_wrong_with_a_quantity(self, client, market):
        factory.basket(market)
        line = seen(market, RequisitionLine)
        as_(client, market.requester)
        page = client.post(reverse("basket"), {f"quantity-{line.pk}": "-2", "save": "1"})
        assert page.status_code == 422
        assert "Quantity must be more than 0" in text(page)
        assert f'href="#id_quantity-{line.pk}"' in text(page)
        assert "<title>Error: " in text(page)

    def test_keeps_all_that_was_typed_or_nothing(self, client):
        market = factory.market(listings=2)
        factory.basket(market)
        with market.acting():
            right, wrong = RequisitionLine.objects.order_by("line_number")
        as_(client, market.requester)
        page = client.post(
            reverse("basket"),
            {f"quantity-{right.pk}": "9", f"quantity-{wrong.pk}": "1.5", "save": "1"},
        )
        assert page.status_code == 422
        assert "It is only sold whole (each)" in text(page)
        assert f'href="#id_quantity-{wrong.pk}"' in text(page)
        assert 'value="9"' in text(page)
        assert seen(market, RequisitionLine, pk=right.pk).quantity == 2

    def test_names_every_obstacle_at_once_each_with_its_line(self, client):
        market = factory.market(listings=2)
        as_(client, market.requester)
        with stewardship():
            listings = list(type(market.listing).objects.order_by("name"))
        for listing in listings:
            client.post(reverse("basket-add"), {"listing": listing.pk, "quantity": "1"})
        with market.acting():
            halved, worded = RequisitionLine.objects.order_by("line_number")
        sent = {f"quantity-{halved.pk}": "0.5", f"quantity-{worded.pk}": "two"}
        page = client.post(reverse("basket"), {**sent, "continue": "1"})
        assert page.status_code == 422
        summary = text(page).partition("govuk-error-summary__list")[2].partition("</ul>")[0]
        for words in (
            f"{halved.name}: The smallest quantity is 1.",
            f"{worded.name}: Quantity must be a number, like 3 or 2.5",
            f"Choose what {halved.name} is paid from",
            f"Choose what {worded.name} is paid from",
        ):
            assert words in summary
        with market.acting():
            assert set(RequisitionLine.objects.values_list("quantity", flat=True)) == {1}

    def test_applies_one_coding_to_all_lines(self, client):
        market = factory.market(listings=3)
        factory.basket(market)
        other = ledger.budget(market.council)
        with market.acting():
            lines = list(RequisitionLine.objects.all())
        sent = {f"quantity-{line.pk}": "2" for line in lines}
        as_(client, market.requester)
        client.post(reverse("basket"), {**sent, "all_coding": str(other.pk), "apply": "1"})
        with market.acting():
            assert {line.account_id for line in RequisitionLine.objects.all()} == {other.account_id}

    def test_asks_which_budget_is_meant_for_all(self, client):
        market = factory.market(listings=2)
        factory.basket(market)
        with market.acting():
            lines = list(RequisitionLine.objects.all())
        sent = {f"quantity-{line.pk}": "2" for line in lines}
        as_(client, market.requester)
        page = client.post(reverse("basket"), {**sent, "all_coding": "", "apply": "1"})
        assert page.status_code == 422
        assert text(page).count("Choose what every line is paid from") == 2
        assert 'href="#id_all_coding"' in text(page)

    def test_says_that_a_line_was_taken_out_in_another_window(self, client):
        market = factory.market(listings=2)
        factory.basket(market)
        as_(client, market.requester)
        with market.acting():
            gone, stays = RequisitionLine.objects.order_by("line_number")
        sent = {f"quantity-{line.pk}": "7" for line in (gone, stays)}
        client.post(reverse("basket"), {"remove": str(gone.pk)})
        for button in ("save", "continue"):
            coded = {f"coding-{stays.pk}": str(ledger_of(market))}
            page = client.post(reverse("basket"), {**sent, **coded, button: "1"}, follow=True)
            assert "1 line was taken out of your basket in another window" in text(page)
            assert "Your changes are saved." not in text(page)
            assert page.redirect_chain[-1][0] == reverse("basket")
        assert seen(market, RequisitionLine, pk=stays.pk).quantity == 7

    def test_leaves_alone_what_was_put_in_in_another_window(self, client):
        market = factory.market(listings=2)
        factory.basket(market)
        as_(client, market.requester)
        with market.acting():
            old, new = RequisitionLine.objects.order_by("line_number")
        sent = {f"quantity-{old.pk}": "7", f"coding-{old.pk}": str(ledger_of(market))}
        answer = client.post(reverse("basket"), {**sent, "continue": "1"})
        assert answer.headers["Location"] == reverse(
            "requisition-submit", args=[old.requisition_id]
        )
        assert seen(market, RequisitionLine, pk=old.pk).quantity == 7
        assert seen(market, RequisitionLine, pk=new.pk).quantity == 2

    def test_goes_nowhere_when_it_was_emptied_meanwhile(self, client, market):
        basket = factory.basket(market)
        as_(client, market.requester)
        line = seen(market, RequisitionLine)
        client.post(reverse("basket"), {"remove": str(line.pk)})
        answer = client.post(reverse("basket"), {"continue": "1"})
        assert answer.headers["Location"] == reverse("basket")
        answer = client.get(reverse("requisition-submit", args=[basket.pk]))
        assert answer.headers["Location"] == reverse("basket")

    def test_a_pasted_word_that_was_meant_as_a_quantity_is_named(self, client, market):
        as_(client, market.requester)
        page = client.post(
            reverse("basket-paste"), {"codes": f"{market.listing.part_number} abc", "supplier": ""}
        )
        assert "If “abc” is how many you want, write it as a number, like 12." in text(page)

    def test_takes_a_line_out_and_puts_it_back_as_it_was(self, client, market):
        factory.basket(market, quantity=4)
        line = seen(market, RequisitionLine)
        as_(client, market.requester)
        gone = client.post(reverse("basket"), {"remove": str(line.pk)}, follow=True)
        assert "Office chair is no longer in your basket" in text(gone)
        with market.acting():
            assert RequisitionLine.objects.count() == 0
        client.post(
            reverse("basket-add"),
            {"listing": line.listing_id, "quantity": "4", "coding": str(market.budget.pk)},
        )
        back = seen(market, RequisitionLine)
        assert (back.quantity, back.cost_centre_id) == (4, market.budget.cost_centre_id)

    def test_says_when_a_price_has_changed_and_takes_the_new_one(self, client, market):
        factory.basket(market)
        with stewardship():
            type(market.listing).objects.filter(pk=market.listing.pk).update(unit_price="81.25")
        as_(client, market.requester)
        assert "from Chairs Ltd) was £79.50 and is now £81.25" in text(
            client.get(reverse("basket"))
        )
        client.post(reverse("basket-refresh"))
        assert seen(market, RequisitionLine).unit_price == Decimal("81.25")

    def test_does_not_go_on_while_a_line_is_not_coded(self, client, market):
        as_(client, market.requester)
        client.post(reverse("basket-add"), {"listing": market.listing.pk, "quantity": "1"})
        line = seen(market, RequisitionLine)
        page = client.post(
            reverse("basket"),
            {f"quantity-{line.pk}": "1", f"coding-{line.pk}": "", "continue": "1"},
        )
        assert page.status_code == 422
        assert "Choose what Office chair is paid from" in text(page)

    def test_is_not_for_approvers(self, client, market):
        assert as_(client, market.approver).get(reverse("basket")).status_code == 403
