"""What was found in an invoice, by whomever, in the one shape in which it is kept.

The judges, the match and whoever recognises supplier and order each speak their own codes. Kept,
they stand in one table, so that a person has one list of what keeps an invoice from being paid.
What makes a finding this one and no other is a key over its facts: let through by a person, it is
not raised again for the same facts, and is for new ones.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from invoicing.judging import findings as judged
from invoicing.matching import rules
from invoicing.matching.duplicates import Resemblance
from invoicing.matching.wording import owner_of
from invoicing.states import Severity, Source
from marketplace.core.actors import Role

MOST_KEPT = 1_000
_LONGEST = 200
_LONGEST_PLACE = 300
_LONGEST_TEXT = 2_000


class Code(StrEnum):
    """What may be found when an invoice is taken in, beyond the invoice itself."""

    UNKNOWN_SUPPLIER = "UNKNOWN_SUPPLIER"
    OTHER_SELLER = "OTHER_SELLER"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    OTHER_SUPPLIER = "OTHER_SUPPLIER"
    OTHER_COUNCIL = "OTHER_COUNCIL"
    UNKNOWN_CREDITED = "UNKNOWN_CREDITED"
    CREDIT_ABOVE_INVOICE = "CREDIT_ABOVE_INVOICE"
    NOT_COMPARED = "NOT_COMPARED"
    MORE_FOUND = "MORE_FOUND"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was found.

    Shapes: `place` is the line of the invoice, counted from 1, None for the whole; `agreed` and
    `asked` are the figures that differ, as text; `owner` is the role whose task it is.
    """

    source: Source
    code: str
    severity: Severity
    place: int | None = None
    where: str = ""
    order_line_id: UUID | None = None
    agreed: str = ""
    asked: str = ""
    unit: str = ""
    text: str = ""
    other_id: UUID | None = None
    owner: Role = Role.FINANCE

    @property
    def facts_key(self) -> str:
        """Return what makes it this finding and no other."""
        facts = (
            self.source, self.code, self.severity, self.place, self.where, self.order_line_id,
            self.agreed, self.asked, self.unit, self.text, self.other_id,
        )  # fmt: skip
        return hashlib.sha256("\x1f".join(map(str, facts)).encode()).hexdigest()

    @property
    def is_allowed(self) -> bool:
        """Whether it is a difference that the council allows."""
        is_note = self.source is Source.MATCH and self.severity is Severity.NOTE
        return is_note and self.code in rules.TOLERATED

    @property
    def stops(self) -> bool:
        """Whether it keeps the invoice from being paid."""
        return self.severity is not Severity.NOTE


def by_the_match(finding: rules.Finding) -> Found:
    """Return what the match found, as it is kept."""
    return Found(
        Source.MATCH,
        finding.code.value,
        Severity(finding.severity.value),
        place=finding.place,
        order_line_id=finding.ordered_id,
        agreed=_text(finding.agreed),
        asked=_text(finding.asked),
        unit=finding.unit[:20],
        owner=owner_of(finding.code),
    )


def by_a_judge(finding: judged.Finding, source: Source, place: int | None) -> Found:
    """Return what a judge found, as it is kept; `place` is the line that it speaks of."""
    return Found(
        source,
        finding.code[:60],
        Severity(finding.severity.value),
        place=place,
        where=finding.where[:_LONGEST_PLACE],
        agreed=finding.expected[:_LONGEST],
        asked=finding.actual[:_LONGEST],
        text=finding.text[:_LONGEST_TEXT],
    )


def by_likeness(resemblance: Resemblance) -> Found:
    """Return that an invoice is like another one, as it is kept."""
    return Found(
        Source.DUPLICATE,
        resemblance.why.value,
        Severity.HOLD,
        other_id=resemblance.invoice_id,
    )


def at_intake(code: Code, *, agreed: str = "", asked: str = "") -> Found:
    """Return what was found when supplier and order were looked for."""
    return Found(
        Source.INTAKE,
        code.value,
        Severity.HOLD,
        agreed=agreed[:_LONGEST],
        asked=asked[:_LONGEST],
    )


def kept_of(found: list[Found]) -> list[Found]:
    """Return each finding once, the gravest first, and beyond the most that are kept their number.

    Why: a file of fifty thousand lines that breaks a rule in each says no more by the last.
    """
    grave = list(Severity)
    once = list({each.facts_key: each for each in found}.values())
    once.sort(key=lambda each: grave.index(each.severity))
    if len(once) <= MOST_KEPT:
        return once
    left = f"{len(once) - MOST_KEPT:,}"
    return [*once[:MOST_KEPT], at_intake(Code.MORE_FOUND, asked=left)]


def _text(figure: Decimal | str) -> str:
    """Return a figure as text, the same however many noughts stand behind it."""
    if isinstance(figure, str):
        return figure[:_LONGEST]
    plain = f"{figure:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
