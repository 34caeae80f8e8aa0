"""What one value of an offer means."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.listings import cells
from catalogue.listings.cells import Bad


def bad(check, text):
    with pytest.raises(Bad) as caught:
        check(text)
    return caught.value.code, caught.value.facts.get("suggestion", "")


class TestPrice:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("12.50", "12.5"),
            ("£12.50", "12.5"),
            ("£ 1,234.50", "1234.5"),
            ("12.50 GBP", "12.5"),
            ("GBP 12.50", "12.5"),
            ("1,234,567.89", "1234567.89"),
            ("0.000001", "0.000001"),
            (".5", "0.5"),
            ("+3", "3"),
            ("007", "7"),
        ],
    )
    def test_reads_what_can_only_mean_one_thing(self, text, value):
        assert cells.price(text) == Decimal(value)

    @pytest.mark.parametrize(
        ("text", "code", "suggestion"),
        [
            ("12,50", "decimal-comma", "12.50"),
            ("1.234,50", "decimal-comma", "1234.50"),
            ("1 234.50", "not-a-number", "1234.50"),
            ("12.50 each", "not-a-number", "12.50"),
            ("10 to 20", "not-a-number", ""),
            ("POA", "not-a-number", ""),
            ("-5", "negative", ""),
            ("(5.00)", "negative", ""),
            ("−5", "negative", ""),
            ("0", "nought", ""),
            ("£0.00", "nought", ""),
            ("1E3", "scientific", "1000"),
            ("=A2*1.2", "formula", ""),
            ("@SUM(A1)", "formula", ""),
            ("#N/A", "sheet-error", ""),
            ("#REF!", "sheet-error", ""),
            ("€5", "other-currency", ""),
            ("5 USD", "other-currency", ""),
            ("1.2345678", "too-fine", "1.234568"),
            ("100000000", "too-big", ""),
            ("99999999999999", "too-big", ""),
            ("£" + "9" * 60, "too-big", ""),
            ("99,999,999,999,999.50", "too-big", ""),
            ("٣", "not-a-number", ""),
            ("12.5.0", "not-a-number", ""),
            ("1,23,456", "not-a-number", ""),
        ],
    )
    def test_refuses_the_rest_and_suggests(self, text, code, suggestion):
        assert bad(cells.price, text) == (code, suggestion)

    @given(st.decimals(min_value="0.000001", max_value="99999999", places=6))
    def test_reads_back_any_price_as_it_is_written(self, value):
        for text in (f"{value}", f"£{value:,f}", f"GBP {value:f}"):
            assert cells.price(text) == value

    @given(st.text(max_size=30))
    def test_never_fails_in_another_way(self, text):
        try:
            value = cells.price(text.strip())
        except Bad:
            return
        assert 0 < value <= cells.MOST_PRICE
        assert value == value.quantize(cells.PRICE_STEP)


class TestCategory:
    @pytest.mark.parametrize("text", ["30197643", "30197643-5", "30197643 5", "301976435"])
    def test_takes_a_code_with_or_without_its_check_digit(self, text):
        assert cells.category(text) == "30197643"

    @pytest.mark.parametrize(
        ("text", "code", "suggestion"),
        [
            ("30197643-6", "cpv-check-digit", "30197643-5"),
            ("3111000", "leading-nought", "03111000"),
            ("30197699", "unknown-cpv", "30197600"),
            ("paper", "not-cpv", ""),
            ("99999999", "unknown-cpv", ""),
        ],
    )
    def test_refuses_the_rest_and_suggests(self, text, code, suggestion):
        assert bad(cells.category, text) == (code, suggestion)


class TestVat:
    @pytest.mark.parametrize(
        ("text", "category"),
        [
            ("standard", "standard"), ("S", "standard"), ("20%", "standard"), ("20.00", "standard"),
            ("0.2", "standard"), ("T1", "standard"), ("5", "reduced"), ("5 %", "reduced"),
            ("0.05", "reduced"), ("Zero rated", "zero"), ("0", "zero"), ("0%", "zero"),
            ("Exempt", "exempt"), ("E", "exempt"),
        ],
    )  # fmt: skip
    def test_knows_words_and_rates(self, text, category):
        assert cells.vat(text) == category

    @pytest.mark.parametrize("text", ["17.5", "2.0", "50", "200", "yes", "-20", "20% or 5%"])
    def test_refuses_what_is_no_rate_of_ours(self, text):
        assert bad(cells.vat, text)[0] == "unknown-vat"


class TestGtin:
    @pytest.mark.parametrize(
        "text", ["5012345678900", "96385074", "012345678905", "10614141000415", "5012345 678900"]
    )
    def test_takes_a_number_whose_check_digit_is_right(self, text):
        assert cells.gtin(text) == text.replace(" ", "")

    def test_suggests_the_noughts_that_a_spreadsheet_dropped(self):
        assert bad(cells.gtin, "12345678905") == ("gtin-length", "0012345678905")

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("5.01235E+12", "scientific"),
            ("5012345678901", "gtin-check-digit"),
            ("12", "gtin-length"),
            ("none", "not-gtin"),
        ],
    )
    def test_refuses_the_rest(self, text, code):
        assert bad(cells.gtin, text)[0] == code

    @given(st.text("0123456789", min_size=12, max_size=12))
    def test_one_changed_digit_is_always_seen(self, digits):
        good = digits + cells.check_digit(digits)
        for place in range(13):
            changed = f"{good[:place]}{(int(good[place]) + 1) % 10}{good[place + 1 :]}"
            assert bad(cells.gtin, changed)[0] == "gtin-check-digit"


class TestDays:
    @pytest.mark.parametrize(("text", "value"), [("5", 5), ("5 days", 5), ("0", 0), ("00005", 5)])
    def test_reads_days(self, text, value):
        assert cells.days(text) == value

    @pytest.mark.parametrize(
        ("text", "code", "suggestion"),
        [
            ("3-5 days", "not-days", "5"),
            ("2 weeks", "not-days", "14"),
            ("soon", "not-days", ""),
            ("-1", "negative", ""),
            ("9999", "too-big", ""),
            ("9999999", "too-big", ""),
            ("9" * 9000 + " days", "too-big", ""),
            ("1-" + "9" * 9000, "not-days", ""),
        ],
    )
    def test_refuses_the_rest_and_suggests(self, text, code, suggestion):
        assert bad(cells.days, text) == (code, suggestion)


class TestWhole:
    def test_takes_what_a_spreadsheet_makes_of_ten(self):
        assert cells.whole("10.0") == 10

    def test_asks_about_a_pack_of_ten(self):
        assert bad(cells.whole, "Pack of 10") == ("not-a-number", "10")

    def test_refuses_a_part_of_a_pack(self):
        assert bad(cells.whole, "2.5")[0] == "not-whole"


class TestClean:
    def test_makes_texts_that_look_alike_alike(self):
        assert cells.clean("  Cafe\u0301   cre\u00adme ") == "Café creme"

    @pytest.mark.parametrize("text", ["a\x07b", "a\u202eb", "a\u200bb", "a\x00b"])
    def test_refuses_what_nobody_can_see(self, text):
        assert bad(cells.clean, text) == ("unseen", "ab")

    def test_suggests_what_damaged_letters_were(self):
        assert bad(cells.clean, "CafÃ© crème".replace("è", "Ã¨")) == ("garbled", "Café crème")

    @pytest.mark.parametrize("text", ["Â£5 off", "men\ufffds"])
    def test_refuses_damaged_letters(self, text):
        assert bad(cells.clean, text)[0] == "garbled"

    @pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "Tŷ Gwyn", "Île à São Tomé", "50 °C"])
    def test_keeps_text_as_it_is(self, text):
        assert cells.clean(text) == text

    @given(st.text(max_size=50))
    def test_is_settled_after_once(self, text):
        try:
            once = cells.clean(text)
        except Bad:
            return
        assert cells.clean(once) == once


class TestCodeText:
    @pytest.mark.parametrize(
        ("text", "code"), [("1.23457E+11", "scientific"), ("#N/A", "sheet-error")]
    )
    def test_refuses_what_a_spreadsheet_spoilt(self, text, code):
        assert bad(cells.code_text, text)[0] == code

    @pytest.mark.parametrize("text", ["12E3", "00123", "A/1-2", "#12"])
    def test_takes_what_only_looks_like_it(self, text):
        assert cells.code_text(text) == text


def test_a_description_keeps_its_lines():
    assert cells.long_text(" One  line \r\n\r\n two ") == "One line\n\ntwo"


@pytest.mark.parametrize("text", ["GBP", "gbp", "£", "Sterling"])
def test_pounds_are_pounds(text):
    assert cells.currency(text) == "GBP"


def test_euros_are_not():
    assert bad(cells.currency, "EUR")[0] == "other-currency"
