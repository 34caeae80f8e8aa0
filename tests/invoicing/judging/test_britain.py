"""What councils in the United Kingdom ask beyond the standard."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.formats import model
from invoicing.judging import numbers
from invoicing.judging.britain import Policy, judge_for_britain
from invoicing.judging.findings import Code, Severity
from tests.factories.einvoices import MEANS, ON, SELLER, ZERO, invoice, line

SEVENTEEN = model.TaxCategory("S", Decimal("17.5"))


def found(made: model.Invoice, **more) -> dict[str, tuple[str, str]]:
    judged = judge_for_britain(made, on=ON, **more)
    assert all(each.severity is not Severity.BLOCK for each in judged)
    return {each.code: (each.expected, each.actual) for each in judged}


def paid(**more) -> model.Invoice:
    return invoice(payment_means=(replace(MEANS, **more),))


def sold_under(number: str) -> model.Invoice:
    seller = replace(SELLER, tax_registrations=(model.TaxRegistration(number, "VAT"),))
    return invoice(seller=seller)


IBAN = model.Identifier("GB29 NWBK 6016 1331 9268 19")
CASES = {
    "all is well": (invoice(), {}),
    "in euros": (invoice(currency="EUR"), {Code.CURRENCY: ("GBP", "EUR")}),
    "no order": (invoice(order=""), {Code.NO_ORDER: ("", "")}),
    "no order, in words": (invoice(order="n/a"), {Code.NO_ORDER: ("", "n/a")}),
    "of next year": (
        invoice(issued_on=date(2031, 1, 1), due_on=date(2031, 1, 2)),
        {Code.ISSUED_LATER: ("2026-11-23", "2031-01-01")},
    ),
    "of today": (invoice(issued_on=ON), {}),
    "due before it was issued": (
        invoice(due_on=date(2026, 11, 1)), {Code.DUE_BEFORE_ISSUE: ("2026-11-02", "2026-11-01")},
    ),
    "due the same day": (invoice(due_on=date(2026, 11, 2)), {}),
    "never issued": (invoice(issued_on=None), {Code.MISSING: ("", "")}),
    "17.5 % in 2026": (
        invoice((line(1, category=SEVENTEEN),)), {Code.VAT_RATE: ("5% / 20%", "17.5%")},
    ),
    "17.5 % on a credit for 2010": (
        invoice(
            (line(1, category=SEVENTEEN),),
            preceding=(model.PrecedingInvoice("OLD-1", date(2010, 6, 1)),),
        ),
        {},
    ),
    "15 % in 2009": (
        invoice(
            (line(1, category=model.TaxCategory("S", Decimal(15))),),
            tax_point_on=date(2009, 6, 1),
        ),
        {},
    ),
    "nothing at the standard rate": (
        invoice((line(1, category=model.TaxCategory("S", Decimal(0))),)),
        {Code.VAT_RATE: ("5% / 20%", "0%")},
    ),
    "20 % at the zero rate": (
        invoice((line(1, category=model.TaxCategory("Z", Decimal(20))),)),
        {Code.VAT_RATE: ("0%", "20%")},
    ),
    "zero": (invoice((line(1, category=ZERO),)), {}),
    "reverse charge": (
        invoice((line(1, category=model.TaxCategory("AE", Decimal(0))),)),
        {Code.REVERSE_CHARGE: ("", "AE")},
    ),
    "a VAT number with a digit wrong": (
        sold_under("GB980780685"), {Code.VAT_NUMBER: ("", "GB980780685")},
    ),
    "a VAT number of noughts": (
        sold_under("GB000000000"), {Code.VAT_NUMBER: ("", "GB000000000")},
    ),
    "a VAT number without its country": (sold_under("980 7806 84"), {}),
    "a VAT number of Northern Ireland": (sold_under("XI980780684"), {}),
    "a VAT number of another country": (sold_under("DE123456789"), {}),
    "an IBAN": (paid(account=IBAN, branch=model.Identifier()), {}),
    "an IBAN with a digit wrong": (
        paid(account=model.Identifier("GB29NWBK60161331926818")),
        {Code.IBAN: ("", "GB29NWBK60161331926818")},
    ),
    "an account without a sort code": (
        paid(branch=model.Identifier()), {Code.SORT_CODE: ("", "")},
    ),
    "a sort code with dashes": (paid(branch=model.Identifier("60-16-13")), {}),
    "an account that is too short": (
        paid(account=model.Identifier("3192681")), {Code.ACCOUNT_NUMBER: ("", "3192681")},
    ),
    "paid by card": (paid(code="48", account=model.Identifier("1")), {}),
    "a unit in words": (
        invoice((replace(line(1), unit="EACH"),)), {Code.UNIT: ("EA", "EACH")},
    ),
    "a box without its X": (
        invoice((replace(line(1), unit="BX"),)), {Code.UNIT: ("XBX", "BX")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_asked(name):
    made, expected = CASES[name]
    assert found(made) == expected


def test_a_council_may_ask_for_less():
    assert found(invoice(order=""), policy=Policy(is_order_wanted=False)) == {}
    assert found(invoice(currency="EUR"), policy=Policy(currency="EUR")) == {}


class TestNumbers:
    @pytest.mark.parametrize(
        "number",
        ["GB980780684", "GB 980 7806 84", "GB980780684001", "GD001", "HA599", "GB100000034"],
    )
    def test_vat_numbers_that_can_be(self, number):
        assert numbers.is_vat_number(number)

    @pytest.mark.parametrize(
        "number",
        ["GB802311781x", "GB80231178", "GB980780680", "GD500", "HA499", "GB000000000", "", "GB",
         "GB000000000000", "FR12345678901"],
    )  # fmt: skip
    def test_vat_numbers_that_cannot(self, number):
        assert not numbers.is_vat_number(number)

    @given(st.integers(0, 8), st.integers(1, 9))
    def test_one_digit_wrong_is_nearly_always_seen(self, place, by):
        digits = [int(digit) for digit in "980780684"]
        digits[place] = (digits[place] + by) % 10
        wrong = "".join(map(str, digits))
        left = sum(w * d for w, d in zip((8, 7, 6, 5, 4, 3, 2, 10, 1), digits, strict=True)) % 97
        assert numbers.is_vat_number(wrong) == (left in {0, 42, 55})

    @given(st.text("0123456789", min_size=18, max_size=18), st.integers(0, 17), st.integers(1, 9))
    def test_one_digit_wrong_in_an_iban_is_always_seen(self, digits, place, by):
        check = 98 - int(digits + "161100") % 97  # GB00 behind it
        good = f"GB{check:02d}{digits}"
        assert numbers.is_iban(good)
        changed = list(digits)
        changed[place] = str((int(changed[place]) + by) % 10)
        assert not numbers.is_iban(f"GB{check:02d}{''.join(changed)}")

    @pytest.mark.parametrize(
        "number", ["GB29NWBK6016133192681", "GB29 NWBK", "", "29NWBK60161331926819", "DE89"]
    )
    def test_what_is_no_iban(self, number):
        assert not numbers.is_iban(number)

    def test_an_iban_of_another_country(self):
        assert numbers.is_iban("DE89 3704 0044 0532 0130 00")
