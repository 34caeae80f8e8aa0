"""Files of codes and of budgets: looked at first, and then taken in, whole or not at all.

A file says what its rows say; codes that it does not name are left alone, and so are facts whose
column it does not have. Everything that is wrong is told at once, by row and column.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Actor
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.tables.checked import BadCell, Column, Sheet, SheetRow, read_sheet
from marketplace.ledger.selectors.coding import keys_by_code
from marketplace.ledger.services.budgets import (
    BudgetFigure,
    BudgetsOutcome,
    BudgetTooSmall,
    FiguresNotRight,
    check_may_set,
    look_at_budgets,
    set_budgets,
)
from marketplace.ledger.services.code_lists import (
    CodeList,
    CodeRow,
    CodesNotRight,
    Outcome,
    check_keeper,
    look_at_codes,
    set_codes,
)
from marketplace.ledger.services.coding import ACCOUNTS, COST_CENTRES
from marketplace.ledger.services.columns import (
    ACCOUNT_COLUMNS,
    BUDGET_COLUMNS,
    COST_CENTRE_COLUMNS,
    account_facts,
    cost_centre_facts,
)

MOST_NAMED: Final = 200
R = TypeVar("R")

# What a column is called, and what stands there; None where the file has no such column.
Cell = tuple[str, str | None]
# What a row says, made of its cells; whatever cannot be is appended to the bad cells.
Facts = Callable[[UUID, Sequence[SheetRow], list[BadCell]], list[tuple[SheetRow, CodeRow]]]


class FileNotAsSeen(Conflict):
    """What the file would change is not any more what was shown."""

    code = "file.not-as-seen"
    title = gettext_lazy("What this file changes is different now.")
    advice = gettext_lazy("Look at it again, and confirm what you see then.")


@dataclass(frozen=True, slots=True)
class ListFile:
    """What stands in the file of one list of codes.

    Shapes: `facts` turns rows into what the service takes; `aliases` maps a fact to its column
    where the two are called differently, `stands_in` to the column that stands for the fact in
    files which do not have its own.
    """

    codes: CodeList
    columns: tuple[Column, ...]
    facts: Facts
    aliases: tuple[tuple[str, str], ...] = ()
    stands_in: tuple[tuple[str, str], ...] = ()

    def cell(self, fact: str, row: SheetRow) -> Cell:
        """Return the column in which a row says a fact, and what stands there."""
        name = dict(self.aliases).get(fact, fact)
        other = dict(self.stands_in).get(fact, name)
        if name not in row.texts and other in row.texts:
            name = other
        return self.label(name), row.texts.get(name)

    def label(self, fact: str) -> str:
        """Return what the column of a fact is called."""
        name = dict(self.aliases).get(fact, fact)
        return next((str(each.label) for each in self.columns if each.name == name), name)


@dataclass(frozen=True, slots=True)
class FileReport:
    """What a file would change, or changed; or every cell that is wrong.

    Shapes: `outcome` is None when something is wrong; `mark` stands for the differences, so that
    what is confirmed is what was seen.
    """

    bad: tuple[BadCell, ...]
    encoding: str
    passed_over: tuple[str, ...]
    outcome: Any = None
    mark: str = ""

    @property
    def is_refused(self) -> bool:
        """Tell whether nothing of it can be taken in."""
        return self.outcome is None

    @property
    def shown_bad(self) -> tuple[BadCell, ...]:
        """As many of the bad cells as one page shows."""
        return self.bad[:MOST_NAMED]


def look_at_codes_file(*, file: ListFile, keeper: Actor, content: bytes) -> FileReport:
    """Return what a file of codes would change, or every cell of it that is wrong.

    Raises: CodesNotYours, FileUnreadable.
    """
    read = _codes_read(file, keeper, content)
    return _told(
        read, lambda rows: look_at_codes(codes=file.codes, keeper=keeper, rows=rows), file.cell
    )


def take_codes_file(
    *, file: ListFile, keeper: Actor, content: bytes, at: datetime, seen: str | None = None
) -> FileReport:
    """Take in a file of codes, or report every cell of it that is wrong.

    Shapes: `seen` is the mark of the report that was shown; without it nothing is compared.
    Raises: CodesNotYours, FileUnreadable, FileNotAsSeen, Busy.
    """
    read = _codes_read(file, keeper, content)
    if read.bad:
        return look_at_codes_file(file=file, keeper=keeper, content=content)
    with transaction.atomic():
        report = _told(
            read,
            lambda rows: set_codes(codes=file.codes, keeper=keeper, rows=rows, at=at),
            file.cell,
        )
        _check_seen(seen, report)
    return report


def look_at_budgets_file(*, finance: Actor, financial_year: int, content: bytes) -> FileReport:
    """Return what a file with the budgets of a year would change, or every cell that is wrong.

    Raises: BudgetNotAllowed, YearNotRight, FileUnreadable.
    """
    return _told(
        _figures_read(finance, content),
        lambda figures: look_at_budgets(
            finance=finance, financial_year=financial_year, figures=figures
        ),
        _budget_cell,
    )


def take_budgets_file(
    *,
    finance: Actor,
    financial_year: int,
    content: bytes,
    at: datetime,
    seen: str | None = None,
) -> FileReport:
    """Take in a file with the budgets of a year, or report every cell of it that is wrong.

    Raises: BudgetNotAllowed, YearNotRight, FileUnreadable, FileNotAsSeen, Busy.
    """
    read = _figures_read(finance, content)
    if read.bad:
        return look_at_budgets_file(finance=finance, financial_year=financial_year, content=content)
    with transaction.atomic():
        report = _told(
            read,
            lambda figures: set_budgets(
                finance=finance, financial_year=financial_year, figures=figures, at=at
            ),
            _budget_cell,
        )
        _check_seen(seen, report)
    return report


@dataclass(frozen=True, slots=True)
class _Read(Generic[R]):
    """A file that was read: its rows beside what each of them says, and the cells that are bad."""

    sheet: Sheet
    pairs: list[tuple[SheetRow, R]]
    bad: list[BadCell]


def _codes_read(file: ListFile, keeper: Actor, content: bytes) -> _Read[CodeRow]:
    """Return what a file of codes says, for somebody who keeps the list.

    A row with a bad cell is looked at like the others, so that its other cells are named too.
    Raises: CodesNotYours, FileUnreadable.
    """
    check_keeper(file.codes, keeper)
    sheet = read_sheet(content, file.columns)
    bad = list(sheet.bad)
    whole = [_with_a_code(row) for row in sheet.broken]
    pairs = file.facts(keeper.organisation_id, [*sheet.rows, *whole], bad)
    return _Read(sheet, pairs, bad)


def _figures_read(finance: Actor, content: bytes) -> _Read[BudgetFigure]:
    """Return what a file of budgets says, for somebody who may set them.

    Raises: BudgetNotAllowed, FileUnreadable.
    """
    check_may_set(finance)
    sheet = read_sheet(content, BUDGET_COLUMNS)
    bad = list(sheet.bad)
    return _Read(sheet, _figures(finance.organisation_id, sheet, bad), bad)


def _told(
    read: _Read[R],
    deed: Callable[[list[R]], Outcome | BudgetsOutcome],
    cell: Callable[[str, SheetRow], Cell],
) -> FileReport:
    """Return what a deed with all rows of a file comes to, its refusals as cells of the file."""
    try:
        outcome = deed([said for _row, said in read.pairs])
    except (CodesNotRight, FiguresNotRight, BudgetTooSmall) as refusal:
        rows = [row for row, _said in read.pairs]
        return _refused(read.sheet, list(read.bad), refusal, rows, cell)
    return _report(read.sheet, read.bad) if read.bad else _report(read.sheet, (), outcome)


def _with_a_code(row: SheetRow) -> SheetRow:
    """Return a row that has some code, if only the empty one where none could be read."""
    return SheetRow(row.number, {"code": "", **row.values}, row.texts)


def _figures(
    council_id: UUID, sheet: Sheet, bad: list[BadCell]
) -> list[tuple[SheetRow, BudgetFigure]]:
    """Return the figures of the good rows; the codes of the others are looked at too."""
    centres, accounts = keys_by_code(council_id)
    found: list[tuple[SheetRow, BudgetFigure]] = []
    for row in [*sheet.rows, *sheet.broken]:
        centre = _known(row, "cost_centre", centres, bad)
        account = _known(row, "account", accounts, bad)
        if centre and account and "amount" in row.values:
            stops = row.values.get("over_budget")
            figure = BudgetFigure(
                centre, account, row.values["amount"], None if stops is None else stops == "stop"
            )
            found.append((row, figure))
    return found


def _known(row: SheetRow, name: str, codes: dict[str, UUID], bad: list[BadCell]) -> UUID | None:
    code = row.values.get(name, "")
    if not code or code in codes:  # a cell that cannot be read is named already
        return codes.get(code)
    longer = [each for each in codes if each.lstrip("0") == code.lstrip("0")]
    reason = (
        _("There is “%(code)s” here: did a spreadsheet take away the nought before it?")
        % {"code": longer[0]}
        if longer
        else _("There is no such code here. Add it first, or correct it.")
    )
    bad.append(BadCell(row.number, _budget_label(name), code, reason))
    return None


def _budget_label(name: str) -> str:
    return next(str(each.label) for each in BUDGET_COLUMNS if each.name == name)


def _budget_cell(name: str, row: SheetRow) -> Cell:
    return _budget_label(name), row.texts.get(name)


def _refused(
    sheet: Sheet,
    bad: list[BadCell],
    refusal: Invalid,
    rows: Sequence[SheetRow],
    cell: Callable[[str, SheetRow], Cell],
) -> FileReport:
    """Return a refusal's problems as cells of the file; each is named once, by what came first.

    A column that the file does not have is named once, and not for each of its rows.
    """
    named = {(each.row, each.column) for each in bad}
    without: set[str] = set()
    for problem in refusal.errors:
        _list, place, fact = problem.pointer.split("/")
        row = rows[int(place)]
        label, text = cell(fact, row)
        if (row.number, label) in named or fact in without:
            continue
        if text is None:
            without.add(fact)
        bad.append(BadCell(row.number, label, text or "", problem.detail))
    return _report(sheet, bad)


def _report(sheet: Sheet, bad: Iterable[BadCell], outcome: object = None) -> FileReport:
    cells = tuple(sorted(bad, key=lambda cell: cell.row))
    mark = ""
    if outcome is not None:
        said = json.dumps([str(each) for each in outcome.differences])  # type: ignore[attr-defined]
        mark = hashlib.sha256(said.encode()).hexdigest()
    return FileReport(cells, sheet.encoding, sheet.passed_over, outcome, mark)


def _check_seen(seen: str | None, report: FileReport) -> None:
    """Let a confirmation pass for what was shown.

    Raises: FileNotAsSeen.
    """
    if seen is not None and not report.is_refused and seen != report.mark:
        raise FileNotAsSeen


COST_CENTRE_FILE: Final = ListFile(
    COST_CENTRES, COST_CENTRE_COLUMNS, cost_centre_facts, (("holder_id", "holder"),)
)
ACCOUNT_FILE: Final = ListFile(ACCOUNTS, ACCOUNT_COLUMNS, account_facts)
