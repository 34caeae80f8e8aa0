"""Bring what a council is set up with in from files, one list a file."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.dates import financial_year
from marketplace.core.errors import Refusal
from marketplace.core.tenancy import tenant
from marketplace.ledger.services.files import (
    ACCOUNT_FILE,
    COST_CENTRE_FILE,
    FileReport,
    look_at_budgets_file,
    look_at_codes_file,
    take_budgets_file,
    take_codes_file,
)
from marketplace.ledger.services.set_up_files import (
    CONTROL_ACCOUNT_FILE,
    MONTH_FILE,
    look_at_set_up_file,
    take_set_up_file,
)
from marketplace.ordering.delivery_points.services import FILE as DELIVERY_POINT_FILE
from marketplace.organisations.models import Kind, Organisation

REFUSED, MISUSED = 1, 2
NOBODY = UUID(int=0)
LISTS: Final = {
    "cost_centres": COST_CENTRE_FILE,
    "accounts": ACCOUNT_FILE,
    "delivery_points": DELIVERY_POINT_FILE,
}
ONCE: Final = {"months": MONTH_FILE, "control_accounts": CONTROL_ACCOUNT_FILE}


class Command(BaseCommand):
    """Exits with 0 when the file was taken in, 1 when it was refused, 2 when asked wrongly."""

    help = (
        "Bring cost centres, accounts, delivery points, the budgets of a year, the financial years"
        " whose months are open, or control accounts in from a CSV file or an Excel workbook:"
        " the whole file, or nothing and a list of what to mend. What the file does not name is"
        " left alone. The columns are in docs/setting-up.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be asked."""
        parser.add_argument("file", type=Path, help="a CSV file or an Excel workbook (.xlsx)")
        parser.add_argument("--council", required=True, help="the council's short name")
        parser.add_argument(
            "--kind",
            required=True,
            choices=[*LISTS, "budgets", *ONCE],
            help="what the file is a list of",
        )
        parser.add_argument(
            "--year",
            type=int,
            help="for budgets: the year in which the financial year begins; this one, if not given",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing, only say what would change"
        )
        parser.add_argument("--json", action="store_true", help="answer with one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, check, take in, tell."""
        operator = _operator(options["council"])
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(
                f"{options['file']} cannot be opened: {error.strerror}.", returncode=MISUSED
            ) from error
        try:
            with tenant(operator.organisation_id):
                do = _look if options["dry_run"] else _take
                report = do(operator, content, options)
        except Refusal as refusal:
            raise CommandError(refusal.detail, returncode=REFUSED) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(_document(report), indent=2, ensure_ascii=False))
        else:
            done = "would be new or change" if options["dry_run"] else "are new or changed"
            self._tell(report, done)
        if report.is_refused:
            raise CommandError(
                f"Wrong: {len(report.bad):,}. Nothing was changed.", returncode=REFUSED
            )

    def _tell(self, report: FileReport, done: str) -> None:
        for bad in report.shown_bad:
            self.stdout.write(f"row {bad.row}, {bad.column}, “{bad.value}”: {bad.reason}")
        if report.is_refused:
            return
        for heading in report.passed_over:
            self.stdout.write(f"The column “{heading}” was passed over.")
        count, same = len(report.outcome.differences), report.outcome.same_count
        self.stdout.write(f"{count:,} {done}; {same:,} are as before.")
        if hasattr(report.outcome, "after_amount"):
            before, after = report.outcome.before_amount, report.outcome.after_amount
            self.stdout.write(f"All budgets of the year: £{before:,.2f} before, £{after:,.2f} now.")


def _look(operator: Actor, content: bytes, options: dict[str, Any]) -> FileReport:
    if options["kind"] == "budgets":
        return look_at_budgets_file(
            finance=operator, financial_year=_year(options), content=content
        )
    if options["kind"] in ONCE:
        file = ONCE[options["kind"]]
        return look_at_set_up_file(file=file, finance=operator, content=content, at=timezone.now())
    return look_at_codes_file(file=LISTS[options["kind"]], keeper=operator, content=content)


def _take(operator: Actor, content: bytes, options: dict[str, Any]) -> FileReport:
    at = timezone.now()
    if options["kind"] == "budgets":
        return take_budgets_file(
            finance=operator, financial_year=_year(options), content=content, at=at
        )
    if options["kind"] in ONCE:
        file = ONCE[options["kind"]]
        return take_set_up_file(file=file, finance=operator, content=content, at=at)
    return take_codes_file(file=LISTS[options["kind"]], keeper=operator, content=content, at=at)


def _year(options: dict[str, Any]) -> int:
    return options["year"] or financial_year(timezone.localdate())


def _operator(slug: str) -> Actor:
    """Return the operator as somebody who may do this for the council; the trail says so."""
    council = Organisation.objects.filter(kind=Kind.COUNCIL, slug=slug).first()
    if council is None:
        raise CommandError(f"There is no council called {slug}.", returncode=MISUSED)
    return Actor(
        user_id=NOBODY,
        name="Operator, by command",
        email="",
        membership_id=NOBODY,
        organisation_id=council.pk,
        organisation_name=council.name,
        organisation_colour=council.colour,
        kind=OrganisationKind.COUNCIL,
        roles=frozenset({Role.ADMINISTRATOR, Role.FINANCE}),
    )


def _document(report: FileReport) -> dict[str, Any]:
    wrong = [
        {"row": each.row, "column": each.column, "value": each.value, "reason": each.reason}
        for each in report.bad
    ]
    found: dict[str, Any] = {"refused": report.is_refused, "wrong": wrong}
    if not report.is_refused:
        found["changed"] = len(report.outcome.differences)
        found["as_before"] = report.outcome.same_count
        found["columns_passed_over"] = list(report.passed_over)
    return found
