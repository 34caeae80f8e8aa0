"""What came of a file: counts, problems and price moves, in one shape for pages and programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from catalogue.imports.leaving_out import Hindrance, why_none_withdrawn, why_whole
from catalogue.imports.rules import Problem
from catalogue.listings.wording import column_label, reason, suggestion
from catalogue.states import ImportVerdict

MOST_MOVES = 200
MOST_EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come.

    Units: `read_bytes` of `size_bytes`.
    """

    rows: int
    read_bytes: int
    size_bytes: int


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class PriceMove:
    """A listing whose price the file changes.

    Units: prices in pounds without VAT for one unit; `percent` of the old price, to one place.
    """

    part_number: str
    name: str
    before: Decimal
    after: Decimal

    @property
    def percent(self) -> Decimal:
        """By how much the price moves: 10 is a tenth dearer."""
        return ((self.after - self.before) * 100 / self.before).quantize(Decimal("0.1"))


@dataclass(frozen=True, slots=True)
class Example:
    """A listing that the file makes, changes or withdraws.

    Shapes: `before` is None for a new one and `after` for one that is withdrawn; `differs` are the
    columns of a changed one that the file says anew, "" for one that comes back.
    Units: prices in pounds without VAT for one unit.
    """

    part_number: str
    name: str
    before: Decimal | None
    after: Decimal | None
    differs: tuple[str, ...] = ()

    @property
    def differs_labels(self) -> list[str]:
        """What the file says anew, for people."""
        return [column_label(each) if each else _("On offer again") for each in self.differs]


@dataclass(frozen=True, slots=True)
class Examples:
    """The first MOST_EXAMPLES of what a file makes new, changes and withdraws, in its order.

    Shapes: those that are withdrawn are not in the file, and stand by part number.
    """

    new: tuple[Example, ...] = ()
    changed: tuple[Example, ...] = ()
    withdrawn: tuple[Example, ...] = ()


NO_EXAMPLES = Examples()


@dataclass(frozen=True, slots=True)
class WordedProblem:
    """A problem as a person reads it."""

    row: int
    column: str
    column_label: str
    value: str
    reason: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would have done; one that was refused, what its good rows would do.

    Shapes: `problems` are the first MOST_PROBLEMS by row, of `problem_count`, in
    `wrong_rows_count` rows, of which `nameless_count` do not say which product they mean;
    `good_rows` says that these were to be left out, and `hindrance` why they may not be.
    `price_moves` are the largest MOST_MOVES either way, of `price_moves_count`; `unknown_headings`
    are columns that were passed over; `sheet` is the one of a workbook that was read, and
    `other_sheets` look like price lists too and were not. `run_id` is the key of the ImportRun
    that keeps this.
    """

    run_id: UUID
    name: str
    verdict: ImportVerdict
    dry_run: bool
    rows_count: int
    new_count: int = 0
    changed_count: int = 0
    unchanged_count: int = 0
    withdrawn_count: int = 0
    problem_count: int = 0
    wrong_rows_count: int = 0
    nameless_count: int = 0
    good_rows: bool = False
    withdraw_missing: bool = False
    hindrance: Hindrance | None = None
    price_moves_count: int = 0
    problems: tuple[Problem, ...] = ()
    price_moves: tuple[PriceMove, ...] = ()
    examples: Examples = NO_EXAMPLES
    unknown_headings: tuple[str, ...] = field(default=())
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether something was wrong, so that nothing was written."""
        return self.verdict == ImportVerdict.REFUSED

    @property
    def changes_nothing(self) -> bool:
        """Whether the file says what the catalogue says already."""
        return not self.refused and not self.moves_something

    @property
    def moves_something(self) -> bool:
        """Whether what is good in it says anything else than the catalogue."""
        return bool(self.new_count or self.changed_count or self.withdrawn_count)

    @property
    def good_rows_count(self) -> int:
        """How many rows have nothing wrong with them."""
        return self.rows_count - self.wrong_rows_count

    @property
    def left_out_count(self) -> int:
        """How many wrong rows the good ones were taken without, or would be."""
        return 0 if self.refused else self.wrong_rows_count

    @property
    def can_leave_out(self) -> bool:
        """Whether it was refused, and its supplier may have the good rows taken all the same."""
        return self.refused and self.hindrance is None

    @property
    def why_whole(self) -> str:
        """Why it can only be taken whole, in the reader's language, or ""."""
        return why_whole(self.hindrance) if self.hindrance else ""

    @property
    def why_none_withdrawn(self) -> str:
        """Why nothing is withdrawn that was to be, in the reader's language, or ""."""
        if not (self.withdraw_missing and self.nameless_count) or self.hindrance:
            return ""
        return why_none_withdrawn(self.nameless_count)

    @property
    def worded_problems(self) -> list[WordedProblem]:
        """The problems in the language of whoever reads."""
        return [worded(problem) for problem in self.problems]

    def as_json(self) -> dict[str, Any]:
        """Return what is kept on the run, besides its columns."""
        return {
            "price_moves_count": self.price_moves_count,
            "nameless_count": self.nameless_count,
            "hindrance": self.hindrance.value if self.hindrance else "",
            "problems": [_plain(asdict(problem)) for problem in self.problems],
            "price_moves": [_plain(asdict(move)) for move in self.price_moves],
            "examples": _plain(asdict(self.examples)),
            "unknown_headings": list(self.unknown_headings),
            "sheet": self.sheet,
            "other_sheets": list(self.other_sheets),
        }


def _plain(value: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Decimal) else value


def worded(problem: Problem) -> WordedProblem:
    """Return a problem in the language of whoever reads."""
    return WordedProblem(
        row=problem.row,
        column=problem.column,
        column_label=column_label(problem.column),
        value=problem.value,
        reason=reason(problem.code, problem.facts),
        suggestion=suggestion(problem.code, problem.facts),
    )
