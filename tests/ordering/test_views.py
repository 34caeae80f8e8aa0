"""The pages of baskets, requisitions, approvals and orders, over HTTP."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from marketplace.core.tenancy import stewardship
from marketplace.ordering.models import Order, Requisition, RequisitionLine
from marketplace.ordering.states import Answer
from marketplace.organisations.models import Membership
from tests.factories import approvals, catalogue, ledger, organisations
from tests.factories import ordering as factory
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return factory.market()


def as_(client, actor):
    """Sign somebody in who is known as an actor."""
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=actor.membership_id
        )
    return sign_in(client, membership)


def text(response):
    return response.content.decode()


def seen(market, model, **facts):
    with market.acting():
        return model.objects.get(**facts)


def menu_entry(response):
    """The words of the entry of the menu that has a count."""
    entry = re.search(r'<a class="govuk-service-navigation__link" href="/basket/".*?</a>',
                      text(response), re.DOTALL)  # fmt: skip
    return " ".join(re.sub(r"<[^>]+>", "", entry[0]).split())


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
        assert "from Chairs Ltd) was £79.50 and is now £81.25" in text(client.get(reverse("basket")))
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


class TestPaste:
    def test_fills_the_basket_and_names_the_rows_that_are_wrong(self, client):
        market = factory.market(listings=2)
        one, two = market.listings
        as_(client, market.requester)
        page = client.post(
            reverse("basket-paste"),
            {"codes": f"{one.part_number}\t3\n\n{two.part_number.lower()} 2\nNOPE 1\nX\tmany"},
        )
        assert page.status_code == 422
        assert "2 rows are in your basket" in text(page)
        assert "No supplier of yours offers this part number" in text(page)
        assert "The quantity is not a number" in text(page)
        with market.acting():
            assert {line.quantity for line in RequisitionLine.objects.all()} == {3, 2}

    def test_keeps_the_rows_that_are_wrong_whatever_stood_above_them(self, client, market):
        as_(client, market.requester)
        codes = f"\n\n{market.listing.part_number} 1\nNOPE 1"
        page = client.post(reverse("basket-paste"), {"codes": codes})
        assert ">NOPE 1</textarea>" in page.content.decode()

    def test_goes_to_the_basket_when_all_is_well(self, client, market):
        as_(client, market.requester)
        answer = client.post(reverse("basket-paste"), {"codes": f"{market.listing.part_number}, 3"})
        assert answer.headers["Location"] == reverse("basket")

    def test_takes_five_hundred_rows_in_few_statements(
        self, client, market, django_assert_max_num_queries
    ):
        offers = [catalogue.listing(market.supplier) for _ in range(120)]
        codes = "\n".join(f"{offer.part_number} 2" for offer in offers)
        as_(client, market.requester)
        with django_assert_max_num_queries(45):
            client.post(reverse("basket-paste"), {"codes": codes})
        with market.acting():
            assert RequisitionLine.objects.count() == 120

    def test_never_shows_another_councils_supplier(self, client, market):
        stranger = organisations.supplier()
        theirs = catalogue.listing(stranger)
        as_(client, market.requester)
        page = client.post(reverse("basket-paste"), {"codes": theirs.part_number})
        assert "No supplier of yours offers this part number" in text(page)


class TestSubmit:
    def send(self, client, market, basket, **facts):
        point = factory_point(market)
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

    def test_is_refused_for_somebody_elses_basket(self, client, market):
        basket = factory.basket(market)
        as_(client, market.buyer)
        assert client.get(reverse("requisition-submit", args=[basket.pk])).status_code == 404


def factory_point(market):
    from marketplace.ordering.models import DeliveryPoint

    with stewardship():
        return DeliveryPoint.objects.create(
            council=market.council, code=f"D{DeliveryPoint.objects.count()}", name="Library",
            address="1 High Street\nAmbridge",
        )  # fmt: skip


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


class TestStory:
    def test_only_the_one_who_asked_reads_how_the_basket_was_filled(self, client, market):
        basket, other = factory.basket(market), ledger.budget(market.council)
        line = seen(market, RequisitionLine)
        as_(client, market.requester)
        said = {f"quantity-{line.pk}": "3", f"coding-{line.pk}": str(other.pk), "save": "1"}
        client.post(reverse("basket"), said)
        address = reverse("requisition", args=[basket.pk])
        own = text(client.get(address))
        assert "Put in the basket" in own
        with market.acting():
            paid_from = f"Paid from: {other.cost_centre.code} "
        assert f"Quantity changed: part {line.part_number}, now 3. {paid_from}" in own
        factory.submitted(market)
        others = text(as_(client, market.buyer).get(address))
        assert "Put in the basket" not in others
        assert "Sent for approval" in others


class TestApprovals:
    def test_queue_shows_three_facts(self, client, market):
        factory.submitted(market)
        page = text(as_(client, market.approver).get(reverse("approvals")))
        assert "Chairs for the library" in page
        assert "The old ones are worn." in page
        assert "£10,000.00 now, £9,841.00 after this" in page

    def test_queue_says_when_it_is_empty(self, client, market):
        page = text(as_(client, market.approver).get(reverse("approvals")))
        assert "Nothing waits for your decision" in page

    def decide(self, client, asked, verdict="approve", **facts):
        said = {"content_hash": asked.content_hash, "verdict": verdict, **facts}
        return client.post(reverse("requisition-approve", args=[asked.pk]), said)

    def test_approves(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        page = text(client.get(reverse("requisition-approve", args=[asked.pk])))
        assert asked.content_hash in page
        answer = self.decide(client, asked)
        assert answer.headers["Location"] == reverse("approvals")
        assert "The orders are on their way" in text(client.get(reverse("approvals")))
        assert seen(market, Requisition).status == "APPROVED"

    @pytest.mark.parametrize("verdict", ["", "banana", "Approve", " approve"])
    def test_approves_by_no_other_word(self, client, market, verdict):
        asked = factory.submitted(market)
        as_(client, market.approver)
        page = self.decide(client, asked, verdict)
        assert page.status_code == 422
        assert "Say whether you approve it or turn it down" in text(page)
        assert seen(market, Requisition).status == "SUBMITTED"

    def test_does_not_approve_by_saying_nothing(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        said = {"content_hash": asked.content_hash}
        page = client.post(reverse("requisition-approve", args=[asked.pk]), said)
        assert page.status_code == 422
        assert seen(market, Requisition).status == "SUBMITTED"

    def test_refuses_the_second_time(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        self.decide(client, asked)
        assert self.decide(client, asked).status_code == 409

    def test_refuses_what_was_changed_after_it_was_seen(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        page = client.post(
            reverse("requisition-approve", args=[asked.pk]),
            {"content_hash": "0" * 64, "verdict": "approve"},
        )
        assert page.status_code == 409
        assert "Look at it again before you decide" in text(page)
        assert asked.content_hash in text(page)

    def test_turns_down_only_with_a_reason(self, client, market):
        asked = factory.submitted(market)
        as_(client, market.approver)
        page = self.decide(client, asked, "reject")
        assert page.status_code == 422
        assert "Say why you turn it down" in text(page)
        self.decide(client, asked, "reject", comment="Use the old ones.")
        assert seen(market, Requisition).rejection_reason == "Use the old ones."

    def test_refuses_the_one_who_asked(self, client, market):
        both = organisations.actor(market.council, "requester", "approver", limit=50_000)
        asked = factory.submitted(market, requester=both)
        as_(client, both)
        page = text(client.get(reverse("requisition-approve", args=[asked.pk])))
        assert "This does not wait for your decision" in page
        answer = self.decide(client, asked)
        assert answer.status_code == 403
        assert seen(market, Requisition).status == "SUBMITTED"

    def test_refuses_beyond_the_limit(self, client, market):
        small = organisations.actor(market.council, "approver", limit=100)
        asked = factory.submitted(market)
        as_(client, small)
        assert self.decide(client, asked).status_code == 403

    def test_shows_who_stands_in_for_whom(self, client, market):
        deputy = organisations.person(market.council, "approver", limit=50, name="Dee Deputy")
        approvals.delegation(market.approver_membership, deputy, limit=5000)
        factory.submitted(market)
        page = text(sign_in(client, deputy).get(reverse("approvals")))
        assert "Ada Approver, until 30 November 2026" in page
        assert "Chairs for the library" in page


class TestOrders:
    def test_lists_and_shows_with_papers_and_story(self, client, market):
        order = factory.answered(market, Answer.REFUSED)
        as_(client, market.buyer)
        assert order.number in text(client.get(reverse("orders")))
        page = text(client.get(reverse("order", args=[order.pk])))
        assert "We no longer make it." in page
        assert reverse("document", args=[order.pdf_id]) in page
        assert "SHA-256" in page
        assert f"The supplier answered order {order.number}: 1 line refused" in page

    def test_what_was_refused_is_not_to_be_paid(self, client, market):
        order = factory.answered(market, Answer.REFUSED)
        factory.do_jobs()
        as_(client, market.requester)
        page = text(client.get(reverse("order", args=[order.pk])))
        assert "Total ordered" in page
        assert re.search(r"Still to pay</dt><dd>£0\.00", page)
        page = text(client.get(reverse("requisition", args=[order.requisition_id])))
        assert re.search(r"Still to pay</dt><dd>£0\.00", page)
        assert "£159.00" not in page.partition("Taken by this")[2].partition("</table>")[0]

    @pytest.mark.parametrize(("needed", "is_late"), [(29, True), (30, False), (None, False)])
    def test_says_that_some_of_it_comes_later(self, client, market, monkeypatch, needed, is_late):
        day = date(2026, 11, needed) if needed else None
        monkeypatch.setattr(factory, "DETAILS", replace(factory.DETAILS, needed_by_on=day))
        order = factory.answered(market, Answer.LATER)
        as_(client, market.buyer)
        page = text(client.get(reverse("order", args=[order.pk])))
        assert "Accepted, later" in page
        assert ("1 line comes later than 29 November 2026" in page) is is_late
        assert "Accepted, later" in text(client.get(reverse("orders")))
        watched = text(client.get(reverse("home"))).partition("Orders to watch")[2]
        assert (order.number in watched) is is_late

    @pytest.mark.parametrize(
        ("role", "opens"), [("buyer", True), ("receiver", False), ("payments", False)]
    )
    def test_links_to_the_requisition_for_whoever_may_open_it(self, client, market, role, opens):
        order = factory.sent(market)
        sign_in(client, organisations.person(market.council, role))
        address = reverse("requisition", args=[order.requisition_id])
        assert (address in text(client.get(reverse("order", args=[order.pk])))) is opens
        assert (client.get(address).status_code == 200) is opens

    def test_prints_for_both_sides(self, client, market):
        order = factory.sent(market)
        for reader in (market.buyer, market.seller):
            page = as_(client, reader).get(reverse("order-print", args=[order.pk]))
            assert page.status_code == 200
            assert f"Purchase order {order.number}" in text(page)
            assert "Office chair" in text(page)
            assert "VAT number GB999000173" in text(page)
            assert "Ordered by" in text(page)

    def test_is_missing_for_others(self, client, market):
        order = factory.sent(market)
        strangers = [
            organisations.person(organisations.council(), "buyer"),
            organisations.person(organisations.supplier()),
        ]
        for stranger in strangers:
            sign_in(client, stranger)
            assert client.get(reverse("order-print", args=[order.pk])).status_code == 404

    def test_is_cancelled_with_a_reason(self, client, market):
        order = factory.sent(market)
        as_(client, market.buyer)
        address = reverse("order-cancel", args=[order.pk])
        assert client.post(address, {"reason": " "}).status_code == 422
        assert client.post(address, {"reason": "Ordered twice"}).status_code == 302
        page = text(client.get(reverse("order", args=[order.pk])))
        assert "Ordered twice" in page
        assert client.post(address, {"reason": "Again"}).status_code == 409

    def test_is_sent_again(self, client, market):
        order = factory.sent(market)
        as_(client, market.buyer)
        address = reverse("order-resend", args=[order.pk])
        assert address in text(client.get(reverse("order", args=[order.pk])))
        asked = text(client.get(address))
        for words in (market.supplier.name, "orders@", "Last sent", "The marketplace itself"):
            assert words in asked
        with market.acting():
            assert Order.objects.get().transmissions.values("attempt").distinct().count() == 1
        page = client.post(address, follow=True)
        assert "is being sent again" in text(page)
        factory.do_jobs()
        with market.acting():
            assert Order.objects.get().transmissions.values("attempt").distinct().count() == 2
        assert market.buyer.name in text(client.get(address))

    def test_says_when_it_cannot_be_sent_again(self, client, market):
        order = factory.answered(market)
        as_(client, market.buyer)
        assert "Only an order that was sent" in text(
            client.get(reverse("order-resend", args=[order.pk]))
        )


class TestStandIns:
    def said(self, market, delegate, **facts):
        return {
            "delegate": str(delegate.membership_id),
            "from_on-day": "1", "from_on-month": "12", "from_on-year": "2098",
            "until_on-day": "9", "until_on-month": "12", "until_on-year": "2098",
            "limit_amount": "£5,000", "reason": "Annual leave", **facts,
        }  # fmt: skip

    def test_is_set_up_and_taken_back(self, client, market):
        deputy = organisations.actor(market.council, "approver", limit=50, name="Dee Deputy")
        as_(client, market.approver)
        address = reverse("stand-ins")
        assert "Nobody stands in for you" in text(client.get(address))
        page = client.post(address, self.said(market, deputy), follow=True)
        assert "Dee Deputy stands in for you" in text(page)
        ending = re.search(r'action="([^"]+/end/)"', text(page))[1]
        assert "no longer stand in" in text(client.post(ending, follow=True))
        assert client.post(ending).status_code == 422

    def test_says_beside_the_field_what_is_wrong(self, client, market):
        deputy = organisations.actor(market.council, "approver", limit=50)
        as_(client, market.approver)
        page = client.post(reverse("stand-ins"), self.said(market, deputy, limit_amount="60000"))
        assert page.status_code == 422
        assert 'href="#id_limit_amount"' in text(page)

    def test_a_colleague_cannot_take_it_back(self, client, market):
        deputy = organisations.person(market.council, "approver", limit=50)
        lent = approvals.delegation(market.approver_membership, deputy, limit=100)
        sign_in(client, deputy)
        assert client.post(reverse("stand-in-end", args=[lent.pk])).status_code == 403
