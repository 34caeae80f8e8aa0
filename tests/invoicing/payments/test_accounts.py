"""Bank accounts by their shape."""

from __future__ import annotations

import pytest

from invoicing.payments.accounts import BankAccount, is_iban


def test_digits_are_read_through_blanks_and_dashes():
    account = BankAccount("A", sort_code="20-00 00", account_number="5577 9911")
    assert (account.sorting, account.number, account.is_well_formed) == ("200000", "55779911", True)


def test_an_iban_says_both():
    account = BankAccount("A", iban="gb33 BUKB 2020 1555 5555 55")
    assert (account.sorting, account.number) == ("202015", "55555555")
    assert account.is_well_formed


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"sort_code": "200000"},
        {"account_number": "55779911"},
        {"sort_code": "20000", "account_number": "55779911"},
        {"sort_code": "200000", "account_number": "5577991"},
        {"sort_code": "200000", "account_number": "5577991A"},
        {"sort_code": "२०००००", "account_number": "55779911"},
        {"iban": "GB34BUKB20201555555555"},
        {"iban": "DE89370400440532013000"},
        {"iban": "GB33BUKB20201555555555", "sort_code": "200000", "account_number": "55779911"},
    ],
)
def test_what_cannot_be_an_account_is_none(facts):
    assert not BankAccount("A", **facts).is_well_formed


def test_it_is_somebodys():
    assert not BankAccount(" ", sort_code="200000", account_number="55779911").is_well_formed


def test_every_wrong_digit_of_an_iban_is_seen():
    right = "GB33BUKB20201555555555"
    for place in [2, 3, *range(8, 22)]:
        for digit in "0123456789":
            changed = right[:place] + digit + right[place + 1 :]
            assert is_iban(changed) == (changed == right)
