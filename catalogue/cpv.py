"""The Common Procurement Vocabulary: what a thing is, in eight digits.

Source: Regulation (EC) No 213/2008. The first two digits are the division, and each further one
that is not nought makes it narrower: 30197643 (photocopier paper) stands under 30197640, 30197600,
30197000, 30190000, 30100000 and 30000000.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

_SHAPE = re.compile(r"([0-9]{8})[ \-–—.]?([0-9])?")


class CpvEntry(NamedTuple):
    """One row of the vocabulary."""

    code: str
    check_digit: str
    name: str


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, CpvEntry]:
    """Return the whole vocabulary, by code.

    Why: 9,457 codes are read once in about 10 ms, and a price list then needs no query a row.
    """
    text = files("catalogue").joinpath("data/cpv.csv").read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines())
    next(rows)
    return {code: CpvEntry(code, check_digit, name) for code, check_digit, name in rows}


def split_code(text: str) -> tuple[str, str] | None:
    """Return the eight digits and the check digit ("" if not given), or None for another shape.

    Source: Regulation (EC) No 213/2008, annex I: "eight digits … a ninth digit" to verify them.

    >>> split_code("30197643-5"), split_code("30197643"), split_code("paper")
    (('30197643', '5'), ('30197643', ''), None)
    """
    match = _SHAPE.fullmatch(text)
    return (match[1], match[2] or "") if match else None


def significant(code: str) -> str:
    """Return the digits that every code below this one begins with, at least two.

    Source: Regulation (EC) No 213/2008, annex I: divisions have two digits.

    >>> significant("30190000"), significant("30000000"), significant("30197643")
    ('3019', '30', '30197643')
    """
    stem = code.rstrip("0")
    return stem if len(stem) >= 2 else code[:2]  # a division is two digits


def code_range(code: str) -> tuple[str, str]:
    """Return the first and the last code at or below this one.

    Why: a range over an index finds a whole branch without walking the tree.

    >>> code_range("30190000")
    ('30190000', '30199999')
    """
    stem = significant(code)
    return stem.ljust(8, "0"), stem.ljust(8, "9")


def parent_code(code: str) -> str | None:
    """Return the nearest code above this one that exists, or None for a division.

    Source: Regulation (EC) No 213/2008, annex I: division, group, class, category.

    >>> parent_code("30197643"), parent_code("30000000")
    ('30197640', None)
    """
    known = vocabulary()
    for length in range(len(significant(code)) - 1, 1, -1):
        above = code[:length].ljust(8, "0")
        if above in known and above != code:
            return above
    return None


def nearest_code(text: str) -> str | None:
    """Return the code that was probably meant, or None.

    Why: spreadsheets drop the nought in front of 03111000, and suppliers invent a last digit that
    the vocabulary does not have; the branch above it is what they mean.

    >>> nearest_code("3111000"), nearest_code("30197699")
    ('03111000', '30197600')
    """
    digits = re.sub(r"[^0-9]", "", text)
    known = vocabulary()
    for candidate in (digits[:8], ("0" + digits)[:8]):
        if candidate in known:
            return candidate
    return parent_code(digits[:8]) if len(digits) >= 8 else None  # eight digits
