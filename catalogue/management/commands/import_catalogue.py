"""Take in a supplier's price list from the command line."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from catalogue.imports.annotating import annotated_copy
from catalogue.imports.columns import FOR_ALL
from catalogue.imports.report import ImportReport
from catalogue.imports.report import Progress as Reached
from catalogue.imports.services.price_lists import import_catalogue
from catalogue.listings.settling import settle_words
from catalogue.states import ImportVerdict
from marketplace.core.actors import Actor, OrganisationKind, Role
from marketplace.core.errors import Refusal
from marketplace.core.tables.separated import ENCODINGS, Unreadable
from marketplace.core.tenancy import tenant
from marketplace.organisations.models import Kind, Organisation

REFUSED, MISUSED = 1, 2
SHOWN_BY_DEFAULT = 50
NOBODY = UUID(int=0)
MOST_NAMED = 50


class Command(BaseCommand):
    """Exits with 0 when the file was taken in, 1 when it was refused, 2 when asked wrongly."""

    help = (
        "Take in a supplier's price list: every row, or none and a list of what to mend; with"
        " --good-rows the rows that are right."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be asked."""
        parser.add_argument("file", type=Path, help="the price list, a file of separated values")
        parser.add_argument(
            "--supplier", required=True, help="the supplier's short name, full name or key"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="change and keep nothing, only report"
        )
        parser.add_argument(
            "--encoding", choices=sorted(ENCODINGS), help="how the text is written; utf-8 if not"
        )
        parser.add_argument(
            "--withdraw-missing",
            action="store_true",
            help="withdraw the supplier's listings that the file does not name",
        )
        parser.add_argument(
            "--good-rows",
            action="store_true",
            help="leave out the rows that are wrong, and their products as they are, unless most"
            " of the rows are wrong or a price is not in pounds",
        )
        parser.add_argument(
            "--wrong-rows", type=Path, metavar="CSV",
            help="write the rows that are wrong to this file, with what to mend in each",
        )  # fmt: skip
        for column in FOR_ALL:
            parser.add_argument(
                f"--{column}", help=f"the {column} of every row, for a file without such a column"
            )
        parser.add_argument("--json", action="store_true", help="answer with one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, check, take in, tell."""
        supplier = _supplier(options["supplier"])
        try:
            stream = options["file"].open("rb")
        except OSError as error:
            raise CommandError(
                f"{options['file']} cannot be opened: {error.strerror}.", returncode=MISUSED
            ) from error
        with stream, tenant(supplier.organisation_id), transaction.atomic():
            report = self._import(supplier, stream, options)
            # The operator has only looked: the supplier's list of files must not say it was sent.
            transaction.set_rollback(options["dry_run"])
            _write_wrong_rows(stream, options)
        if report.verdict == ImportVerdict.DONE and not report.changes_nothing:
            # A worker would do it in a moment; here there may be none, and a list of 100,000 is
            # listed many times faster once the planner knows of it.
            settle_words()
        if options["json"]:
            self.stdout.write(json.dumps(_document(report), indent=2, ensure_ascii=False))
        else:
            self._tell(report)
        if report.refused:
            raise CommandError(_refused(report), returncode=REFUSED)

    def _import(self, supplier: Actor, stream: BinaryIO, options: dict[str, Any]) -> ImportReport:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[rows]} rows"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        console = Console(stderr=True, highlight=False)
        with Progress(
            *columns, console=console, disable=bool(options["json"]), transient=True
        ) as bar:
            task = bar.add_task("Reading", total=None, rows="0")

            def on_progress(reached: Reached) -> None:
                bar.update(
                    task,
                    completed=reached.read_bytes,
                    total=reached.size_bytes,
                    rows=f"{reached.rows:,}",
                    description=(
                        "Writing" if reached.read_bytes == reached.size_bytes else "Reading"
                    ),
                )

            try:
                return import_catalogue(
                    supplier=supplier,
                    content=stream,
                    name=options["file"].name,
                    at=timezone.now(),
                    dry_run=options["dry_run"],
                    withdraw_missing=options["withdraw_missing"],
                    good_rows=options["good_rows"],
                    encoding=options["encoding"],
                    for_all={column: options[column] or "" for column in FOR_ALL},
                    on_progress=on_progress,
                )
            except Refusal as refusal:
                bar.stop()
                if options["json"]:
                    self.stdout.write(json.dumps({"verdict": "REFUSED", "detail": refusal.detail}))
                raise CommandError(_with_options(refusal), returncode=REFUSED) from refusal

    def _tell(self, report: ImportReport) -> None:
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]  # it writes
        if report.problem_count:
            console.print(_table_of_problems(report))
            if report.problem_count > SHOWN_BY_DEFAULT:
                console.print(f"The first {SHOWN_BY_DEFAULT} of {report.problem_count:,}.")
        if not report.refused:
            for line in _done(report):
                console.print(line)


def _table_of_problems(report: ImportReport) -> Table:
    table = Table("Row", "Column", "Value", "What is wrong", "What to do")
    for each in report.worded_problems[:SHOWN_BY_DEFAULT]:
        table.add_row(str(each.row), each.column_label, each.value, each.reason, each.suggestion)
    return table


