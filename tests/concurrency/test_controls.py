"""Parts that are given to other accounts while somebody posts. Each race has a control."""

from __future__ import annotations

from decimal import Decimal
from threading import Barrier

import pytest
from django.db import transaction

from marketplace.core.tenancy import act_for
from marketplace.ledger.models import Account, ControlAccount
from marketplace.ledger.rules import Posting
from marketplace.ledger.selectors.controls import accounts_by_role
from marketplace.ledger.selectors.journals import balances_of
from marketplace.ledger.services import controls
from marketplace.ledger.services.code_lists import change_code
from marketplace.ledger.services.coding import ACCOUNTS
from marketplace.ledger.services.controls import required_accounts, set_control_accounts
from marketplace.ledger.services.journals import post_journal
from marketplace.ledger.states import AccountRole
from tests.concurrency.race import at_once, without_locks
from tests.factories import ledger, ordering, organisations

AT = ordering.NOON
RECEIPTS = AccountRole.RECEIPTS


@pytest.fixture
def books(fresh_db):
    return ledger.books(organisations.council(), amount=1_000)


@pytest.fixture
def finance(books):
    return organisations.actor(books.council, "finance")


@pytest.fixture
def other(books):
    act_for(books.council.pk)
    return ledger.account(books.council, kind="liability")


def posting(books, met):
    """Return the deed of looking up the part and posting on its account, met in between."""

    def post():
        with transaction.atomic():
            found = required_accounts(books.council.pk, RECEIPTS)
            met.wait(timeout=30)
            credit = Posting(found[RECEIPTS], credit_amount=Decimal(10))
            draft = ledger.draft(books.spend(10), credit)
            post_journal(council_id=books.council.pk, draft=draft, posted_by=None, at=AT)

    return books.council.pk, post


def giving(books, finance, other, met=None):
    """Return the deed of giving the part to another account, begun once the other was met."""

    def give():
        if met is not None:
            met.wait(timeout=30)
        set_control_accounts(finance=finance, accounts={RECEIPTS: other.pk}, at=AT)

    return books.council.pk, give


class TestGivenToAnotherWhileSomebodyPosts:
    def stands_elsewhere(self, books) -> bool:
        """Whether something stands on an account that plays the part no more."""
        act_for(books.council.pk)
        playing = accounts_by_role(books.council.pk)[RECEIPTS].pk
        liabilities = Account.objects.of(books.council.pk).filter(kind="liability")
        stands = balances_of(books.council.pk, [each.pk for each in liabilities])
        return any(amount for account, amount in stands.items() if account != playing)

    def test_the_part_stays_where_something_stands(self, books, finance, other):
        met = Barrier(2)
        ends = at_once([posting(books, met), giving(books, finance, other, met)])
        assert ends == ["won", "ControlAccountInUse"]
        assert not self.stands_elsewhere(books)

    def test_the_race_is_real_without_the_hold(self, books, finance, other, monkeypatch):
        monkeypatch.setattr(controls, "_HOLD", controls._HOLD.replace(" FOR SHARE", ""))
        met, free = Barrier(2), controls._check_free

        def looked(*given):
            free(*given)
            met.wait(timeout=30)

        monkeypatch.setattr(controls, "_check_free", looked)
        assert at_once([posting(books, met), giving(books, finance, other)]) == ["won", "won"]
        assert self.stands_elsewhere(books)


class TestRetiredWhileItIsGivenAPart:
    def both(self, books, finance, other):
        def retire():
            change_code(
                codes=ACCOUNTS, keeper=finance, code_id=other.pk, version=1,
                facts={"is_active": False}, at=AT,
            )  # fmt: skip

        return at_once([giving(books, finance, other), (books.council.pk, retire)])

    def test_one_of_them_wins(self, books, finance, other):
        ends = self.both(books, finance, other)
        assert ends in [["won", "CodesNotRight"], ["AccountDoesNotFit", "won"]]

    def test_both_win_without_the_locks(self, books, finance, other, monkeypatch):
        without_locks(monkeypatch, meet=Account)
        assert self.both(books, finance, other) == ["won", "won"]
        act_for(books.council.pk)
        assert not ControlAccount.objects.get(role=RECEIPTS).account.is_active
