"""Files of what a council says once: the financial years it keeps, and its control accounts.

As with every list: looked at first, and then taken in, whole or not at all, every wrong cell named.
What the file does not name is left alone, and the same file again changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actors import Actor
from marketplace.core.dates import financial_year_label
from marketplace.core.errors import Refusal
from marketplace.core.tables.checked import (
    BadCell,
    BadValue,
    Column,
    Sheet,
    SheetRow,
    a_code,
    one_of,
    read_sheet,
)
from marketplace.ledger.models import Period
from marketplace.ledger.models.journals import ACCOUNT_ROLE_LABELS
from marketplace.ledger.selectors.coding import keys_by_code
from marketplace.ledger.selectors.controls import accounts_by_role
from marketplace.ledger.services.budgets import YearNotRight
from marketplace.ledger.services.code_lists import Difference, Outcome
from marketplace.ledger.services.columns import ACCOUNT_HEADINGS
from marketplace.ledger.services.controls import (
    AccountDoesNotFit,
    ControlAccountInUse,
    set_control_accounts,
)
from marketplace.ledger.services.files import FileReport
from marketplace.ledger.services.periods import YearFarAway, open_year
from marketplace.ledger.states import AccountRole

_YEAR: Final = re.compile(r"([0-9]{4})(?:\s*[/-]\s*(?:[0-9]{2}|[0-9]{4}))?")


def a_year(text: str) -> int:
    """Return the year in which a financial year begins, written as 2026, 2026/27 or 2026-2027.

    Raises: BadValue for what is none, and where the second year does not follow the first.
    """
    found = _YEAR.fullmatch(text)
    if found is None:
        raise BadValue(_("Write a financial year, like 2026/27."))
    first = int(found[1])
    second = text[4:].strip(" /-")
    if second and int(second) % 100 != (first + 1) % 100:
        raise BadValue(_("A financial year ends in the year after it began, like 2026/27."))
    return first


YEAR: Final = Column(
    "financial_year", gettext_lazy("Financial year"), ("Year", "Fiscal year", "FY", "Blwyddyn"),
    read=a_year, is_needed=True,
)  # fmt: skip
PART: Final = Column(
    "part", gettext_lazy("Part"), ("Role", "Control account", "What it is for"), is_needed=True,
    read=one_of({role.lower(): (str(ACCOUNT_ROLE_LABELS[role]),) for role in AccountRole}),
)  # fmt: skip
ACCOUNT: Final = Column(
    "account", gettext_lazy("Account"), ACCOUNT_HEADINGS, read=a_code, is_needed=True
)


@dataclass(frozen=True, slots=True)
class SetUpFile:
    """One kind of such a file. Shapes: `take` does what its good rows say, and tells the bad."""

    columns: tuple[Column, ...]
    take: Callable[[Actor, Sheet, datetime], tuple[list[BadCell], Outcome]]


def look_at_set_up_file(
    *, file: SetUpFile, finance: Actor, content: bytes, at: datetime
) -> FileReport:
    """Return what a file would change, or every cell of it that is wrong.

    Why: done and undone again, so that what is told is what would happen.
    Raises: FileUnreadable; PeriodNotAllowed, ControlsNotAllowed; Busy.
    """
    return _done(file, finance, content, at, is_kept=False)


def take_set_up_file(
    *, file: SetUpFile, finance: Actor, content: bytes, at: datetime
) -> FileReport:
    """Take in a file, or report every cell of it that is wrong.

    Raises: as look_at_set_up_file.
    """
    return _done(file, finance, content, at, is_kept=True)


def _done(
    file: SetUpFile, finance: Actor, content: bytes, at: datetime, *, is_kept: bool
) -> FileReport:
    sheet = read_sheet(content, file.columns)
    with transaction.atomic():
        bad, outcome = file.take(finance, sheet, at)
        bad = sorted([*sheet.bad, *bad], key=lambda cell: cell.row)
        if bad or not is_kept:
            transaction.set_rollback(True)
    report = FileReport(tuple(bad), sheet.encoding, sheet.passed_over)
    return report if bad else replace(report, outcome=outcome)


def _open_years(finance: Actor, sheet: Sheet, at: datetime) -> tuple[list[BadCell], Outcome]:
    """Open the years of a file that are not open yet."""
    own = Period.objects.of(finance.organisation_id)
    there = set(own.values_list("financial_year", flat=True))
    bad, opened, same = list[BadCell](), list[Difference](), 0
    for row in sheet.rows:
        year = row.values[YEAR.name]
        if year in there:
            same += 1
            continue
        try:
            with transaction.atomic():
                months = open_year(finance=finance, financial_year=year, at=at)
        except (YearFarAway, YearNotRight) as refusal:
            bad.append(_cell(row, YEAR, refusal.detail))
        else:
            there.add(year)
            opened.append(Difference(financial_year_label(year), {}, {"months": len(months)}))
    return bad, Outcome(tuple(opened), same, ())


def _give_parts(finance: Actor, sheet: Sheet, at: datetime) -> tuple[list[BadCell], Outcome]:
    """Give the parts of a file to their accounts."""
    codes = keys_by_code(finance.organisation_id)[1]
    before = accounts_by_role(finance.organisation_id)
    bad, by_role = list[BadCell](), dict[AccountRole, SheetRow]()
    for row in sheet.rows:
        role, code = AccountRole(row.values[PART.name].upper()), row.values[ACCOUNT.name]
        if role in by_role:
            bad.append(_cell(row, PART, _("This part stands in the file twice.")))
        if code not in codes:
            bad.append(_cell(row, ACCOUNT, _("There is no such account here. Add it first.")))
        by_role.setdefault(role, row)
    wanted = {role: row.values[ACCOUNT.name] for role, row in by_role.items()}
    if not bad:
        accounts = {role: codes[code] for role, code in wanted.items()}
        try:
            with transaction.atomic():
                set_control_accounts(finance=finance, accounts=accounts, at=at)
        except (AccountDoesNotFit, ControlAccountInUse) as refusal:
            bad += _cells(refusal, by_role)
    told = {role: account.code for role, account in before.items()}
    given = [
        Difference(role.lower(), {"account": told[role]} if role in told else {}, {"account": code})
        for role, code in wanted.items()
        if told.get(role) != code
    ]
    return bad, Outcome(tuple(given), len(wanted) - len(given), ())


def _cells(refusal: Refusal, by_role: dict[AccountRole, SheetRow]) -> list[BadCell]:
    """Return a refusal of an account as the cell that names it."""
    return [
        _cell(by_role[AccountRole(problem.pointer.upper())], ACCOUNT, problem.detail)
        for problem in refusal.errors
    ]


def _cell(row: SheetRow, column: Column, reason: str) -> BadCell:
    return BadCell(row.number, str(column.label), row.texts.get(column.name, ""), reason)


MONTH_FILE: Final = SetUpFile((YEAR,), _open_years)
CONTROL_ACCOUNT_FILE: Final = SetUpFile((PART, ACCOUNT), _give_parts)
