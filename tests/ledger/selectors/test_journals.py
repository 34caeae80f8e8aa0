"""What was posted, asked in different ways."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from marketplace.core.tenancy import act_for
from marketplace.ledger.selectors.journals import (
    ACCOUNT_LEDGER_KEYS,
    JOURNAL_KEYS,
    account_ledger,
    balances_of,
    journals,
    lines_of,
    supplier_balances,
    trial_balance,
)
from marketplace.ledger.services.journals import post_journals
from marketplace.ledger.states import AccountRole
from marketplace.web.paging import page_by_key
from tests.factories import ledger, ordering, organisations

pytestmark = pytest.mark.django_db

CREDITORS, VAT, BANK = AccountRole.CREDITORS, AccountRole.VAT_INPUT, AccountRole.BANK
OCTOBER, NOVEMBER = date(2026, 10, 31), date(2026, 11, 2)


@pytest.fixture
def books():
    council = organisations.council()
    act_for(council.pk)
    return ledger.books(council)


@pytest.fixture
def posted(books):
    one, two = organisations.supplier(), organisations.supplier()
    drafts = [
        ledger.draft(
            books.spend(100), books.debit(VAT, 20),
            books.credit(CREDITORS, 120, supplier_id=one.pk), dated_on=OCTOBER,
        ),
        ledger.draft(
            books.spend(50), books.credit(CREDITORS, 50, supplier_id=two.pk), dated_on=NOVEMBER,
        ),
        ledger.draft(
            books.debit(CREDITORS, 120, supplier_id=one.pk), books.credit(BANK, 120),
            dated_on=NOVEMBER,
        ),
    ]  # fmt: skip
    with transaction.atomic():
        made = post_journals(
            council_id=books.council.pk, drafts=drafts, posted_by=None, at=ordering.NOON
        )
    return made, one, two


def nets(rows):
    return {row.code: row.net_amount for row in rows}


def codes(books, **amounts):
    return {books.controls[AccountRole[name]].code: amount for name, amount in amounts.items()}


class TestTrialBalance:
    def test_at_a_day(self, books, posted):
        code = books.budget.account.code
        rows = trial_balance(books.council.pk, until=OCTOBER)
        assert nets(rows) == {code: 100, **codes(books, VAT_INPUT=20, CREDITORS=-120)}
        rows = trial_balance(books.council.pk, until=NOVEMBER)
        assert nets(rows) == {code: 150, **codes(books, VAT_INPUT=20, CREDITORS=-50, BANK=-120)}
        assert sum(row.debit_amount for row in rows) == sum(row.credit_amount for row in rows) > 0
        assert [row.code for row in rows] == sorted(row.code for row in rows)

    def test_of_a_period(self, books, posted):
        november = books.periods[7]
        moved = trial_balance(books.council.pk, since=november.starts_on, until=november.ends_on)
        assert nets(moved) == {
            books.budget.account.code: 50, **codes(books, CREDITORS=70, BANK=-120),
        }  # fmt: skip

    def test_is_one_statement(self, books, posted):
        with CaptureQueriesContext(connection) as found:
            trial_balance(books.council.pk, until=NOVEMBER)
        assert len(found) == 1

    def test_is_one_councils(self, posted):
        other = ledger.books(organisations.council())
        act_for(other.council.pk)
        assert trial_balance(other.council.pk, until=NOVEMBER) == []


def test_what_suppliers_are_owed_sums_to_the_account(books, posted):
    _made, _one, two = posted
    account = books.controls[CREDITORS].pk
    assert supplier_balances(books.council.pk, account) == {two.pk: -50}
    assert balances_of(books.council.pk, [account]) == {account: -50}
    assert balances_of(books.council.pk, [uuid4()]) == {}


def test_journals_are_listed_by_number_and_page_by_page(books, posted):
    listed = journals(books.council.pk, financial_year=2026)
    first = page_by_key(listed, None, keys=JOURNAL_KEYS, size=2)
    assert [row.number for row in first.rows] == [3, 2]
    assert [
        row.number for row in page_by_key(listed, first.next_cursor, keys=JOURNAL_KEYS, size=2).rows
    ] == [1]
    assert journals(books.council.pk, financial_year=2025).count() == 0
    assert journals(books.council.pk).count() == 3


def test_lines_stand_in_their_order(books, posted):
    made, one, _two = posted
    assert [(line.number, line.supplier) for line in lines_of(made[0])] == [
        (1, None), (2, None), (3, one),
    ]  # fmt: skip


def test_the_ledger_of_one_account(books, posted):
    made, _one, _two = posted
    account = books.controls[CREDITORS].pk
    rows = account_ledger(books.council.pk, account, until=NOVEMBER)
    assert [row.journal_id for row in rows] == [each.pk for each in made]
    rows = account_ledger(books.council.pk, account, since=NOVEMBER, until=NOVEMBER)
    page = page_by_key(rows, None, keys=ACCOUNT_LEDGER_KEYS, size=1)
    assert [row.net_amount for row in page.rows] == [-50]
    after = page_by_key(rows, page.next_cursor, keys=ACCOUNT_LEDGER_KEYS, size=1)
    assert [row.net_amount for row in after.rows] == [120]
