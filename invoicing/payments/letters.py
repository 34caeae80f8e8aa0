"""The letters that banks take, and what becomes of others.

A name must not look the same to us and reach the bank changed, so whoever calls is told of every
text that was. References are not changed at all: what comes back from the bank is matched by them.
Source: European Payments Council, EPC217-08, for the letters and what others become; banks of the
United Kingdom take the same letters in ISO 20022 files.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_TAKEN: Final = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9\-?:().,'+ ]([A-Za-z0-9/\-?:().,'+ ]*)")
_INSTEAD: Final = str.maketrans(
    {
        "&": "+", "_": "-", "–": "-", "—": "-", "‘": "'", "’": "'", "`": "'", "“": "'", "”": "'",
        '"': "'", "{": "(", "[": "(", "}": ")", "]": ")", ";": ",", "!": ".", "@": "(at)",
        "£": "GBP", "€": "EUR", "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe",
        "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th",
    }
)  # fmt: skip
_UNKNOWN: Final = "."
LONGEST_NAME: Final = 70


def for_bank(text: str, most: int) -> str:
    """Return a text in letters that banks take, cut to so many.

    Shapes: never empty and never all blank, unless the text was; a letter without a likeness
    becomes a full stop.

    >>> for_bank("Café Nero & Søn’s", 70)
    "Cafe Nero + Son's"
    """
    plain = unicodedata.normalize("NFKD", " ".join(text.split()).translate(_INSTEAD))
    letters = [
        each if _TAKEN.fullmatch(each) else _UNKNOWN
        for each in plain
        if not unicodedata.combining(each)
    ]
    return "".join(letters)[:most].strip() or (_UNKNOWN if text.strip() else "")


def is_name(text: str, most: int) -> bool:
    """Tell whether something of a name is left in the letters that banks take.

    >>> is_name("Chairs Ltd", 70), is_name("´", 70), is_name("…", 70)
    (True, False, False)
    """
    return any(each.isalnum() for each in for_bank(text, most))


def is_reference(text: str, most: int = 35) -> bool:
    """Tell whether a reference reaches the bank and comes back as it is.

    >>> is_reference("PAY-26-000001"), is_reference("PAY/"), is_reference("A//B"), is_reference("é")
    (True, False, False, False)
    """
    return (
        0 < len(text) <= most
        and text == text.strip()
        and _REFERENCE.fullmatch(text) is not None
        and not text.endswith("/")
        and "//" not in text
    )
