"""The pages and operations of control accounts."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from marketplace.core.tenancy import stewardship
from marketplace.ledger.models import Account
from marketplace.ledger.selectors.controls import accounts_by_role
from marketplace.ledger.states import ROLE_KINDS, AccountRole
from tests.factories import ledger, organisations
from tests.factories.organisations import sign_in

pytestmark = pytest.mark.django_db

CHANGE = "control-accounts-change"


def text(response):
    return response.content.decode()


@pytest.fixture
def council():
    return organisations.council()


@pytest.fixture
def finance(client, council):
    return sign_in(client, organisations.person(council, "finance"))


def played(council):
    with stewardship():
        return {role: each.pk for role, each in accounts_by_role(council.pk).items()}


class TestControlAccounts:
    def test_say_what_each_part_is_and_which_are_missing(self, finance):
        page = text(finance.get(reverse("control-accounts")))
        assert "Suppliers that we owe" in page
        assert "invoices that are not paid yet" in page
        assert page.count("Missing") == len(AccountRole)
        page = text(finance.get(reverse(CHANGE)))
        assert "You have no account of this kind yet: Liability, Asset, Expense." in page

    def test_are_chosen_among_accounts_that_fit(self, finance, council):
        bank, owed = (
            ledger.account(council, kind="asset", name="Our bank"),
            ledger.account(council, kind="liability", name="Our debts"),
        )
        page = text(finance.get(reverse(CHANGE)))
        assert (page.count("Our bank"), page.count("Our debts")) == (3, 4)
        saved = finance.post(
            reverse(CHANGE), {"bank": bank.pk, "creditors": owed.pk, "rounding": ""}, follow=True
        )
        assert "The control accounts are saved." in text(saved)
        missing = len(AccountRole) - 2
        assert f"{missing} parts have no account yet. What needs them cannot" in text(saved)
        assert f"{bank.code} Our bank" in text(saved)
        assert played(council) == {AccountRole.BANK: bank.pk, AccountRole.CREDITORS: owed.pk}

    def test_are_not_said_to_be_saved_when_nothing_is_chosen(self, finance, council):
        ledger.account(council, kind="asset")
        refused = finance.post(reverse(CHANGE), dict.fromkeys(map(str.lower, AccountRole), ""))
        assert refused.status_code == 422
        assert "<title>Error: " in text(refused)
        assert text(refused).count("Nothing is chosen. Choose an account for one part or more") == 2
        assert played(council) == {}

    def test_say_no_more_than_that_they_are_saved_when_all_have_one(self, finance, council):
        ledger.books(council)
        chosen = {role.lower(): str(key) for role, key in played(council).items()}
        assert len(chosen) == len(AccountRole)
        saved = text(finance.post(reverse(CHANGE), chosen, follow=True))
        assert "The control accounts are saved." in saved
        assert "no account yet" not in saved

    def test_keep_a_part_that_was_given(self, finance, council):
        ledger.books(council)
        refused = finance.post(reverse(CHANGE), {"bank": ""})
        assert refused.status_code == 422

    def test_say_at_the_part_what_does_not_fit(self, finance, council):
        both = ledger.account(council, kind="asset")
        refused = finance.post(reverse(CHANGE), {"bank": both.pk, "vat_input": both.pk})
        assert refused.status_code == 422
        assert "plays another part already" in text(refused)
        assert 'href="#id_vat_input"' in text(refused) or 'href="#id_bank"' in text(refused)

    def test_that_somebody_else_changed_meanwhile_are_not_changed_back(self, finance, council):
        first, second = (ledger.account(council, kind="asset") for _number in range(2))
        (seen,) = re.findall(
            r'name="version" value="([0-9a-f]{32})"', text(finance.get(reverse(CHANGE)))
        )
        sent = {"bank": first.pk, "version": seen}
        assert finance.post(reverse(CHANGE), sent).status_code == 302
        late = finance.post(reverse(CHANGE), {"bank": second.pk, "version": seen})
        assert late.status_code == 409
        assert "Somebody else has changed these accounts" in text(late)
        assert played(council) == {AccountRole.BANK: first.pk}

    def test_of_another_council_cannot_be_chosen(self, finance):
        theirs = ledger.account(organisations.council(), kind="asset")
        assert finance.post(reverse(CHANGE), {"bank": theirs.pk}).status_code == 422

    def test_are_read_by_buyers_and_not_changed(self, client, council):
        books = ledger.books(council)
        sign_in(client, organisations.person(council, "buyer"))
        page = text(client.get(reverse("control-accounts")))
        assert books.controls[AccountRole.BANK].code in page
        assert reverse(CHANGE) not in page
        assert client.get(reverse(CHANGE)).status_code == 403

    def test_that_are_retired_are_not_offered_unless_they_play(self, finance, council):
        books = ledger.books(council)
        gone = ledger.account(council, kind="asset", name="Long gone", is_active=False)
        with stewardship():
            Account.objects.filter(pk=books.controls[AccountRole.BANK].pk).update(is_active=False)
        assert gone.name not in text(finance.get(reverse(CHANGE)))
        same = {role.lower(): each.pk for role, each in books.controls.items()}
        assert finance.post(reverse(CHANGE), same).status_code == 302


class TestPrograms:
    @pytest.fixture
    def put(self, finance):
        finance.cookies["csrf"] = "a" * 32

        def put(body, **named):
            address = "/api/v1/control-accounts"
            tag = {"If-Match": finance.get(address)["ETag"]}
            headers = {"X-CSRFToken": "a" * 32, **(named or tag)}
            return finance.put(address, body, "application/json", headers=headers)

        return put

    def test_read_and_choose_by_code(self, finance, council, put):
        assert set(finance.get("/api/v1/control-accounts").json().values()) == {None}
        accounts = {
            role.lower(): ledger.account(council, kind=kind.value).code
            for role, kind in ROLE_KINDS.items()
        }
        done = put(accounts)
        assert (done.status_code, done.json()) == (200, accounts)
        assert put({}).json() == accounts
        assert finance.get("/api/v1/control-accounts").json() == accounts

    def test_say_which_choice_they_saw(self, finance, council, put):
        seen = finance.get("/api/v1/control-accounts")["ETag"]
        codes = [ledger.account(council, kind="asset").code for _number in range(2)]
        done = put({"bank": codes[0]})
        assert done["ETag"] == finance.get("/api/v1/control-accounts")["ETag"] != seen
        late = put({"bank": codes[1]}, **{"If-Match": seen})
        assert (late.status_code, late.json()["type"]) == (
            412, "/problems/request.changed-meanwhile/",
        )  # fmt: skip
        assert put({"bank": codes[1]}, **{"If-Match": ""}).status_code == 428
        assert finance.get("/api/v1/control-accounts").json()["bank"] == codes[0]
        assert put({"bank": codes[1]}, **{"If-Match": "*"}).status_code == 200

    def test_are_told_which_code_is_wrong(self, council, put):
        expense = ledger.account(council).code
        for code, words in (("nowhere", "no such code"), (expense, "of another kind")):
            refused = put({"bank": code})
            assert refused.status_code == 422
            (error,) = refused.json()["errors"]
            assert error["pointer"] == "#/bank"
            assert words in error["detail"]

    @pytest.mark.parametrize("body", [{"banks": "1"}, {"bank": None}, {"bank": []}, []])
    def test_are_refused_nonsense(self, put, body):
        assert put(body).status_code in {400, 422}
