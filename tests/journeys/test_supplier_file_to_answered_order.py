"""From a supplier's price list to an order that is answered: every step on a real page."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.factories import catalogue
from tests.factories import ordering as factory
from tests.journeys.conftest import person

pytestmark = pytest.mark.django_db


def price_list(*rows):
    content = catalogue.price_list([catalogue.row(**row) for row in rows]).getvalue()
    return SimpleUploadedFile("autumn.csv", content, content_type="text/csv")


def link_to(text: str, pattern: str) -> str:
    return re.search(rf'href="({pattern})"', text)[1]


def test_supplier_file_to_answered_order(market):
    seller, requester = person(market.seller), person(market.requester)
    tries_a_price_list_mends_it_and_confirms_it(market, seller)
    finds_it_and_puts_four_in_the_basket(requester)
    requisition = says_what_pays_and_asks_for_approval(market, requester)
    approves_exactly_what_the_page_shows(market)
    reads_the_order_that_was_sent(requester, requisition)
    accepts_all_of_it_with_one_button(seller)
    reads_what_happened_in_its_order(requester, requisition)
    with market.acting():
        market.budget.refresh_from_db()
    assert (market.budget.committed_amount, market.budget.available_amount) == (180, 9820)


def tries_a_price_list_mends_it_and_confirms_it(market, seller):
    seller.open("/supplier/price-lists/")
    seller.send(
        "/supplier/price-lists/",
        on="",
        files={"file": price_list({"part_number": "ERG-1", "unit_price": "cheap"})},
    )
    assert "It waits for its turn" in seller.text
    assert "There are mistakes in the file" in seller.look_again()
    assert "ERG-1" not in person(market.requester).open("/catalogue/?q=ergonomic")
    seller.open("/supplier/price-lists/")
    good = {"part_number": "ERG-1", "name": "Ergonomic stool", "unit_price": "45.00"}
    seller.send("/supplier/price-lists/", files={"file": price_list(good)})
    assert "There are no mistakes in the file" in seller.look_again()
    seller.send(seller.address, on="/supplier/price-lists/")
    assert "We are taking in your price list" in seller.text
    assert "Your price list is in" in seller.look_again()


def finds_it_and_puts_four_in_the_basket(requester):
    requester.open("/catalogue/?q=ergonomic")
    assert "Ergonomic stool" in requester.text
    requester.send("/catalogue/", on="/basket/add/", quantity="4")
    assert "Ergonomic stool is in your basket: 4" in requester.text
    assert requester.address.startswith("/catalogue/")


def says_what_pays_and_asks_for_approval(market, requester):
    requester.open("/basket/")
    coding = re.search(r'name="(coding-[^"]+)"', requester.text)[1]
    requester.send("/basket/", "continue", **{coding: ""})
    assert "Choose what Ergonomic stool is paid from" in requester.text
    requester.open("/basket/")
    requester.send("/basket/", "save", **{coding: str(market.budget.pk)})
    assert "£10,000.00 left, £9,820.00 after this basket" in requester.text
    assert "Ada Approver" in requester.text
    requester.send("/basket/", "continue")
    assert "Send your basket for approval" in requester.text
    point = re.search(r'name="delivery_point" type="radio" value="([^"]+)"', requester.text)
    requester.send(
        requester.address,
        title="Stools for the library",
        reason="The old ones wobble.",
        delivery_point=point[1],
    )
    assert "REQ-26-000001 is on its way for approval" in requester.text
    return requester.address


def approves_exactly_what_the_page_shows(market):
    approver = person(market.approver)
    approver.open("/approvals/")
    assert "The old ones wobble." in approver.text
    assert "£10,000.00 now, £9,820.00 after this" in approver.text
    decide = link_to(approver.text, r"/requisitions/[^/]+/decide/")
    approver.open(decide)
    approver.send(decide, "verdict=approve", comment="Needed")
    assert "The orders are on their way" in approver.text


def reads_the_order_that_was_sent(requester, requisition):
    factory.do_jobs(timezone.now())
    requester.open(requisition)
    assert "Ordered" in requester.text
    order = link_to(requester.text, r"/orders/[^/]+/")
    requester.open(order)
    assert "Order PO-26-000001 was sent to the supplier" in requester.text
    assert "SHA-256" in requester.text
    pdf = link_to(requester.text, r"/documents/[^/]+/")
    assert requester.client.get(pdf).status_code == 200


def accepts_all_of_it_with_one_button(seller):
    seller.open("/supplier/")
    assert "PO-26-000001" in seller.text
    answer = link_to(seller.text, r"/supplier/orders/[^/]+/answer/")
    seller.open(answer)
    assert "Ring twice" in seller.text
    seller.send(answer, "accept_all")
    assert "Ambridge Council has your answer to PO-26-000001" in seller.text
    factory.do_jobs(timezone.now())


def reads_what_happened_in_its_order(requester, requisition):
    requester.open(requisition)
    told = re.findall(r'site-timeline__title">([^<]+)<', requester.text)
    assert [sentence.partition(":")[0] for sentence in told] == [
        "Put in the basket", "Paid from", "Sent for approval", "Approved",
        "Orders made", "Order PO-26-000001 was sent to the supplier",
        "The supplier answered order PO-26-000001",
    ]  # fmt: skip


def test_the_supplier_refuses_a_line_and_the_money_comes_back(market):
    order = factory.sent(market)
    seller = person(market.seller)
    address = f"/supplier/orders/{order.pk}/answer/"
    seller.open(address)
    seller.send(address, **{"answer-0": "REFUSED", "reason-0": "Out of stock", "note": "Sorry"})
    assert "has your answer" in seller.text
    factory.do_jobs(timezone.now())
    buyer = person(market.buyer)
    assert "Out of stock" in buyer.open(f"/orders/{order.pk}/")
    assert "Given back to the budgets: £159.00" in buyer.text
    assert "Refused" in buyer.open("/home/")
    with market.acting():
        market.budget.refresh_from_db()
    assert market.budget.available_amount == 10_000


def test_what_was_turned_down_is_changed_and_sent_again(market):
    asked = factory.submitted(market)
    approver = person(market.approver)
    decide = f"/requisitions/{asked.pk}/decide/"
    approver.open(decide)
    approver.send(decide, "verdict=reject", comment="Two are too many.")
    assert "is told why" in approver.text
    requester = person(market.requester)
    requester.open(f"/requisitions/{asked.pk}/")
    assert "Two are too many." in requester.text
    requester.send(requester.address, on=f"/requisitions/{asked.pk}/copy/")
    assert "Office chair" in requester.text
    quantity = re.search(r'name="(quantity-[^"]+)"', requester.text)[1]
    requester.send("/basket/", "continue", **{quantity: "1"})
    assert 'value="Chairs for the library"' in requester.text
    point = re.search(r'name="delivery_point" type="radio" value="([^"]+)"', requester.text)
    requester.send(requester.address, delivery_point=point[1])
    assert "REQ-26-000002 is on its way" in requester.text
