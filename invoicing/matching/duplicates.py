"""Whether an invoice has been seen before, perhaps in disguise.

Three grades. A REPEAT is the same invoice again from the same supplier: the same file, or the same
number, kind, day and sum for the same lines of the same order; it is kept as evidence beside the
first and goes no further. A SUSPECT is held until somebody has looked: the same file from somebody
else, the same number with another sum, day, order or lines (it may be the first one mended, and
small suppliers begin their numbers anew each year), a number that only looks the same, or the same
sum within days under another number. Anything else is new.
An invoice that was sent back does not count: its supplier must be able to send it again, mended.
Source: National Fraud Initiative creditor tests and council audit reports, which find duplicates by
punctuation, noughts in front, letters for digits and suppliers that are set up twice.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from invoicing.matching.pairing import plain_code

SAME_SUM_WITHIN = timedelta(days=3)
_LOOKS_LIKE = str.maketrans("OQDILZSBG", "000112586")
# Letters of Cyrillic and Greek that nobody can tell from ours on paper.
_FOREIGN = str.maketrans("АВЕКМНОРСТХУІЅЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTXYISJABEZHIKMNOPTYX")


class Likeness(StrEnum):
    """How much an invoice is like one that is known."""

    REPEAT = "REPEAT"
    SUSPECT = "SUSPECT"


class Why(StrEnum):
    """What the two have in common."""

    SAME_FILE = "SAME_FILE"
    SAME_NUMBER = "SAME_NUMBER"
    SAME_NUMBER_OTHERWISE = "SAME_NUMBER_OTHERWISE"
    NUMBER_LOOKS_SAME = "NUMBER_LOOKS_SAME"
    SAME_SUM = "SAME_SUM"


@dataclass(frozen=True, slots=True)
class Seen:
    """What an invoice is known by.

    Shapes: `kind` is "INVOICE" or "CREDIT_NOTE"; `supplier_id` is None where nobody could tell;
    `asks_key` is what it asks for, as asks_key has it.
    Units: `gross_amount` in the document's currency.
    """

    invoice_id: UUID
    sha256: str
    kind: str
    number: str
    issued_on: date
    gross_amount: Decimal
    supplier_id: UUID | None = None
    asks_key: str = ""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """One known invoice that a new one is like."""

    invoice_id: UUID
    likeness: Likeness
    why: Why


def resemblances(new: Seen, known: Iterable[Seen]) -> list[Resemblance]:
    """Return the known invoices that a new one is like, repeats first, then as they are given.

    Shapes: `known` are those of the same firm to the same council that were not sent back.
    Why: see the module.
    """
    found = []
    for each in known:
        if each.invoice_id == new.invoice_id:
            continue
        judged = _judge(new, each)
        if judged is not None:
            found.append(Resemblance(each.invoice_id, *judged))
    return sorted(found, key=lambda each: each.likeness is not Likeness.REPEAT)


def _judge(new: Seen, old: Seen) -> tuple[Likeness, Why] | None:
    # Members of one VAT group are firms of their own, and may count alike; and nobody is told that
    # somebody else sent the same.
    is_theirs = new.supplier_id == old.supplier_id
    if new.sha256 == old.sha256:
        return Likeness.REPEAT if is_theirs else Likeness.SUSPECT, Why.SAME_FILE
    if new.kind != old.kind:
        # A credit note may carry its invoice's number; it takes back and is no second bill.
        return None
    if number_key(new.number) == number_key(old.number):
        return _of_one_number(new, old, is_theirs=is_theirs)
    if new.gross_amount != old.gross_amount:
        return None
    if look_key(new.number) == look_key(old.number):
        return Likeness.SUSPECT, Why.NUMBER_LOOKS_SAME
    if abs(new.issued_on - old.issued_on) <= SAME_SUM_WITHIN:
        return Likeness.SUSPECT, Why.SAME_SUM
    return None


def _of_one_number(new: Seen, old: Seen, *, is_theirs: bool) -> tuple[Likeness, Why]:
    if (new.gross_amount, new.issued_on) != (old.gross_amount, old.issued_on):
        return Likeness.SUSPECT, Why.SAME_NUMBER_OTHERWISE
    if not is_theirs:
        return Likeness.SUSPECT, Why.SAME_NUMBER
    if new.asks_key != old.asks_key:
        return Likeness.SUSPECT, Why.SAME_NUMBER_OTHERWISE
    return Likeness.REPEAT, Why.SAME_NUMBER


def asks_key(order: str, credited: str, payable: Decimal, lines: Iterable[tuple[str, ...]]) -> str:
    """Return what an invoice asks for, as a hash: for which order, to pay how much, by which lines.

    Shapes: `order` and `credited` are the numbers that it names; `lines` in the document's order,
    each what it names and its figures as text.
    Why: a mended invoice keeps its number, day and sum, and differs in one of these. Names of goods
    are left out, since who sends the same again may call them otherwise.
    """
    facts = ["".join(filter(str.isalnum, each.upper())) for each in (order, credited)]
    said = [(*facts, f"{payable:f}"), *lines]
    return hashlib.sha256("\x1e".join("\x1f".join(each) for each in said).encode()).hexdigest()


def number_key(number: str) -> str:
    """Return an invoice's number without case, spaces, punctuation and noughts in front.

    Why: "INV-0042", "inv 0042" and "INV0042" are one number to whoever wrote it.

    >>> number_key("inv-0042 "), number_key("0042"), number_key("--")
    ('INV0042', '42', '--')
    """
    return plain_code(number) or number.strip().upper()


def look_key(number: str) -> str:
    """Return what an invoice's number looks like: letters that are taken for digits as digits.

    Why: a number that was typed or read by a machine from paper has O for 0 and I for 1, and one
    that was made to deceive has letters of another script; only enough for a suspicion, since
    "SO1" and "501" may be two honest numbers.

    >>> look_key("INV-1OO"), look_key("1NV-100"), look_key("INV0100")
    ('1NV100', '1NV100', '1NV100')
    """
    shape = unicodedata.normalize("NFKD", number_key(number)).upper().translate(_FOREIGN)
    looked = number_key(shape).translate(_LOOKS_LIKE)
    parts: list[str] = []
    for digits, run in _runs(looked):
        parts.append(run.lstrip("0") if digits and parts else run)
    return "".join(parts)


def _runs(text: str) -> Iterable[tuple[bool, str]]:
    """Return the stretches of digits and of other letters that a text is made of."""
    run = ""
    for letter in text:
        if run and run[-1].isdigit() != letter.isdigit():
            yield run[-1].isdigit(), run
            run = ""
        run += letter
    if run:
        yield run[-1].isdigit(), run
