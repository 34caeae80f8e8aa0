"""Taking in a price list: every row or none, or the good rows where their supplier says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import BinaryIO
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg.errors import QueryCanceled

from catalogue.imports import loading, reading
from catalogue.imports.for_all import check_for_all
from catalogue.imports.leaving_out import MOST_PROBLEMS, Hindrance, Tally, why_whole
from catalogue.imports.loading import Comparison, Delivery
from catalogue.imports.progress import comparing, unpacking
from catalogue.imports.reading import PriceListFile, Rows
from catalogue.imports.report import ImportReport, OnProgress
from catalogue.imports.rules import Checker
from catalogue.imports.selectors import report_of
from catalogue.imports.wording import why_unreadable
from catalogue.listings.locks import hold_listings
from catalogue.listings.rules import PART_NUMBER, Offer
from catalogue.models import ImportRun, Upload
from catalogue.states import ImportVerdict, UploadStatus
from marketplace.audit.services import record
from marketplace.core.actors import Actor, OrganisationKind
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.ids import uuid7
from marketplace.core.tables.separated import Survey, Unreadable
from marketplace.documents.selectors import bytes_for_programs
from marketplace.documents.services import store_document
from marketplace.jobs.services import wake

# A file up to this size is kept as evidence, and can be confirmed without being sent again.
MOST_KEPT_BYTES = 25_000_000
ROWS_A_STEP = 1000
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class NotASupplier(Forbidden):
    """Somebody who does not act for a supplier sends a price list."""

    code = "catalogue.not-a-supplier"
    title = gettext_lazy("Only a supplier can send a price list.")


class UnreadablePriceList(Invalid):
    """The file as a whole cannot be read: it is of another kind, or its heading makes no sense."""

    code = "catalogue.unreadable-price-list"
    title = gettext_lazy("We cannot read this file.")


class NotConfirmable(Conflict):
    """The import is none that may be taken in: it has mistakes, or was taken in before."""

    code = "catalogue.not-confirmable"
    title = gettext_lazy("This price list cannot be confirmed.")


class TooLongForOneAnswer(Conflict):
    """The rows took longer to come in than anybody waits for an answer."""

    code = "catalogue.too-long-for-one-answer"
    title = gettext_lazy("This price list takes too long to take in.")
    advice = gettext_lazy(
        "Send it on the page for price lists, or try again when less is going on."
    )


@contextmanager
def in_time() -> Iterator[None]:
    """Refuse what the database ended because it took too long.

    Raises: TooLongForOneAnswer.
    """
    try:
        yield
    except (OperationalError, QueryCanceled) as error:
        if not loading.is_too_long(error):
            raise
        raise TooLongForOneAnswer(
            _(
                "Nothing was changed. Send the file on the page for price lists, where it is read"
                " in its own time, or try again when less is going on."
            ),
            field="file",
        ) from error


@transaction.atomic
@in_time()
def import_catalogue(
    *,
    supplier: Actor,
    content: BinaryIO,
    name: str,
    at: datetime,
    dry_run: bool,
    withdraw_missing: bool = False,
    good_rows: bool = False,
    encoding: str | None = None,
    for_all: Mapping[str, str] | None = None,
    on_progress: OnProgress | None = None,
    confirms_id: UUID | None = None,
) -> ImportReport:
    """Make a supplier's listings say what its price list says, or change nothing and say why.

    The file is read and copied aside before anybody is made to wait: the supplier's listings are
    held only while what differs is written.

    Shapes: `content` can be read from its beginning more than once; `encoding` is None (UTF-8) or
    "cp1252"; `withdraw_missing` takes what the file does not name out of the catalogue;
    `good_rows` leaves out the rows that are wrong, whose products stay exactly as they stand;
    `for_all` maps columns of FOR_ALL to what every row has where the file has no such column.
    Raises: NotASupplier, NotForAll, UnreadablePriceList, ImportUnderWay, TooLongForOneAnswer. A bad
    cell is no refusal: it is in the report, whose verdict is then REFUSED.
    """
    if supplier.kind != OrganisationKind.SUPPLIER:
        raise NotASupplier
    said = check_for_all(for_all or {})
    copied = _copied(content, encoding, said, on_progress)
    refused = bool(copied.tally.count) and (copied.hindrance is not None or not good_rows)
    writes = not dry_run and not refused
    # What a nameless row means may be any product, so that none may go for not being in the file.
    withdraws = withdraw_missing and not copied.tally.nameless
    delivery = Delivery(supplier.organisation_id, at, withdraws)
    difference = Comparison(0, 0, 0, 0, 0, ())
    if writes:
        hold_listings(supplier.organisation_id)
    if copied.hindrance is None:
        difference = loading.compare(delivery)
    if writes:
        loading.write(delivery, difference)
    report = replace(
        _report(name, copied, difference),
        verdict=_verdict(refused=refused, dry_run=dry_run),
        dry_run=dry_run,
        good_rows=good_rows,
        withdraw_missing=withdraw_missing,
    )
    run = _keep(report, supplier, copied.file.survey, content, at, said, confirms_id)
    record(
        f"price-list.{report.verdict.lower()}",
        run,
        actor=supplier,
        at=at,
        organisation_id=supplier.organisation_id,
        after={"sha256": copied.file.survey.sha256, **_counts(report)},
    )
    if writes and (difference.new or difference.changed):
        wake("catalogue.settle_words", key=f"import:{report.run_id}")
    return report


@transaction.atomic
def confirm_import(
    *, supplier: Actor, run_id: UUID, at: datetime, good_rows: bool = False
) -> ImportReport:
    """Take in a price list that was tried before, from the copy that was kept of it.

    Shapes: with `good_rows` one that was refused is taken without its wrong rows.
    Raises: Missing; NotConfirmable; Busy while somebody else confirms it; whatever
    import_catalogue raises.
    """
    run = lock_confirmable(supplier=supplier, run_id=run_id, good_rows=good_rows)
    if (
        Upload.objects.of(supplier.organisation_id)
        .filter(confirms=run, status=UploadStatus.WAITING)
        .exists()
    ):
        raise NotConfirmable(_("It is being taken in already. Look at what comes of it."))
    assert run.document_id is not None  # noqa: S101  # what is confirmable has its copy
    kept = bytes_for_programs(supplier.organisation_id, run.document_id)
    return import_catalogue(
        supplier=supplier,
        content=BytesIO(kept),
        name=run.name,
        at=at,
        dry_run=False,
        withdraw_missing=run.withdraw_missing,
        good_rows=good_rows or run.good_rows,
        encoding=run.encoding,
        for_all=run.for_all,
        confirms_id=run.pk,
    )


def lock_confirmable(*, supplier: Actor, run_id: UUID, good_rows: bool = False) -> ImportRun:
    """Return a run that may be taken in, held until the transaction ends.

    Shapes: a dry run that found nothing wrong or leaves it out; with `good_rows` any that was
    refused for some of its rows.
    Why: a list that was taken in may since have been followed by another, whose prices it would
    put back.
    Raises: Missing; NotConfirmable when it is none of these, was taken in before, or its file was
    too large to be kept; Busy.
    """
    mine = ImportRun.objects.of(supplier.organisation_id)
    run = mine.lock(run_id)
    if run.verdict == ImportVerdict.REFUSED and good_rows:
        hindrance = report_of(run).hindrance
        if hindrance:
            raise NotConfirmable(why_whole(hindrance))
    elif run.verdict != ImportVerdict.CHECKED:
        raise NotConfirmable(_("Only a price list that was checked, with no problems, can be."))
    if run.document_id is None:
        raise NotConfirmable(_("The file was too large to keep. Please send it again."))
    ended = Upload.objects.of(supplier.organisation_id).filter(
        confirms=run, status=UploadStatus.DONE
    )
    if ended.exists() or mine.filter(confirms=run, verdict=ImportVerdict.DONE).exists():
        raise NotConfirmable(_("It was taken in before. To take it in again, send the file anew."))
    return run


@dataclass(frozen=True, slots=True)
class _Copied:
    """A file whose rows stand aside, each good or not, and what is wrong with them."""

    file: PriceListFile
    rows: Rows
    tally: Tally
    wrong_rows: int

    @property
    def hindrance(self) -> Hindrance | None:
        return self.tally.hindrance(rows=self.rows.count, wrong_rows=self.wrong_rows)


def _copied(
    content: BinaryIO,
    encoding: str | None,
    said: Mapping[str, str],
    on_progress: OnProgress | None,
) -> _Copied:
    """Read a file and copy its rows aside.

    Raises: UnreadablePriceList.
    """
    tally = Tally()
    try:
        file = reading.open_file(content, encoding=encoding, on_rows=unpacking(on_progress))
        rows = reading.open_rows(file.text, encoding=file.survey.encoding, said=said)
        _copy(rows, Checker(rows.header, said), tally, file, on_progress)
    except Unreadable as problem:
        raise UnreadablePriceList(
            why_unreadable(problem), field="file", reason=problem.code
        ) from problem
    count, repeated = loading.leave_out_repeated(MOST_PROBLEMS)
    tally.add(repeated, more=count - len(repeated))
    return _Copied(file, rows, tally, loading.wrong_rows() if tally.count else 0)


def _copy(
    rows: Rows,
    checker: Checker,
    tally: Tally,
    file: PriceListFile,
    on_progress: OnProgress | None,
) -> None:
    tell = comparing(on_progress, file) if on_progress else None

    def step() -> None:
        if tell and rows.count % ROWS_A_STEP == 0:
            tell(rows.count, file.text.tell())

    loading.copy_rows(_checked(rows, checker, tally, step))
    if not rows.count:
        raise Unreadable("no-rows")
    if tell:
        tell(rows.count, file.text_bytes)


def _checked(
    rows: Rows, checker: Checker, tally: Tally, step: Callable[[], None]
) -> Iterator[tuple[int, str, Offer | None]]:
    place = rows.header.places[PART_NUMBER]
    for number, cells in rows:
        offer, problems = checker.check(number, cells)
        step()
        if offer is None:
            part_number = checker.part_number(cells[place] if place < len(cells) else "")
            tally.add_row(part_number, problems)
            yield number, part_number, None
        else:
            yield number, offer.part_number, offer


def _report(name: str, copied: _Copied, difference: Comparison) -> ImportReport:
    tally = copied.tally
    return ImportReport(
        run_id=uuid7(),
        name=name[:200],
        verdict=ImportVerdict.CHECKED,
        dry_run=True,
        rows_count=copied.rows.count,
        new_count=difference.new,
        changed_count=difference.changed,
        unchanged_count=difference.unchanged,
        withdrawn_count=difference.withdrawn,
        problem_count=tally.count,
        wrong_rows_count=copied.wrong_rows,
        nameless_count=tally.nameless,
        hindrance=copied.hindrance,
        price_moves_count=difference.moved,
        problems=tuple(sorted(tally.first, key=lambda problem: problem.row)),
        price_moves=difference.moves,
        examples=difference.examples,
        unknown_headings=copied.rows.header.unknown,
        sheet=copied.file.sheet,
        other_sheets=copied.file.other_sheets,
    )


def _verdict(*, refused: bool, dry_run: bool) -> ImportVerdict:
    if refused:
        return ImportVerdict.REFUSED
    return ImportVerdict.CHECKED if dry_run else ImportVerdict.DONE


def _counts(report: ImportReport) -> dict[str, int]:
    """Return what the trail keeps: of a list that was refused nothing is taken."""
    counts = {"rows": report.rows_count, "problems": report.problem_count}
    if report.refused:
        return {**counts, "wrong_rows": report.wrong_rows_count}
    return {
        **counts,
        "taken": report.good_rows_count,
        "left_out": report.left_out_count,
        "new": report.new_count,
        "changed": report.changed_count,
        "withdrawn": report.withdrawn_count,
    }


def _keep(
    report: ImportReport,
    supplier: Actor,
    survey: Survey,
    content: BinaryIO,
    at: datetime,
    said: Mapping[str, str],
    confirms_id: UUID | None,
) -> ImportRun:
    document = None
    if survey.size <= MOST_KEPT_BYTES:
        content.seek(0)
        document = store_document(
            organisation_id=supplier.organisation_id,
            name=report.name,
            media_type=WORKBOOK if report.sheet else "text/csv",
            content=content.read(),
            at=at,
            from_outside=True,
        )
    return ImportRun.objects.create(
        id=report.run_id,
        supplier_id=supplier.organisation_id,
        name=report.name,
        sha256=survey.sha256,
        size_bytes=survey.size,
        document=document,
        encoding=survey.encoding,
        dry_run=report.dry_run,
        confirms_id=confirms_id,
        withdraw_missing=report.withdraw_missing,
        good_rows=report.good_rows,
        for_all=said,
        verdict=report.verdict,
        rows_count=report.rows_count,
        new_count=report.new_count,
        changed_count=report.changed_count,
        unchanged_count=report.unchanged_count,
        withdrawn_count=report.withdrawn_count,
        problem_count=report.problem_count,
        wrong_rows_count=report.wrong_rows_count,
        report=report.as_json(),
        started_at=at,
        started_by_name=supplier.name,
    )
