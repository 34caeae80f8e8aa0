"""Where a supplier is paid and what it was paid, on its own pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from invoicing.models import Payment, SupplierAccount
from invoicing.payments.services.settlement import settle_run
from marketplace.core.tenancy import act_for, stewardship
from marketplace.organisations.models import Membership
from tests.factories import organisations, payments
from tests.factories.ordering import NOON
from tests.factories.organisations import PASSWORD, sign_in

pytestmark = pytest.mark.django_db

WANTED = {"name": "Chairs Ltd", "sort_code": "30-94-30", "account_number": "00733445"}
NEW = "/supplier/accounts/new/"


def text(response):
    return response.content.decode()


@pytest.fixture
def house():
    return payments.house()


@pytest.fixture
def seller(house):
    """A browser in which the supplier's person has just shown their password."""
    with stewardship():
        membership = Membership.objects.select_related("user", "organisation").get(
            pk=house.seller.membership_id
        )
    membership.user.set_password(PASSWORD)
    membership.user.save()
    return sign_in(Client(), membership)


def show_password(client):
    client.post(f"/account/reauthenticate/?next={NEW}", {"password": PASSWORD})


class TestAccounts:
    def test_shows_the_supplier_its_own(self, house, seller):
        page = text(seller.get(reverse("supplier-accounts")))
        assert house.account.account_number in page
        assert "20-00-00" in page

    def test_is_found_from_the_details_and_from_the_payments(self, seller):
        for name in ("supplier-details", "supplier-payments"):
            assert f'href="{reverse("supplier-accounts")}"' in text(seller.get(reverse(name)))

    def test_none_yet_says_what_to_do(self):
        somebody = organisations.person(organisations.supplier())
        page = text(sign_in(Client(), somebody).get(reverse("supplier-accounts")))
        assert "Councils do not know yet where to pay you" in page

    def test_asks_for_the_password_before_a_change(self, house, seller):
        for answer in (seller.get(NEW), seller.post(NEW, WANTED)):
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/account/reauthenticate/")
        with stewardship():
            assert SupplierAccount.objects.count() == 1

    def test_is_changed_with_it(self, house, seller):
        show_password(seller)
        assert "They call you first" in text(seller.get(NEW))
        page = text(seller.post(NEW, WANTED, follow=True))
        assert "Councils will call you" in page
        assert "30-94-30 00733445" in page
        assert house.account.account_number in page

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"sort_code": "3094"}, "sort code of six digits"),
            ({"account_number": "12"}, "account number of eight digits"),
            ({"name": ""}, "Enter the name on the account"),
        ],
    )
    def test_says_what_is_wrong(self, house, seller, facts, words):
        show_password(seller)
        answer = seller.post(NEW, {**WANTED, **facts})
        assert (answer.status_code, words in text(answer)) == (422, True)

    def test_are_not_for_councils(self, house):
        somebody = organisations.person(house.council, "payments")
        client = sign_in(Client(), somebody)
        for name in ("supplier-accounts", "supplier-account-add", "supplier-payments"):
            assert client.get(reverse(name)).status_code == 403


class TestPayments:
    def test_are_shown_with_what_they_are_for(self, house, seller):
        act_for(house.council.pk)
        invoice, credit = payments.invoices(house, ["100.00", "-30.00"])
        payments.exported(house)
        payment = Payment.objects.get()
        page = text(seller.get(reverse("supplier-payments")))
        assert payment.end_to_end_id in page
        assert "£70.00" in page
        page = text(seller.get(reverse("supplier-payment", args=[payment.pk])))
        for words in (invoice.number, "£100.00", credit.number, "−£30.00", "26 November 2026"):
            assert words in page

    def test_not_before_the_bank_has_them(self, house, seller):
        act_for(house.council.pk)
        payments.invoice(house)
        payments.approved(house)
        payment = Payment.objects.get()
        assert "No council has paid you" in text(seller.get(reverse("supplier-payments")))
        assert seller.get(reverse("supplier-payment", args=[payment.pk])).status_code == 404

    def test_are_told_alike_beside_their_invoices(self, house, seller):
        """One truth: sent to the bank until the council says that the bank paid."""
        invoice = payments.invoice(house)
        run = payments.exported(house)
        addresses = [
            reverse("supplier-payments"), reverse("supplier-invoices"),
            reverse("supplier-invoice", args=[invoice.pk]),
        ]  # fmt: skip
        for address in addresses:
            page = text(seller.get(address))
            assert ("Sent to the bank" in page, "Paid on 26" in page) == (True, False)
        with house.acting():
            settle_run(
                run_id=run.pk, payments=house.preparer, settled_on=payments.PAY_ON,
                at=NOON + timedelta(days=3),
            )  # fmt: skip
        for address in addresses:
            assert "Paid on 26 November 2026" in text(seller.get(address))

    def test_of_another_supplier_are_missing(self, house):
        act_for(house.council.pk)
        payments.invoice(house)
        payments.exported(house)
        payment = Payment.objects.get()
        other = sign_in(Client(), organisations.person(organisations.supplier()))
        assert other.get(reverse("supplier-payment", args=[payment.pk])).status_code == 404

    def test_ask_no_more_for_more_rows(self, house, seller):
        counts = []
        for _round in range(2):
            act_for(house.council.pk)
            for _each in range(4):
                payments.invoices(house, [10, 5])
                run = payments.exported(house)
            payment = Payment.objects.get(run=run)
            for address in (
                reverse("supplier-payments"),
                reverse("supplier-payment", args=[payment.pk]),
            ):
                seller.get(address)  # the first page of a session notes that it is in use
                with CaptureQueriesContext(connection) as asked:
                    assert seller.get(address).status_code == 200
                counts.append(len(asked))
        assert counts[:2] == counts[2:]
