"""What an approver sees, as a hash; and what people paste. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

LONGEST_PART_NUMBER = 64
# Digits with or without commas between thousands. A comma anywhere else is never guessed at. What
# is too large, too fine or below nought is a number too, so that people are told what is wrong.
_NUMBER = re.compile(
    r"([-+\u2212\u2013]?)((?:[0-9]{1,30}|[0-9]{1,3}(?:,[0-9]{3}){1,9})(?:\.[0-9]{1,20})?)"
)
_LIKE_A_NUMBER = re.compile(r"[-+\u2212\u2013]?[0-9][0-9.,]*")
_CELLS = re.compile(r"[\t;|]")
# What a spreadsheet puts round a cell: "CH-1", or ="0017" for a text of digits.
_QUOTED = re.compile(r'(?<![^\t;|, ])=?"([^"]*)"(?![^\t;|, ])')
# A sign or a word between a part number and how many: CH-1 x 3, CH-1 - 3.
_BETWEEN = re.compile(r"\s[x\u00d7*\u2013-]\Z")


@dataclass(frozen=True, slots=True)
class SeenLine:
    """What an approver sees of a line, and so approves."""

    line_number: int
    listing_id: UUID
    supplier_id: UUID
    part_number: str
    name: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    vat_category: str
    vat_rate_percent: Decimal
    cost_centre_id: UUID | None
    account_id: UUID | None


@dataclass(frozen=True, slots=True)
class PastedRow:
    """One row of a list that was pasted; `quantity` is None when what stands there is no number."""

    row: int
    part_number: str
    quantity: Decimal | None


def read_rows(text: str) -> list[PastedRow]:
    """Return the rows of a pasted list.

    Shapes: a row is a part number, then perhaps a quantity, with tabs, spaces, semicolons or a
    comma between them; the quantity is 1 when it is left out, and may be nought or less; empty rows
    are passed over and counted, so that `row` is the one that the person sees.
    Why: people paste from spreadsheets, letters and other systems. A comma that could be a decimal
    point is not guessed at: fifteen chairs for one and a half is the dearer mistake.
    """
    rows = []
    for row, line in enumerate(text.splitlines(), start=1):
        typed = _QUOTED.sub(r"\1", line).strip(" \t,;|")
        if typed:
            part, quantity = _split(typed)
            rows.append(PastedRow(row, part[:LONGEST_PART_NUMBER], quantity))
    return rows


def _split(typed: str) -> tuple[str, Decimal | None]:
    cells = [cell.strip() for cell in _CELLS.split(typed) if cell.strip()]
    if len(cells) > 1:
        return cells[0], _number(cells[1].replace(" ", ""))
    words = typed.rsplit(maxsplit=1)
    last = words[-1].lstrip(",")
    if len(words) > 1 and _LIKE_A_NUMBER.fullmatch(last):
        return _BETWEEN.sub("", words[0].rstrip(" ,:=")).rstrip(), _number(last)
    part, _comma, rest = typed.partition(",")
    rest = rest.lstrip(",")
    if len(words) == 1 and _LIKE_A_NUMBER.fullmatch(rest):
        return part, _number(rest)
    return typed, Decimal(1)


def _number(text: str) -> Decimal | None:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    number = Decimal(found[2].replace(",", ""))
    return number if found[1] in ("", "+") else -number


def content_hash(
    *,
    title: str,
    reason: str,
    deliver_to: str,
    needed_by_on: date | None,
    lines: Sequence[SeenLine],
) -> str:
    """Return the hash of all that an approver is asked to agree to.

    Shapes: the order of the lines given does not matter; numbers that are equal hash alike,
    however many noughts they are written with.
    Why: an approval is for what was seen. If anything here differs, it was not seen.
    """
    seen = [
        {name: _plain(value) for name, value in asdict(line).items()}
        for line in sorted(lines, key=lambda line: line.line_number)
    ]
    facts = {
        "title": title,
        "reason": reason,
        "deliver_to": deliver_to,
        "needed_by_on": needed_by_on.isoformat() if needed_by_on else None,
        "lines": seen,
    }
    words = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(words.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value) if isinstance(value, UUID) else value
