"""Questions about the price lists that a supplier sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Exists, F, OuterRef, QuerySet, TextField, Value, When
from django.utils.translation import gettext as _

from catalogue.imports.annotating import annotated_copy
from catalogue.imports.leaving_out import Hindrance
from catalogue.imports.report import Example, Examples, ImportReport, PriceMove
from catalogue.imports.rules import Problem
from catalogue.models import ImportRun, Upload
from catalogue.states import ImportVerdict, UploadStatus
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Missing
from marketplace.documents.selectors import bytes_for_programs

SAME = "SAME"  # how a check stands in a list that found nothing to change


def import_runs(supplier_id: UUID) -> QuerySet[ImportRun]:
    """Return a supplier's price lists, latest first, without their reports."""
    return ImportRun.objects.of(supplier_id).defer("report").order_by("-id")


def files_sent(supplier_id: UUID) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """Return what came of a supplier's files, as two parts of one list in the order of "-id".

    Shapes: rows of id, name, instant, rows_count, wrong_rows_count, state and refusal: a file that
    was read, whose state is its verdict, or SAME where a check found nothing to change; or one
    that could not be, which is FAILED and says why. A check that was taken in is left out, since
    what came of that stands for it.
    """
    runs = ImportRun.objects.of(supplier_id)
    taken_in = runs.filter(confirms=OuterRef("pk"), verdict=ImportVerdict.DONE)
    failed = Upload.objects.of(supplier_id).filter(status=UploadStatus.FAILED)
    columns = ("id", "name", "instant", "rows_count", "wrong_rows_count", "state", "refusal")
    same = {"verdict": ImportVerdict.CHECKED, "new_count": 0, "changed_count": 0,
            "withdrawn_count": 0}  # fmt: skip
    state = Case(When(**same, then=Value(SAME)), default=F("verdict"), output_field=CharField())
    return (
        runs.filter(~Exists(taken_in))
        .annotate(instant=F("started_at"), state=state, refusal=Value("", output_field=TextField()))
        .values_list(*columns, named=True),
        failed.annotate(
            instant=F("sent_at"), rows_count=Value(0), wrong_rows_count=Value(0), state=F("status")
        ).values_list(*columns, named=True),
    )


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What somebody has done about a list that was checked or refused: one of two, or neither."""

    taken_in: ImportRun | None = None
    waiting: Upload | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody may still do it."""
        return self.taken_in is None and self.waiting is None


def confirmation_of(run: ImportRun) -> Confirmation:
    """Return what became of a check: what was taken in of it, or the file that waits to be."""
    if run.verdict == ImportVerdict.DONE:
        return Confirmation()
    followed = ImportRun.objects.of(run.supplier_id).filter(confirms=run)
    taken_in = followed.filter(verdict=ImportVerdict.DONE).defer("report").first()
    if taken_in is not None:
        return Confirmation(taken_in=taken_in)
    return Confirmation(waiting=uploads_waiting(run.supplier_id).filter(confirms=run).first())


def import_run(supplier_id: UUID, run_id: UUID | str) -> ImportRun:
    """Return one of a supplier's price lists.

    Raises: Missing.
    """
    return ImportRun.objects.of(supplier_id).one(run_id)


def report_of(run: ImportRun) -> ImportReport:
    """Return what an import reported when it ended."""
    moves = run.report.get("price_moves", [])
    hindrance = run.report.get("hindrance")
    return ImportReport(
        run_id=run.pk,
        name=run.name,
        verdict=ImportVerdict(run.verdict),
        dry_run=run.dry_run,
        rows_count=run.rows_count,
        new_count=run.new_count,
        changed_count=run.changed_count,
        unchanged_count=run.unchanged_count,
        withdrawn_count=run.withdrawn_count,
        problem_count=run.problem_count,
        wrong_rows_count=run.wrong_rows_count,
        nameless_count=run.report.get("nameless_count", 0),
        good_rows=run.good_rows,
        withdraw_missing=run.withdraw_missing,
        hindrance=Hindrance(hindrance) if hindrance else None,
        price_moves_count=run.report.get("price_moves_count", 0),
        problems=tuple(Problem(**each) for each in run.report.get("problems", [])),
        price_moves=tuple(
            PriceMove(
                each["part_number"], each["name"], Decimal(each["before"]), Decimal(each["after"])
            )
            for each in moves
        ),
        examples=Examples(
            **{
                kind: tuple(map(_example, rows))
                for kind, rows in run.report.get("examples", {}).items()
            }
        ),
        unknown_headings=tuple(run.report.get("unknown_headings", [])),
        sheet=run.report.get("sheet", ""),
        other_sheets=tuple(run.report.get("other_sheets", [])),
    )


def _example(kept: dict[str, Any]) -> Example:
    before, after = (None if kept[at] is None else Decimal(kept[at]) for at in ("before", "after"))
    return Example(kept["part_number"], kept["name"], before, after, tuple(kept["differs"]))


def annotated_run(
    supplier_id: UUID, run_id: UUID | str, *, wrong_only: bool = False
) -> Iterator[bytes]:
    """Return the file of a run again, or its wrong rows, with a column that says what to mend.

    Raises: Missing, also when the file was too large to be kept.
    """
    run = import_run(supplier_id, run_id)
    if run.document_id is None:
        raise Missing(_("The file was too large for us to keep."))
    content = bytes_for_programs(supplier_id, run.document_id)
    return annotated_copy(
        BytesIO(content), encoding=run.encoding, for_all=run.for_all, wrong_only=wrong_only
    )


def is_price_list_of(reader: Actor, document_id: UUID) -> bool:
    """Tell whether a document is a price list that the supplier for whom `reader` acts has sent."""
    runs = ImportRun.objects.of(reader.organisation_id).filter(document_id=document_id)
    return reader.holds(Role.SUPPLIER) and runs.exists()


def upload(supplier_id: UUID, upload_id: UUID | str) -> Upload:
    """Return one of the files that a supplier sent, with how far the worker is.

    Raises: Missing.
    """
    return Upload.objects.of(supplier_id).select_related("progress").one(upload_id)


def uploads_waiting(supplier_id: UUID) -> QuerySet[Upload]:
    """Return the files that the worker has not read yet, latest first, each with how far it is."""
    waiting = Upload.objects.of(supplier_id).filter(status=UploadStatus.WAITING)
    return waiting.select_related("progress").order_by("-id")
