"""What one value of an offer means as a supplier writes it, or what is wrong with it.

Every function is given a text, trimmed, and returns its value or raises `Bad`. No
value is guessed: a price of "1.234,50" is refused with the suggestion "1234.50", because a
marketplace that reads it as 1.23 has sold a thousand times too cheaply. The words for each code
stand in catalogue.listings.wording.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from catalogue.cpv import nearest_code, split_code, vocabulary
from marketplace.core.units import nearest_unit, unit_code
from marketplace.core.vat import VatCategory

PRICE_STEP = Decimal("0.000001")
QUANTITY_STEP = Decimal("0.001")
MOST_PRICE = Decimal("99999999.999999")
MOST_QUANTITY = Decimal("99999999")
MOST_MINIMUM = Decimal(1_000_000)  # of which a line of an order takes no more
MOST_DAYS = 730

# Control characters, and the invisible ones that turn the direction of a text or hide in it.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_GARBLED = re.compile("\ufffd|[ÃÂ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€")
_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[eE][+-]?[0-9]{1,3}")
_SHEET_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!)|#+", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_COMMA = re.compile(r"(?:[0-9]{1,3}(?:[. ][0-9]{3})+|[0-9]+),[0-9]+")
_SPACED = re.compile(r"[0-9]{1,3}(?:\s[0-9]{3})+(?:\.[0-9]+)?")
_FIRST_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_POUNDS = re.compile(r"^(?:£|GBP)\s*|\s*(?:£|GBP)$", re.IGNORECASE)
_DAYS = re.compile(r"0*([0-9]+)(?: ?(?:working )?days?)?", re.IGNORECASE)
_RANGE_OF_DAYS = re.compile(
    r"(?:[0-9]+ ?(?:-|–|to) ?)?([0-9]+) ?(working days?|days?|weeks?)?", re.IGNORECASE
)

VAT_WORDS = {
    **dict.fromkeys(
        ("s", "std", "standard", "standardrate", "standardrated", "sr", "t1", "vat20", "20standard",
         "standard20", "standardrate20"),
        VatCategory.STANDARD.value,
    ),
    **dict.fromkeys(
        ("r", "reduced", "reducedrate", "reducedrated", "rr", "l", "lower", "t5", "vat5",
         "5reduced", "reduced5"),
        VatCategory.REDUCED.value,
    ),
    **dict.fromkeys(
        ("z", "zero", "zerorate", "zerorated", "zr", "t0", "vat0", "0zero", "zero0"),
        VatCategory.ZERO.value,
    ),
    **dict.fromkeys(("e", "exempt", "vatexempt", "t2", "ex"), VatCategory.EXEMPT.value),
}  # fmt: skip
VAT_RATES = {
    Decimal(20): VatCategory.STANDARD.value,
    Decimal("0.2"): VatCategory.STANDARD.value,
    Decimal(5): VatCategory.REDUCED.value,
    Decimal("0.05"): VatCategory.REDUCED.value,
    Decimal(0): VatCategory.ZERO.value,
}


class Bad(Exception):
    """A value that cannot be taken: a code for the reason, and facts to word it with."""

    def __init__(self, code: str, **facts: Any) -> None:  # noqa: ANN401  # words to be filled in
        self.code = code
        self.facts = facts
        super().__init__(code)


def clean(text: str) -> str:
    """Return a text trimmed, composed (NFC), with single spaces; refuse what cannot be seen.

    Why: two part numbers that look alike must be alike, and a character that no eye sees must not
    make a listing that no search finds.
    """
    text = text.strip()
    if text.isascii():
        if text.isprintable():
            return text if "  " not in text else " ".join(text.split())
    else:
        text = unicodedata.normalize("NFC", text.replace("\u00ad", ""))
        garbled = _GARBLED.search(text)
        if garbled:
            raise Bad("garbled", suggestion=_mended(text))
    unseen = _UNSEEN.search(text)
    if unseen:
        raise Bad("unseen", character=f"U+{ord(unseen[0]):04X}", suggestion=_UNSEEN.sub("", text))
    return " ".join(text.split())


def _mended(text: str) -> str:
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return ""


def long_text(text: str) -> str:
    """Return a text of several lines with each line cleaned and no empty lines at its ends.

    Why: a description may have paragraphs; nothing else may.
    """
    if "\n" not in text and "\r" not in text:
        return clean(text)
    return "\n".join(map(clean, text.strip().splitlines())).strip()


def code_text(text: str) -> str:
    """Return a part number, unless a spreadsheet has spoilt it.

    Why: a spreadsheet turns 123456789012 into 1.23457E+11, and the digits are gone for good.
    """
    text = clean(text)
    if _SCIENTIFIC.fullmatch(text) and ("." in text or "+" in text):
        raise Bad("scientific")
    if _SHEET_ERROR.fullmatch(text):
        raise Bad("sheet-error")
    return text


def number(text: str, *, most: Decimal, step: Decimal) -> Decimal:
    """Return a positive decimal with no more places than `step` has.

    Why: thousands separators are taken only where they stand every three digits; everything else
    that a person would understand and a program would not is refused with a suggestion.
    """
    if not (_PLAIN_NUMBER.fullmatch(text) and text.isascii()):
        text = _unusual_number(text)
    value = Decimal(text)
    if value > most:
        raise Bad("too-big", most=most)
    if value == 0:
        raise Bad("nought")
    exact = value.quantize(step, rounding=ROUND_HALF_UP)
    if exact != value:
        places = -int(step.as_tuple().exponent)
        raise Bad("too-fine", places=places, suggestion=str(exact) if exact else "")
    return exact


def _unusual_number(text: str) -> str:
    """Return the plain number that an unusual one certainly is, or refuse it with a suggestion."""
    _refuse_what_is_no_number(text)
    if text.isascii() and _GROUPED.fullmatch(text):
        return text.replace(",", "")
    for sign, in_front in (("+", ""), (".", "0.")):
        rest = text[1:]
        if text.startswith(sign) and rest.isascii() and _PLAIN_NUMBER.fullmatch(rest):
            return in_front + rest
    if _COMMA.fullmatch(text):
        whole_part, _comma, part = text.rpartition(",")
        raise Bad("decimal-comma", suggestion=re.sub("[. ]", "", whole_part) + "." + part)
    if _SPACED.fullmatch(text):
        raise Bad("not-a-number", suggestion=re.sub(r"\s", "", text))
    found = _FIRST_NUMBER.findall(text)
    raise Bad("not-a-number", suggestion=found[0] if len(found) == 1 else "")


def _refuse_what_is_no_number(text: str) -> None:
    if text.startswith(("=", "@")):
        raise Bad("formula")
    if _SHEET_ERROR.fullmatch(text):
        raise Bad("sheet-error")
    if _SCIENTIFIC.fullmatch(text):
        raise Bad("scientific", suggestion=_written_out(text))
    if text.startswith(("-", "−", "(")) and _FIRST_NUMBER.search(text):
        raise Bad("negative")


def _written_out(text: str) -> str:
    try:
        return format(Decimal(text.replace(",", ".")), "f")
    except InvalidOperation:
        return ""


def price(text: str) -> Decimal:
    """Return a unit price in pounds, above nought, to at most six places.

    Why: "£1,234.50", "1234.5" and "GBP 1234.50" are the same price; "12.50 each" is asked about.
    """
    if text[:1].isdigit() and text[-1:].isdigit():
        return number(text, most=MOST_PRICE, step=PRICE_STEP)
    if "€" in text or "$" in text or re.search(r"\b(?:EUR|USD)\b", text, re.IGNORECASE):
        raise Bad("other-currency")
    stripped = _POUNDS.sub("", text)
    if stripped.startswith("£"):
        stripped = stripped[1:].strip()
    return number(stripped, most=MOST_PRICE, step=PRICE_STEP)


def quantity(text: str) -> Decimal:
    """Return the smallest quantity that may be ordered, above nought, to at most three places.

    Why: cable is sold by the half metre, so a quantity need not be whole.
    """
    return number(text, most=MOST_MINIMUM, step=QUANTITY_STEP)


def whole(text: str) -> int:
    """Return how many there are in a pack: a whole number from 1.

    Why: "Pack of 10" is asked about, "10.0" is what a spreadsheet makes of 10.
    """
    value = number(text, most=MOST_QUANTITY, step=QUANTITY_STEP)
    if value != value.to_integral_value():
        raise Bad("not-whole")
    return int(value)


def days(text: str) -> int:
    """Return a number of days from 0, where "5 days" is as good as 5.

    Why: "3-5 days" is two numbers; the longer is suggested, so that nobody is promised too much.
    """
    match = _DAYS.fullmatch(text)
    if match and text.isascii():
        if len(match[1]) > len(str(MOST_DAYS)) or int(match[1]) > MOST_DAYS:
            raise Bad("too-big", most=MOST_DAYS)
        return int(match[1])
    if text.startswith(("-", "−")):
        raise Bad("negative")
    span = _RANGE_OF_DAYS.fullmatch(text)
    if not span or len(span[1]) > len(str(MOST_DAYS)):
        raise Bad("not-days", suggestion="")
    weeks = (span[2] or "").lower().startswith("week")
    raise Bad("not-days", suggestion=str(int(span[1]) * (7 if weeks else 1)))


def category(text: str) -> str:
    """Return a CPV code of eight digits; a check digit, if given, must be right.

    Source: Regulation (EC) No 213/2008, annex I.
    """
    parts = split_code(text)
    entry = vocabulary().get(parts[0]) if parts else None
    if parts is None:
        near = nearest_code(text)
        code = "leading-nought" if near and near.startswith("0") else "not-cpv"
        raise Bad(code, suggestion=near or "")
    if entry is None:
        raise Bad("unknown-cpv", suggestion=nearest_code(text) or "")
    if parts[1] and parts[1] != entry.check_digit:
        right = f"{entry.code}-{entry.check_digit}"
        raise Bad("cpv-check-digit", suggestion=right, name=entry.name)
    return entry.code


def unit(text: str) -> str:
    """Return the Rec 20 code that a word for a unit stands for.

    Source: UN/ECE Recommendations 20 and 21.
    """
    code = unit_code(text)
    if code is None:
        near = nearest_unit(text) if text else None
        raise Bad("unknown-unit", suggestion=near or "")
    return code


def vat(text: str) -> str:
    """Return the VAT category that a word or a rate stands for.

    Source: VAT Act 1994: standard 20 %, reduced 5 %, zero and exempt. A rate of nought is taken as
    zero-rated; exempt must be said.
    """
    rate = text.rstrip(" %").strip()
    if _PLAIN_NUMBER.fullmatch(rate) and rate.isascii():
        found = VAT_RATES.get(Decimal(rate))
    else:
        found = VAT_WORDS.get(re.sub(r"[\W_]+", "", text.casefold()))
    if found is None:
        raise Bad("unknown-vat")
    return found


def gtin(text: str) -> str:
    """Return the digits of a GTIN of 8, 12, 13 or 14 digits whose check digit is right.

    Source: GS1 General Specifications, section 7.9.
    """
    if _SCIENTIFIC.fullmatch(text):
        raise Bad("scientific")
    digits = text.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit()):
        raise Bad("not-gtin", suggestion="")
    if len(digits) not in (8, 12, 13, 14):
        padded = digits.zfill(13)
        good = len(padded) == 13 and check_digit(padded[:-1]) == padded[-1]
        raise Bad("gtin-length", found=len(digits), suggestion=padded if good else "")
    right = check_digit(digits[:-1])
    if right != digits[-1]:
        raise Bad("gtin-check-digit", right=right)
    return digits


def check_digit(digits: str) -> str:
    """Return the digit that makes a GTIN of these digits right.

    Source: GS1 General Specifications, section 7.9: weights 3 and 1 from the right.

    >>> check_digit("501234567890")
    '0'
    """
    total = sum(int(d) * (3 if place % 2 == 0 else 1) for place, d in enumerate(reversed(digits)))
    return str(-total % 10)


def currency(text: str) -> str:
    """Return GBP, the only currency in which councils here are billed.

    Why: a price in euros read as pounds is a wrong price.
    """
    if text.casefold() in ("gbp", "£", "pounds", "pound", "sterling", "pound sterling", "uk£"):
        return "GBP"
    raise Bad("other-currency")
