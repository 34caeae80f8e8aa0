"""What people must not be able to do, tried on the pages as somebody would."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from catalogue.models import ImportRun, Listing, PastPrice
from marketplace.approvals.models import Case, Decision
from marketplace.audit.models import Event
from marketplace.core.tenancy import stewardship
from marketplace.documents.models import Document
from marketplace.jobs.models import Job
from marketplace.ledger.models import Budget
from marketplace.ordering.models import Order, Requisition, RequisitionLine
from tests.factories import ordering as factory
from tests.factories import organisations
from tests.factories.organisations import sign_in
from tests.journeys.conftest import person

pytestmark = pytest.mark.django_db

NONSENSE = [
    "", " ", "-1", "0", "abc", "NaN", "Infinity", "1e999", "9" * 60, "0.00000001", "\x00", "'; --",
    "<script>alert(1)</script>", "٣", "½", "1,5", "\u202e12", "x" * 5000,
]  # fmt: skip


def decide(somebody, asked, **facts):
    said = {"content_hash": asked.content_hash, "verdict": "approve", **facts}
    return somebody.client.post(reverse("requisition-approve", args=[asked.pk]), said)


def status_of(market, asked):
    with market.acting():
        return Requisition.objects.get(pk=asked.pk).status


def test_nobody_approves_their_own(market):
    both = organisations.actor(market.council, "requester", "approver", limit=50_000)
    asked = factory.submitted(market, requester=both)
    answer = decide(person(both), asked)
    assert answer.status_code == 403
    assert "somebody else must decide" in answer.content.decode()
    assert status_of(market, asked) == "SUBMITTED"


def test_nobody_approves_beyond_their_limit(market):
    small = organisations.actor(market.council, "approver", limit="158.99")
    asked = factory.submitted(market)
    assert decide(person(small), asked).status_code == 403
    assert status_of(market, asked) == "SUBMITTED"


def test_nobody_approves_beyond_the_budget(market):
    asked = factory.submitted(market, quantity=100)
    other = factory.submitted(market, quantity=100)
    approver = person(market.approver)
    assert decide(approver, asked).status_code == 302
    answer = decide(approver, other)
    assert answer.status_code == 409
    assert "is left" in answer.content.decode()
    assert status_of(market, other) == "SUBMITTED"


def test_nobody_approves_twice(market):
    asked = factory.submitted(market)
    approver = person(market.approver)
    assert decide(approver, asked).status_code == 302
    assert decide(approver, asked).status_code == 409
    factory.do_jobs()
    with market.acting():
        assert Order.objects.count() == 1


def test_nobody_approves_what_they_did_not_see(market):
    asked = factory.submitted(market)
    for hash_, status in (("0" * 64, 409), ("", 422), ("nonsense", 409)):
        answer = decide(person(market.approver), asked, content_hash=hash_)
        assert answer.status_code == status, hash_
    assert status_of(market, asked) == "SUBMITTED"


def test_nothing_of_another_council_can_be_opened(market):
    order = factory.answered(market)
    basket = factory.basket(market)
    council = organisations.council()
    stranger = sign_in(
        Client(),
        organisations.person(
            council, "requester", "buyer", "approver", "finance", "auditor", "administrator",
            limit=10**6,
        ),
    )  # fmt: skip
    places = [
        ("order", order.pk), ("order-print", order.pk), ("order-cancel", order.pk),
        ("requisition", order.requisition_id), ("requisition-approve", order.requisition_id),
        ("requisition-withdraw", order.requisition_id), ("requisition-submit", basket.pk),
        ("budget", market.budget.pk), ("document", order.pdf_id),
        ("listing", market.listing.pk),
    ]  # fmt: skip
    for name, key in places:
        assert stranger.get(reverse(name, args=[key])).status_code == 404, name
    # A page of suppliers' is no council's, whatever it would show.
    assert stranger.get(reverse("supplier-order", args=[order.pk])).status_code == 403
    for name, key in (("order-resend", order.pk), ("requisition-copy", order.requisition_id)):
        assert stranger.post(reverse(name, args=[key])).status_code == 404, name
    assert (
        stranger.post(reverse("order-cancel", args=[order.pk]), {"reason": "x"}).status_code == 404
    )


def kept():
    """All that the pages below could have written, a row each, and every event of the trail."""
    models = (
        Event, Requisition, RequisitionLine, Case, Decision, Order, Listing, PastPrice, ImportRun,
        Document, Job, Budget,
    )  # fmt: skip
    with stewardship():
        return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


@pytest.mark.parametrize("typed", NONSENSE)
def test_nonsense_in_every_field_is_answered_and_changes_nothing(market, typed):
    factory.basket(market)
    asked = factory.submitted(
        market, requester=organisations.actor(market.council, "requester", name="Una Other")
    )
    requester, approver, seller = map(person, (market.requester, market.approver, market.seller))
    requester.open("/basket/")
    line = re.search(r'name="quantity-([^"]+)"', requester.text)[1]
    before = kept()
    # What cannot be seen is taken out first; what is left of one of these is a whole number, and
    # so a version, which is not the listing's.
    stale = typed.lstrip("\u202e") == "12"
    for somebody, address, fields, status in (
        (requester, "/basket/", (f"quantity-{line}", f"coding-{line}", "save"), 422),
        (requester, "/basket/add/", ("listing", "quantity", "next", "coding"), 302),
        (requester, "/basket/paste/", ("codes", "supplier"), 422),
        (seller, "/supplier/price-lists/", ("file", "withdraw_missing"), 422),
        (
            seller,
            f"/supplier/listings/{market.listing.pk}/",
            ("version", "name", "unit_price", "minimum_quantity", "lead_time_days"),
            409 if stale else 422,
        ),
        (
            approver,
            f"/requisitions/{asked.pk}/decide/",
            ("content_hash", "comment", "over_budget_reason", "verdict"),
            422,
        ),
    ):
        answer = somebody.client.post(address, dict.fromkeys(fields, typed))
        assert answer.status_code == status, address
        assert kept() == before, address
    buyer = person(market.buyer)
    for address in ("/requisitions/", "/orders/", "/budgets/", "/search/", "/supplier/orders/"):
        reader = seller if address.startswith("/supplier") else buyer
        query = dict.fromkeys(("after", "words", "status", "whose", "year", "q"), typed)
        chosen = bool(typed.strip("\x00")) and address != "/search/"
        assert reader.client.get(address, query).status_code == (422 if chosen else 200), address
    assert kept() == before
