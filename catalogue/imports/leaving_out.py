"""Taking the good rows of a price list and leaving the wrong ones out: when that may be done.

A supplier may ask for it. A row that is left out leaves its product exactly as it stands, whatever
the rest of the file does: never changed, never withdrawn, never brought back.
"""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.imports.rules import Problem

MOST_PROBLEMS = 1000
# Row by row, cells that stand in the wrong columns make these, so that even the part number that
# such a row seems to have may be something else.
_SHIFTED = "field-count"
_OTHER_CURRENCY = "other-currency"


class Hindrance(StrEnum):
    """Why a file is taken whole or not at all, whatever its supplier would like."""

    MOSTLY_WRONG = "mostly-wrong"
    OTHER_CURRENCY = "other-currency"


class Tally:
    """What is wrong with a file: all of it counted, the first of it kept.

    Shapes: `nameless` counts the wrong rows of which nobody can tell which product they mean.
    """

    def __init__(self) -> None:
        """Begin with nothing wrong."""
        self.count = 0
        self.first: list[Problem] = []
        self.nameless = 0
        self.is_foreign = False

    def add(self, problems: list[Problem], *, more: int = 0) -> None:
        """Count problems, and as many more as were not handed over."""
        self.count += len(problems) + more
        self.is_foreign = self.is_foreign or any(each.code == _OTHER_CURRENCY for each in problems)
        if len(self.first) < MOST_PROBLEMS:
            self.first.extend(problems[: MOST_PROBLEMS - len(self.first)])

    def add_row(self, part_number: str, problems: list[Problem]) -> None:
        """Count a row that is wrong; `part_number` is "" where it cannot be read."""
        self.add(problems)
        if not part_number or any(each.code == _SHIFTED for each in problems):
            self.nameless += 1

    def hindrance(self, *, rows: int, wrong_rows: int) -> Hindrance | None:
        """Return why the good rows may not be taken without the wrong ones, if they may not.

        Why: where more rows are wrong than right the file was misread or the wrong one was sent,
        and what is right in it is so by chance. Where one price is in another currency, those
        beside it that name none may be too.
        """
        if wrong_rows * 2 > rows:
            return Hindrance.MOSTLY_WRONG
        return Hindrance.OTHER_CURRENCY if self.is_foreign else None


def why_whole(hindrance: Hindrance) -> str:
    """Return why only the whole file can be taken, in a sentence or two."""
    if hindrance is Hindrance.MOSTLY_WRONG:
        return _(
            "More than half of the rows are wrong, so we do not take the others without them."
            " Look whether it is the right file, and whether its columns are right."
        )
    return _(
        "Some prices are in another currency, so we cannot trust that the others are in pounds."
        " Mend them, and send the whole file again."
    )


def why_none_withdrawn(nameless: int) -> str:
    """Return why nothing is withdrawn although the rest was to be, in a sentence or two."""
    return ngettext(
        "Nothing is withdrawn: we cannot tell which product %(count)s of the wrong rows means, and"
        " would withdraw one that is in the file.",
        "Nothing is withdrawn: we cannot tell which products %(count)s of the wrong rows mean, and"
        " would withdraw some that are in the file.",
        nameless,
    ) % {"count": format(nameless, ",")}
