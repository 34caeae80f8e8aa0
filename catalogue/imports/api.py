"""Sending a price list, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, BinaryIO, ClassVar
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.imports.columns import FOR_ALL
from catalogue.imports.for_all import NotForAll
from catalogue.imports.report import ImportReport
from catalogue.imports.selectors import annotated_run, import_run, import_runs, report_of
from catalogue.imports.services.price_lists import (
    NotASupplier,
    NotConfirmable,
    TooLongForOneAnswer,
    UnreadablePriceList,
    confirm_import,
    import_catalogue,
)
from catalogue.listings.locks import ImportUnderWay
from catalogue.models import ImportRun
from marketplace.core.errors import FieldProblem, Invalid
from marketplace.core.tables.separated import ENCODINGS
from marketplace.web.actors import actor
from marketplace.web.api import Input, Operation
from marketplace.web.openapi import described

_EXAMPLE = {
    "id": "019dc1f2-6c1b-7c5e-9d1c-0d6a4a3f5b30",
    "name": "prices.csv",
    "verdict": "DONE",
    "dry_run": False,
    "rows_count": 2,
    "new_count": 1,
    "changed_count": 1,
    "unchanged_count": 0,
    "withdrawn_count": 0,
    "problem_count": 0,
    "wrong_rows_count": 0,
    "good_rows": False,
    "started_at": "2026-11-23T12:00:00Z",
}


class PriceListRefused(Invalid):
    """Some cells of the price list are wrong, so nothing of it was taken in.

    Facts: `import_id`, `problem_count`, `good_rows_count` and `wrong_rows_count`;
    `can_leave_out` says whether the good rows may be taken without the wrong ones.
    """

    code = "catalogue.price-list-refused"
    title = gettext_lazy("Some cells of this price list are wrong, so we changed nothing.")
    advice = gettext_lazy(
        "Mend the cells that the answer names, and send the whole file again. If the answer says"
        " that the wrong rows can be left out, you can have the good ones taken without them."
    )


class CsvParser(BaseParser):
    """A body that is the price list itself."""

    media_type = "text/csv"

    def parse(
        self,
        stream: Any,  # noqa: ANN401  # DRF's own signature
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, BinaryIO]:
        """Return the body as a file."""
        return {"file": BytesIO(stream.read())}


class RunOutput(serializers.ModelSerializer[ImportRun]):
    """What became of a price list."""

    class Meta:
        model = ImportRun
        fields: tuple[str, ...] = (
            "id", "name", "verdict", "dry_run", "rows_count", "new_count", "changed_count",
            "unchanged_count", "withdrawn_count", "problem_count", "wrong_rows_count",
            "good_rows", "started_at",
        )  # fmt: skip
        read_only_fields: tuple[str, ...] = fields
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "new_count": {
                "help_text": "As the other counts: what was done, or, by a dry run or by one that"
                " was refused, what the good rows would do."
            },
            "wrong_rows_count": {"help_text": "Rows with a problem; left out unless refused."},
            "good_rows": {"help_text": "Whether wrong rows were to be left out."},
        }


class ReportOutput(RunOutput):
    """What became of a price list, with what was wrong and which prices move."""

    class Problem(serializers.Serializer[Any]):
        """One thing wrong with one cell."""

        row = serializers.IntegerField(help_text="As a spreadsheet numbers it.")
        column = serializers.CharField()
        value = serializers.CharField()
        reason = serializers.CharField()
        suggestion = serializers.CharField()

    class Move(serializers.Serializer[Any]):
        """A price that the file changes."""

        part_number = serializers.CharField()
        name = serializers.CharField()
        before = serializers.DecimalField(max_digits=14, decimal_places=6)
        after = serializers.DecimalField(max_digits=14, decimal_places=6)
        percent = serializers.DecimalField(max_digits=14, decimal_places=1)

    problems = serializers.SerializerMethodField(help_text="The first 1,000.")
    price_moves = serializers.SerializerMethodField(help_text="The largest 200.")
    unknown_headings = serializers.SerializerMethodField(help_text="Columns passed over.")
    sheet = serializers.SerializerMethodField(
        help_text="The sheet of a workbook that was read; empty for other files."
    )
    other_sheets = serializers.SerializerMethodField(
        help_text="Sheets of it that would have made as good a list, and were not read."
    )

    hindrance = serializers.SerializerMethodField(
        help_text="Why the good rows cannot be taken without the wrong ones: mostly-wrong or"
        " other-currency; empty where they can, or nothing is wrong."
    )
    nameless_count = serializers.SerializerMethodField(
        help_text="Wrong rows that do not say which product they mean; while there is one, nothing"
        " is withdrawn."
    )

    class Meta(RunOutput.Meta):
        fields = (
            *RunOutput.Meta.fields,
            "hindrance",
            "nameless_count",
            "problems",
            "price_moves",
            "unknown_headings",
            "sheet",
            "other_sheets",
        )
        read_only_fields = fields

    def get_problems(self, run: ImportRun) -> list[dict[str, Any]]:
        """Return what was wrong, in the reader's language."""
        return list(self.Problem(report_of(run).worded_problems, many=True).data)

    def get_hindrance(self, run: ImportRun) -> str:
        """Return why it can only be taken whole."""
        return report_of(run).hindrance or ""

    def get_nameless_count(self, run: ImportRun) -> int:
        """Return how many rows could mean any product."""
        return report_of(run).nameless_count

    def get_price_moves(self, run: ImportRun) -> list[dict[str, Any]]:
        """Return the prices that move most."""
        return list(self.Move(report_of(run).price_moves, many=True).data)

    def get_unknown_headings(self, run: ImportRun) -> list[str]:
        """Return the columns that were passed over."""
        return list(report_of(run).unknown_headings)

    def get_sheet(self, run: ImportRun) -> str:
        """Return which sheet of a workbook was read."""
        return report_of(run).sheet

    def get_other_sheets(self, run: ImportRun) -> list[str]:
        """Return which sheets were not read and look like lists too."""
        return list(report_of(run).other_sheets)


