"""Pages of requisitions."""

from __future__ import annotations

import pytest
from django.urls import reverse

from catalogue.models import Listing
from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Account
from marketplace.ordering.models import DeliveryPoint
from marketplace.organisations.models import Membership
from tests.factories import ordering as factory
from tests.factories import organisations
from tests.factories.organisations import sign_in
from tests.ordering.reading import as_, text

pytestmark = pytest.mark.django_db


def door(market):
    with stewardship():
        return DeliveryPoint.objects.create(
            council=market.council, code=f"D{DeliveryPoint.objects.count()}", name="Library",
            address="1 High Street\nAmbridge",
        )  # fmt: skip


class TestSubmit:
    def send(self, client, market, basket, **facts):
        point = door(market)
        said = {
            "title": "Chairs",
            "reason": "Worn out",
            "delivery_point": str(point.pk),
            **facts,
        }
        return client.post(reverse("requisition-submit", args=[basket.pk]), said)

    def test_sends_it_and_shows_who_is_asked(self, client, market):
        basket = factory.basket(market)
        as_(client, market.requester)
        answer = self.send(client, market, basket)
        assert answer.headers["Location"] == reverse("requisition", args=[basket.pk])
        page = text(client.get(answer.headers["Location"]))
        assert "is on its way for approval" in page
        assert "Ada Approver" in page
        assert "Sent for approval" in page

    def test_asks_for_what_is_missing(self, client, market):
        basket = factory.basket(market)
        as_(client, market.requester)
        page = self.send(client, market, basket, title="", reason="", delivery_point="")
        assert page.status_code == 422
        assert "There is a problem" in text(page)

    def test_refuses_a_day_that_is_over_beside_the_field(self, client, market):
        basket = factory.basket(market)
        as_(client, market.requester)
        facts = {"needed_by_on-day": "1", "needed_by_on-month": "1", "needed_by_on-year": "2020"}
        page = self.send(client, market, basket, **facts)
        assert page.status_code == 422
        assert "Give a day that is not over, or leave it empty." in text(page)
        assert 'href="#id_needed_by_on-day"' in text(page)

    def test_refuses_more_than_the_budget(self, client):
        market = factory.market(budget_amount="100.00")
        basket = factory.basket(market)
        as_(client, market.requester)
        page = self.send(client, market, basket)
        assert page.status_code == 409
        assert "£159.00 is asked for and £100.00 is left" in text(page)

    def test_tells_everything_at_once_and_where_it_is_mended(self, client):
        market = factory.market(budget_amount="100.00")
        basket = factory.basket(market)
        with stewardship():
            Account.objects.update(is_active=False)
            Listing.objects.filter(pk=market.listing.pk).update(unit_price="81.25", version=2)
            line = basket.lines.get()
        facts = {"needed_by_on-day": "1", "needed_by_on-month": "1", "needed_by_on-year": "2020"}
        everywhere = (
            ("Give a day that is not over, or leave it empty.", "#id_needed_by_on-day"),
            ("is no longer used.", f"/basket/#id_coding-{line.pk}"),
            ("was £79.50 and is now £81.25", f"/basket/#id_quantity-{line.pk}"),
            ("£159.00 is asked for and £100.00 is left", "#outlook"),
        )
        as_(client, market.requester)
        page = self.send(client, market, basket, **facts)
        assert page.status_code == 422
        summary = text(page).split("govuk-error-summary__list")[1].split("</ul>")[0]
        for words, address in everywhere:
            (entry,) = (each for each in summary.split("<li>") if words in each)
            assert f'href="{address}"' in entry

        page = self.send(client, market, basket, title="", **facts | {"needed_by_on-day": "x"})
        summary = text(page).split("govuk-error-summary__list")[1].split("</ul>")[0]
        assert "Enter in a few words what it is for" in summary
        for words, address in everywhere[1:]:
            (entry,) = (each for each in summary.split("<li>") if words in each)
            assert f'href="{address}"' in entry
        assert summary.count("<li>") == 5

    def test_says_that_nobody_can_approve_beside_what_is_missing(self, client, market):
        basket = factory.basket(market)
        with stewardship():
            Membership.objects.filter(pk=market.approver_membership.pk).update(
                approval_limit_amount="100.00"
            )
        as_(client, market.requester)
        page = self.send(client, market, basket, reason="")
        summary = text(page).split("govuk-error-summary__list")[1].split("</ul>")[0]
        assert "Enter why it is needed" in summary
        assert "There is nobody who can approve this" in summary

    def test_has_no_button_to_send_what_nobody_can_approve(self, client, market):
        basket = factory.basket(market)
        as_(client, market.requester)
        address = reverse("requisition-submit", args=[basket.pk])
        assert "Send for approval </button>" in " ".join(text(client.get(address)).split())
        with stewardship():
            Membership.objects.filter(pk=market.approver_membership.pk).update(
                approval_limit_amount="100.00"
            )
        shown = " ".join(text(client.get(address)).split())
        assert "<title>Send your basket" in shown
        refused = self.send(client, market, basket)
        assert refused.status_code == 409
        assert "<title>Error: " in text(refused)
        for page in (shown, " ".join(text(refused).split())):
            assert "Nobody can approve this" in page
            assert "Send for approval </button>" not in page
            assert "You can send it when what is stopped above is put right." in page

    def test_says_that_it_was_sent_in_another_window(self, client, market):
        basket = factory.basket(market)
        as_(client, market.requester)
        assert self.send(client, market, basket).status_code == 302
        for title, status in (("Chairs", 409), ("", 422)):
            page = self.send(client, market, basket, title=title)
            assert page.status_code == status
        assert "It was submitted. Withdraw it" in text(self.send(client, market, basket))

    def test_is_refused_for_somebody_elses_basket(self, client, market):
        basket = factory.basket(market)
        as_(client, market.buyer)
        assert client.get(reverse("requisition-submit", args=[basket.pk])).status_code == 404


