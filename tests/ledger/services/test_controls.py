"""Which account plays which part."""

from __future__ import annotations

import pytest
from django.db import transaction

from marketplace.audit.models import Event
from marketplace.core.errors import Missing
from marketplace.core.tenancy import act_for
from marketplace.ledger.selectors.controls import accounts_by_role, version_of
from marketplace.ledger.services.controls import (
    AccountDoesNotFit,
    ControlAccountInUse,
    ControlAccountMissing,
    ControlAccountsChanged,
    ControlsNotAllowed,
    required_accounts,
    set_control_accounts,
)
from marketplace.ledger.services.journals import post_journal
from marketplace.ledger.states import AccountRole
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.django_db

AT = ordering.NOON
BANK, CREDITORS, VAT = AccountRole.BANK, AccountRole.CREDITORS, AccountRole.VAT_INPUT
ROUNDING, VARIANCE = AccountRole.ROUNDING, AccountRole.PRICE_VARIANCE


@pytest.fixture
def council():
    made = organisations.council()
    act_for(made.pk)
    return made


@pytest.fixture
def finance(council):
    return organisations.actor(council, "finance")


def choose(finance, accounts):
    return set_control_accounts(
        finance=finance, accounts={role: each.pk for role, each in accounts.items()}, at=AT
    )


class TestSetControlAccounts:
    def test_refuses_to_undo_what_somebody_else_chose_meanwhile(self, council, finance):
        first, second = (ledger.account(council, kind="asset") for _number in range(2))
        seen = version_of(accounts_by_role(council.pk))
        for account in (first, second):
            chosen = {BANK: account.pk}
            facts = {"finance": finance, "accounts": chosen, "at": AT, "version": seen}
            if account is first:
                set_control_accounts(**facts)
            else:
                with pytest.raises(ControlAccountsChanged):
                    set_control_accounts(**facts)
        assert accounts_by_role(council.pk) == {BANK: first}

    def test_says_which_account_plays_which_part(self, council, finance):
        bank, owed = (
            ledger.account(council, kind="asset"),
            ledger.account(council, kind="liability"),
        )
        choose(finance, {BANK: bank, CREDITORS: owed})
        assert accounts_by_role(council.pk) == {BANK: bank, CREDITORS: owed}
        event = Event.objects.get()
        assert (event.verb, event.after) == (
            "control-accounts.set", {"bank": bank.code, "creditors": owed.code},
        )  # fmt: skip

    def test_says_nothing_when_nothing_changes(self, council, finance):
        bank = ledger.account(council, kind="asset")
        choose(finance, {BANK: bank})
        choose(finance, {BANK: bank})
        assert Event.objects.count() == 1

    def test_two_accounts_change_parts(self, council, finance):
        one, two = (ledger.account(council, kind="asset") for _ in range(2))
        choose(finance, {BANK: one, VAT: two})
        choose(finance, {BANK: two, VAT: one})
        assert accounts_by_role(council.pk) == {BANK: two, VAT: one}

    def test_expenses_may_share_an_account(self, council, finance):
        account = ledger.account(council)
        choose(finance, {ROUNDING: account, VARIANCE: account})
        assert set(accounts_by_role(council.pk).values()) == {account}

    @pytest.mark.parametrize("kind", ["expense", "liability"])
    def test_refuses_another_kind(self, council, finance, kind):
        with pytest.raises(AccountDoesNotFit) as refused:
            choose(finance, {BANK: ledger.account(council, kind=kind)})
        assert refused.value.field == "bank"

    def test_refuses_one_that_is_retired(self, council, finance):
        with pytest.raises(AccountDoesNotFit, match="is retired") as refused:
            choose(finance, {BANK: ledger.account(council, kind="asset", is_active=False)})
        assert refused.value.field == "bank"

    def test_refuses_one_that_plays_a_part(self, council, finance):
        account = ledger.account(council, kind="asset")
        choose(finance, {VAT: account})
        with pytest.raises(AccountDoesNotFit, match="VAT that we get back"):
            choose(finance, {BANK: account})

    def test_refuses_while_something_stands_on_the_old_one(self, council, finance):
        books = ledger.books(council)
        fresh = ledger.account(council, kind="liability")
        postings = books.spend(5), books.credit(CREDITORS, 5)
        with transaction.atomic():
            post_journal(
                council_id=council.pk, draft=ledger.draft(*postings), posted_by=None, at=AT
            )
        with pytest.raises(ControlAccountInUse, match=r"£5\.00"):
            choose(finance, {CREDITORS: fresh})
        paid = books.debit(CREDITORS, 5), books.credit(BANK, 5)
        with transaction.atomic():
            post_journal(council_id=council.pk, draft=ledger.draft(*paid), posted_by=None, at=AT)
        choose(finance, {CREDITORS: fresh})
        assert accounts_by_role(council.pk)[CREDITORS] == fresh

    def test_refuses_anybody_else(self, council):
        with pytest.raises(ControlsNotAllowed):
            choose(organisations.actor(council, "buyer"), {})

    def test_another_councils_account_is_missing(self, finance):
        strange = ledger.account(organisations.council(), kind="asset")
        with pytest.raises(Missing):
            choose(finance, {BANK: strange})


class TestRequiredAccounts:
    def test_finds_them(self, council):
        books = ledger.books(council)
        assert required_accounts(council.pk, BANK, VAT) == {
            BANK: books.controls[BANK].pk, VAT: books.controls[VAT].pk,
        }  # fmt: skip

    def test_says_which_are_missing(self, council, finance):
        choose(finance, {BANK: ledger.account(council, kind="asset")})
        with pytest.raises(ControlAccountMissing, match="Suppliers that we owe") as refused:
            required_accounts(council.pk, BANK, CREDITORS, VAT)
        assert refused.value.facts["missing"] == ["CREDITORS", "VAT_INPUT"]
        assert [each.pointer for each in refused.value.errors] == ["creditors", "vat_input"]