def _done(report: ImportReport) -> Iterator[str]:
    """Yield what was done, or would have been, a line each."""
    if report.left_out_count:
        yield (
            f"{_count(report.left_out_count, 'row is', 'rows are')} left out, and what"
            f" {'it names stays' if report.left_out_count == 1 else 'they name stays'} as it is."
        )
    if report.why_none_withdrawn:
        yield report.why_none_withdrawn
    yield (
        f"{_count(report.good_rows_count, 'row', 'rows')}: {report.new_count:,} new,"
        f" {report.changed_count:,} changed, {report.unchanged_count:,} unchanged,"
        f" {report.withdrawn_count:,} withdrawn."
    )
    for move in report.price_moves[:10]:
        yield (
            f"  {move.part_number}: {move.before.normalize():f} to"
            f" {move.after.normalize():f} ({move.percent:+}%)"
        )
    yield from _passed_over(report)
    if report.changes_nothing:
        yield "The catalogue says the same already."
    elif report.dry_run:
        yield "This was a dry run: nothing was changed."


def _refused(report: ImportReport) -> str:
    """Return that nothing was changed, and what may be done about it."""
    words = f"{_count(report.problem_count, 'cell is', 'cells are')} wrong. Nothing was changed."
    if report.can_leave_out:
        return (
            f"{words} With --good-rows {_count(report.good_rows_count, 'row is', 'rows are')} taken"
            f" and {_count(report.wrong_rows_count, 'row is', 'rows are')} left out."
        )
    return f"{words} {report.why_whole}"


def _write_wrong_rows(stream: BinaryIO, options: dict[str, Any]) -> None:
    target: Path | None = options["wrong_rows"]
    if target is None:
        return
    said = {column: options[column] for column in FOR_ALL if options[column]}
    found = annotated_copy(stream, encoding=options["encoding"], for_all=said, wrong_only=True)
    try:
        with target.open("wb") as file:
            file.writelines(found)
    except OSError as error:
        raise CommandError(
            f"{target} cannot be written: {error.strerror}. Nothing was changed.",
            returncode=MISUSED,
        ) from error


def _passed_over(report: ImportReport) -> list[str]:
    """Return what of the file was not read, a line each."""
    found = {
        "Sheets that look like price lists and were not read": report.other_sheets,
        "Columns passed over": report.unknown_headings,
    }
    return [f"{words}: {', '.join(names)}." for words, names in found.items() if names]


def _with_options(refusal: Refusal) -> str:
    """Return why a file was refused, with the options that say here what boxes say on the page."""
    reason = refusal.facts.get("reason")
    cause = refusal.__cause__
    if isinstance(cause, Unreadable) and cause.code == "header":
        named = cause.facts["missing"]
        assert isinstance(named, tuple)  # noqa: S101  # it is we who raised it
        missing = [column for column in FOR_ALL if column in named]
        options = " or ".join(f"--{column}" for column in missing)
        said = f" What is the same in every row can be said by {options}." if missing else ""
        return f"{refusal.detail}{said}"
    if reason == "not-utf-8":
        return f"{refusal.detail} For Windows-1252, use --encoding cp1252."
    return refusal.detail


def _count(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _key(name: str) -> Q:
    """Return the condition that a supplier has this key; no supplier has what is no key."""
    try:
        return Q(pk=UUID(name))
    except ValueError:
        return Q(pk=None)


def _supplier(name: str) -> Actor:
    """Return somebody who acts for the supplier: the operator, whom the trail names as such."""
    suppliers = Organisation.objects.filter(kind=Kind.SUPPLIER)
    found = suppliers.filter(Q(slug=name.lower()) | Q(name__iexact=name) | _key(name)).first()
    if found is None:
        known = suppliers.order_by("slug").values_list("slug", flat=True)[:MOST_NAMED]
        names = ", ".join(known) or "there is none yet"
        raise CommandError(
            f"There is no supplier {name!r}. Suppliers go by these short names: {names}.",
            returncode=MISUSED,
        )
    return Actor(
        user_id=NOBODY,
        name="Operator, by command",
        email="",
        membership_id=NOBODY,
        organisation_id=found.pk,
        organisation_name=found.name,
        organisation_colour=found.colour,
        kind=OrganisationKind.SUPPLIER,
        roles=frozenset({Role.SUPPLIER}),
    )


def _document(report: ImportReport) -> dict[str, Any]:
    return {
        "run": None if report.dry_run else str(report.run_id),
        "verdict": report.verdict.value,
        "dry_run": report.dry_run,
        "rows": report.rows_count,
        "new": report.new_count,
        "changed": report.changed_count,
        "unchanged": report.unchanged_count,
        "withdrawn": report.withdrawn_count,
        "good_rows": report.good_rows,
        "wrong_rows": report.wrong_rows_count,
        "left_out": report.left_out_count,
        "can_leave_out": report.can_leave_out,
        "problem_count": report.problem_count,
        "problems": [
            {
                "row": each.row,
                "column": each.column,
                "value": each.value,
                "reason": each.reason,
                "suggestion": each.suggestion,
            }
            for each in report.worded_problems
        ],
        "unknown_headings": list(report.unknown_headings),
    }
