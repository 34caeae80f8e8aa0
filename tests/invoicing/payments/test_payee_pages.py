"""The pages on which a council makes sure of suppliers' accounts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from invoicing.models import AccountConfirmation, Payment
from invoicing.payments.services.settlement import fail_payment
from marketplace.core.tenancy import stewardship
from marketplace.organisations.models import Membership
from tests.factories import organisations, payments
from tests.factories.ordering import NOON
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


def browser(actor):
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=actor.membership_id
        )
    return sign_in(Client(), membership)


@pytest.fixture
def house(db):
    return payments.house()


@pytest.fixture
def officer(house):
    return browser(house.preparer)


class TestPayees:
    def test_shows_each_account_and_who_made_sure(self, house, officer):
        page = text(officer.get(reverse("payees")))
        for words in (
            house.account.account_number,
            "Con Firmer",
            "with the number on the contract",
        ):
            assert words in page
        page = text(browser(organisations.actor(house.council, "auditor")).get(reverse("payees")))
        assert house.account.account_number not in page
        assert house.account.account_number[-4:] in page

    def test_warns_of_an_account_that_two_suppliers_give(self, house, officer):
        twin = payments.supplier(house.council, name="Twin Ltd")
        payments.account(twin, account_number=house.account.account_number)
        assert "The same account as Chairs Ltd" in text(officer.get(reverse("payees")))

    def test_somebody_makes_sure(self, house, officer):
        account = payments.account(house.supplier)
        assert "Chairs Ltd" in text(officer.get(reverse("payees"), {"show": "open"}))
        address = reverse("payee-confirm", args=[account.pk])
        page = text(officer.get(address))
        assert account.account_number in page
        wrong = officer.post(address, {"spoke_to": "Sal", "spoke_by": ""})
        assert (wrong.status_code, "Enter how you reached them" in text(wrong)) == (422, True)
        page = text(officer.post(address, {"spoke_to": "Sal", "spoke_by": "Phone"}, follow=True))
        assert "can be paid to its account" in page
        with stewardship():
            assert AccountConfirmation.objects.filter(account=account).count() == 1
        assert "made sure of it on" in text(officer.get(address))
        assert officer.post(address, {"spoke_to": "S", "spoke_by": "P"}).status_code == 409

    def test_not_of_an_account_that_counts_no_more(self, house, officer):
        old = payments.account(house.supplier)
        payments.account(house.supplier)
        address = reverse("payee-confirm", args=[old.pk])
        assert "has given another account since" in text(officer.get(address))
        assert officer.post(address, {"spoke_to": "S", "spoke_by": "P"}).status_code == 409

    def test_of_a_stranger_is_missing(self, house, officer):
        stranger = payments.account(organisations.supplier())
        assert officer.get(reverse("payee-confirm", args=[stranger.pk])).status_code == 404

    def test_none_yet_says_who_gives_them(self):
        somebody = browser(organisations.actor(organisations.council(), "payments"))
        assert "Suppliers do that themselves" in text(somebody.get(reverse("payees")))
        assert "made sure of every account" in text(
            somebody.get(reverse("payees"), {"show": "open"})
        )

    def test_asks_again_after_a_payment_came_back(self, house, officer):
        payments.invoice(house)
        run = payments.exported(house)
        with house.acting():
            fail_payment(
                payment_id=Payment.objects.get(run=run).pk, payments=house.preparer,
                reason="Account closed", failed_on=payments.TODAY, at=NOON + timedelta(hours=1),
            )  # fmt: skip
        assert "Make sure again" in text(officer.get(reverse("payees"), {"show": "open"}))
        address = reverse("payee-confirm", args=[house.account.pk])
        assert "came back on" in text(officer.get(address))
        page = text(officer.post(address, {"spoke_to": "Sal", "spoke_by": "Phone"}, follow=True))
        assert "can be paid to its account" in page