class TestWithdraw:
    def test_does_not_ask_about_what_is_taken_back_already(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.requester)
        address = reverse("requisition-withdraw", args=[asked.pk])
        assert client.get(address).status_code == 200
        assert client.post(address).status_code == 302
        answer = client.get(address)
        assert answer.headers["Location"] == reverse("requisition", args=[asked.pk])
        assert client.post(address).status_code == 409


class TestRequisition:
    def test_lists_and_shows(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.requester)
        assert asked.number in text(client.get(reverse("requisitions")))
        page = text(client.get(reverse("requisition", args=[asked.pk])))
        assert "Chairs for the library" in page
        assert "Take it back" in page
        assert "Look and decide" not in page

    def test_is_missing_for_another_council(self, client, market):
        asked = factory.submitted(market)
        stranger = organisations.person(organisations.council(), "buyer", "approver", limit=1000)
        sign_in(client, stranger)
        for name in ("requisition", "requisition-approve", "requisition-withdraw"):
            assert client.get(reverse(name, args=[asked.pk])).status_code == 404
        assert asked.number not in text(client.get(reverse("requisitions")))

    def test_is_taken_back(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.requester)
        address = reverse("requisition-withdraw", args=[asked.pk])
        assert client.get(address).status_code == 200
        assert client.post(address).status_code == 302
        assert "Taken back" in text(client.get(reverse("requisition", args=[asked.pk])))
        assert client.post(address).status_code == 409

    def test_is_copied_to_a_new_basket(self, client, market):
        asked = factory.approved(market)
        as_(client, market.requester)
        page = client.post(reverse("requisition-copy", args=[asked.pk]), follow=True)
        assert "The same things are in your basket" in text(page)
        assert "Office chair" in text(page)

    def test_list_is_narrowed(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.requester)
        assert asked.number in text(client.get(reverse("requisitions"), {"status": "SUBMITTED"}))
        none = text(client.get(reverse("requisitions"), {"status": "ORDERED"}))
        assert asked.number not in none
        assert "No requisition fits" in none

    @pytest.mark.parametrize("query", ["?after=%00", "?after=zz", "?status=NOPE", "?words=%00"])
    def test_nonsense_in_the_address_is_no_defect(self, client, market, query):
        as_(client, market.requester)
        for name in ("requisitions", "orders"):
            assert client.get(reverse(name) + query).status_code in {200, 422}