class CatalogueImportList(Operation):
    """The price lists of a supplier."""

    access = "supplier"
    scope = {"GET": "catalogue:read", "POST": "catalogue:write"}
    parser_classes = [CsvParser, MultiPartParser]

    class Query(Input):
        """How to take a price list in."""

        name = serializers.CharField(max_length=200, required=False)
        dry_run = serializers.BooleanField(default=False)
        withdraw_missing = serializers.BooleanField(
            default=False, help_text="Whether listings that the file does not name are withdrawn."
        )
        good_rows = serializers.BooleanField(
            default=False,
            help_text="Whether rows that are wrong are left out, and their products as they are.",
        )
        encoding = serializers.ChoiceField(sorted(ENCODINGS), required=False)
        category = serializers.CharField(
            max_length=20, required=False, help_text="For a file without a column for it."
        )
        unit = serializers.CharField(
            max_length=40, required=False, help_text="For a file without a column for it."
        )
        vat = serializers.CharField(
            max_length=40, required=False, help_text="For a file without a column for it."
        )

    class Upload(serializers.Serializer[Any]):
        """A form with the price list as `file`; or send the file itself as text/csv."""

        file = serializers.FileField()

    @described("List price lists", answers=RunOutput, is_list=True, example=_EXAMPLE)
    def get(self, request: Request) -> Response:
        """List the price lists that were sent, latest first."""
        found = import_runs(actor(request).organisation_id)
        return self.page(found, RunOutput, keys=("-id",))

    @described(
        "Send a price list",
        answers=ReportOutput,
        takes=Upload,
        asks=Query,
        status=201,
        refusals=(
            NotASupplier,
            NotForAll,
            UnreadablePriceList,
            PriceListRefused,
            ImportUnderWay,
            TooLongForOneAnswer,
        ),
        example=_EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        """Take a price list in: every row, or none and a problem that names each bad cell.

        With `good_rows` the rows that are wrong are left out, and the answer names them. Where
        more than half of the rows are wrong, or a price is not in pounds, nothing is taken.
        The same file again changes nothing, so it may be sent again when an answer is lost.
        """
        asked = self.asked(self.Query)
        supplier = actor(request)
        sent = request.data.get("file") if isinstance(request.data, Mapping) else None
        if sent is None or isinstance(sent, str):
            raise ValidationError({"file": [_("Send the price list as a file.")]})
        if len(request.FILES.getlist("file")) > 1:
            raise ValidationError({"file": [_("Send one file only.")]})
        named = sent.name if isinstance(sent, UploadedFile) else None
        report = import_catalogue(
            supplier=supplier,
            content=sent,
            name=asked.get("name") or named or "price-list.csv",
            at=timezone.now(),
            dry_run=asked["dry_run"],
            withdraw_missing=asked["withdraw_missing"],
            good_rows=asked["good_rows"],
            encoding=asked.get("encoding"),
            for_all={column: asked[column] for column in FOR_ALL if column in asked},
        )
        _refuse_if_wrong(report)
        run = import_run(supplier.organisation_id, report.run_id)
        return Response(ReportOutput(run).data, status=201)


class CatalogueImportDetail(Operation):
    """One price list."""

    access = "supplier"
    scope = "catalogue:read"

    @described("Read what became of a price list", answers=ReportOutput, example=_EXAMPLE)
    def get(self, request: Request, run_id: UUID) -> Response:
        """Read what became of a price list."""
        return Response(ReportOutput(import_run(actor(request).organisation_id, run_id)).data)


class CatalogueImportWrongRows(Operation):
    """The rows of a price list that have something wrong with them."""

    access = "supplier"
    scope = "catalogue:read"

    @described("Download the wrong rows of a price list", media_type="text/csv")
    def get(self, request: Request, run_id: UUID) -> StreamingHttpResponse:
        """Return the wrong rows as they were sent, each with its number and what to mend in it."""
        found = annotated_run(actor(request).organisation_id, run_id, wrong_only=True)
        response = StreamingHttpResponse(found, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="wrong-rows.csv"'
        return response


class CatalogueImportConfirmation(Operation):
    """Taking in a price list that was tried before."""

    access = "supplier"
    scope = "catalogue:write"

    class Query(Input):
        """How to take it in."""

        good_rows = serializers.BooleanField(
            default=False,
            help_text="Whether one that was refused is taken without its wrong rows.",
        )

    @described(
        "Take in a price list that was tried",
        answers=ReportOutput,
        asks=Query,
        status=201,
        refusals=(NotConfirmable, PriceListRefused, ImportUnderWay, TooLongForOneAnswer),
        example=_EXAMPLE,
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        """Take in a price list after a dry run; with `good_rows` one that was refused, in part."""
        supplier = actor(request)
        report = confirm_import(
            supplier=supplier,
            run_id=run_id,
            at=timezone.now(),
            good_rows=self.asked(self.Query)["good_rows"],
        )
        _refuse_if_wrong(report)
        run = import_run(supplier.organisation_id, report.run_id)
        return Response(ReportOutput(run).data, status=201)


def _refuse_if_wrong(report: ImportReport) -> None:
    """Turn a report of bad cells into a problem; the run that keeps it is written already."""
    if report.refused:
        words = ngettext(
            "%(count)s cell is wrong. Nothing was changed.",
            "%(count)s cells are wrong. Nothing was changed.",
            report.problem_count,
        ) % {"count": report.problem_count}
        raise PriceListRefused(
            f"{words} {report.why_whole}".strip(),
            errors=[
                FieldProblem(
                    f"rows/{each.row}/{each.column}", f"{each.reason} {each.suggestion}".strip()
                )
                for each in report.worded_problems
            ],
            import_id=str(report.run_id),
            problem_count=report.problem_count,
            good_rows_count=report.good_rows_count,
            wrong_rows_count=report.wrong_rows_count,
            can_leave_out=report.can_leave_out,
        )
