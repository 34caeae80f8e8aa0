"""Single values as XML writes them: text, numbers, days, yes and no, and files in base 64."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

# Source: XML Schema part 2, decimal (no exponent); its length is our own bound.
_NUMBER = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_102 = re.compile(r"[0-9]{8}")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one sort of value is read from text and written to it.

    Raises: `read` raises ValueError for what is not of the sort.
    """

    read: Callable[[str], Any]
    write: Callable[[Any], str]


def _number(text: str) -> Decimal:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(text)
    return Decimal(text)


def _day(text: str) -> date:
    if _DAY.fullmatch(text) is None:
        raise ValueError(text)
    return date(int(text[:4]), int(text[5:7]), int(text[8:]))


def _day_102(text: str) -> date:
    if _DAY_102.fullmatch(text) is None:
        raise ValueError(text)
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _flag(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text]


def _bytes(text: str) -> bytes:
    try:
        return a2b_base64("".join(text.split()).encode("ascii"), strict_mode=True)
    except (Error, UnicodeEncodeError) as error:
        raise ValueError("It is not base 64.") from error


TEXT = Kind(str, str)
NUMBER = Kind(_number, lambda number: f"{number:f}")
AMOUNT = Kind(_number, lambda number: f"{number:f}")
DAY = Kind(_day, date.isoformat)
DAY_102 = Kind(_day_102, lambda day: f"{day:%Y%m%d}")  # UNCL 2379, format 102
FLAG = Kind(_flag, lambda is_so: "true" if is_so else "false")
BASE_64 = Kind(_bytes, lambda content: b2a_base64(content, newline=False).decode("ascii"))
