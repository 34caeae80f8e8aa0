"""Price lists: tried first, looked at, and then taken in."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalogue.imports.columns import COLUMNS, FOR_ALL
from catalogue.imports.selectors import (
    annotated_run,
    confirmation_of,
    files_sent,
    import_run,
    report_of,
    upload,
    uploads_waiting,
)
from catalogue.imports.services.uploads import cancel_upload, confirm_price_list, send_price_list
from catalogue.listings.rules import REQUIRED
from catalogue.listings.wording import column_label
from marketplace.core.errors import Conflict, Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.paging import page_by_key
from marketplace.web.posted import posted, posted_files
from marketplace.web.problems import show_on, status_of
from supplier_portal.forms import PriceList, PriceListConfirmation

RUNS_A_PAGE = 10
WAITING_SHOWN = 10
PROBLEMS_SHOWN = 100
MOVES_SHOWN = 10


@access("supplier")
@require_http_methods(["GET", "HEAD", "POST"])
def supplier_upload(request: HttpRequest) -> HttpResponse:
    """Take a price list that is to be tried, without changing anything yet."""
    acting = actor(request)
    form, status = PriceList(posted(request), posted_files(request)), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                sent = send_price_list(
                    supplier=acting,
                    content=file.read(),
                    name=file.name,
                    at=timezone.now(),
                    withdraw_missing=form.cleaned_data["withdraw_missing"],
                    encoding="cp1252" if form.cleaned_data["is_windows"] else None,
                    for_all={column: form.cleaned_data[column] for column in FOR_ALL},
                )
            except Refusal as refusal:
                show_on(form, refusal)
                status = status_of(refusal)
            else:
                return redirect("supplier-upload-progress", sent.pk)
    return render(
        request,
        "supplier_portal/upload.html",
        {
            "form": form,
            "waiting": list(uploads_waiting(acting.organisation_id)[:WAITING_SHOWN]),
            "page": page_by_key(
                files_sent(acting.organisation_id),
                request.GET.get("after"),
                keys=("-id",),
                size=RUNS_A_PAGE,
            ),
            "columns": [(column_label(name), name in REQUIRED) for name in COLUMNS],
        },
        status=status,
    )


@access("supplier")
@require_safe
def supplier_upload_progress(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Show how far the worker is with a file; when it has ended, lead to what came of it."""
    sent = upload(actor(request).organisation_id, upload_id)
    if sent.run_id:
        return redirect("supplier-upload-report", sent.run_id)
    return render(request, "supplier_portal/upload_progress.html", {"upload": sent})


@access("supplier")
@require_POST
def supplier_upload_cancel(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Have a file not read after all."""
    cancelled = cancel_upload(supplier=actor(request), upload_id=upload_id, at=timezone.now())
    messages.success(
        request, _("%(name)s is cancelled. Nothing was changed.") % {"name": cancelled.name}
    )
    return redirect("supplier-upload")


@access("supplier")
@require_safe
def supplier_upload_report(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show what a price list would change, or every mistake that is in it."""
    return _report_page(request, run_id, Form())


@access("supplier")
@require_POST
def supplier_upload_confirm(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Have a price list taken in that was tried and found good, or its good rows."""
    asked = PriceListConfirmation(request.POST)
    good_rows = asked.is_valid() and asked.cleaned_data["good_rows"]
    try:
        sent = confirm_price_list(
            supplier=actor(request), run_id=run_id, at=timezone.now(), good_rows=good_rows
        )
    except Conflict as refusal:
        form = Form(request.POST)
        show_on(form, refusal)
        return _report_page(request, run_id, form, status=status_of(refusal))
    return redirect("supplier-upload-progress", sent.pk)


def _report_page(
    request: HttpRequest, run_id: UUID, form: Form, *, status: int = 200
) -> HttpResponse:
    run = import_run(actor(request).organisation_id, run_id)
    report = report_of(run)
    return render(
        request,
        "supplier_portal/upload_report.html",
        {
            "form": form,
            "run": run,
            "report": report,
            "confirmation": confirmation_of(run),
            "problems": report.worded_problems[:PROBLEMS_SHOWN],
            "moves": report.price_moves[:MOVES_SHOWN],
            "has_copy": run.document_id is not None,
        },
        status=status,
    )


@access("supplier")
@require_safe
def supplier_upload_copy(request: HttpRequest, run_id: UUID) -> StreamingHttpResponse:
    """Hand the supplier's own file back, with a last column that says what to mend."""
    found = annotated_run(actor(request).organisation_id, run_id)
    return _handed_back(found, _("what-to-mend"))


@access("supplier")
@require_safe
def supplier_upload_wrong_rows(request: HttpRequest, run_id: UUID) -> StreamingHttpResponse:
    """Hand the rows of the file back that are wrong, each with what to mend."""
    found = annotated_run(actor(request).organisation_id, run_id, wrong_only=True)
    return _handed_back(found, _("rows-to-mend"))


def _handed_back(content: Iterator[bytes], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
