"""Whether numbers that registers and banks gave can be what they say: check digits and shapes.

A number that passes may still be nobody's; one that fails is certainly wrong.
"""

from __future__ import annotations

import re
from typing import Final

_SIGNS = re.compile(r"[\s.\-/]")
_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 1)
# What the weighted sum leaves over 97: nothing for the first series of numbers, and for those
# given out since 2010 42 (HMRC's "97 less 55") or, in numbers that are in use, 55.
_SINCE_2010: Final = {0, 42, 55}
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
GB_IBAN_LENGTH: Final = 22


def plain(number: str) -> str:
    """Return a number in capitals, without blanks, dots and dashes."""
    return _SIGNS.sub("", number).upper()


def is_british(vat_number: str) -> bool:
    """Tell whether a VAT number says that it is of the United Kingdom, or says nothing.

    Source: VATA 1994 Sch.9ZA: XI is Great Britain's number as used for goods in Northern Ireland.
    """
    number = plain(vat_number)
    return number[:2] in {"GB", "XI"} or number.isdigit()


def is_vat_number(text: str) -> bool:
    """Tell whether a United Kingdom VAT number can exist.

    Source: HMRC, VAT registration number format; modulus 97 and, since 2010, 97 less 55.

    >>> is_vat_number("GB 980 7806 84"), is_vat_number("GB802311782"), is_vat_number("GB000000000")
    (True, False, False)
    """
    number = plain(text).removeprefix("GB").removeprefix("XI")
    if re.fullmatch(r"GD[0-4][0-9]{2}|HA[5-9][0-9]{2}", number):
        return True  # government departments and health authorities have no check digits
    if re.fullmatch(r"[0-9]{9}([0-9]{3})?", number) is None or not number[:9].strip("0"):
        return False
    left = sum(w * int(digit) for w, digit in zip(_WEIGHTS, number[:9], strict=True)) % 97
    return left in (_SINCE_2010 if number[:3] >= "100" else {0})


def is_iban(text: str) -> bool:
    """Tell whether an international account number can exist.

    Source: ISO 13616-1, modulus 97 with remainder 1; 22 characters in the United Kingdom.

    >>> is_iban("GB29 NWBK 6016 1331 9268 19"), is_iban("GB29 NWBK 6016 1331 9268 18")
    (True, False)
    """
    number = plain(text)
    if _IBAN.fullmatch(number) is None:
        return False
    if number.startswith("GB") and len(number) != GB_IBAN_LENGTH:
        return False
    return int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1


def looks_like_iban(text: str) -> bool:
    """Tell whether an account number is meant as an IBAN: two letters and two digits before it."""
    return re.match(r"[A-Z]{2}[0-9]{2}", plain(text)) is not None


def is_sort_code(text: str) -> bool:
    """Tell whether a text has the shape of a sort code: six digits."""
    return re.fullmatch(r"[0-9]{6}", plain(text)) is not None


def is_account_number(text: str) -> bool:
    """Tell whether a text has the shape of a British account number: eight digits."""
    return re.fullmatch(r"[0-9]{8}", plain(text)) is not None
