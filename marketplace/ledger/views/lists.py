"""What the pages of every list of codes have in common: to see, add, change, retire and bring in.

Each list says what differs in a ListPages; its own views name who may open them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.core.actors import Actor
from marketplace.core.errors import Refusal
from marketplace.core.models import TenantQuerySet
from marketplace.core.tables.checked import Column
from marketplace.core.tables.written import csv_lines
from marketplace.ledger.forms import CodeForm, FileForm, ListSearch, SeenFileForm, SeenForm
from marketplace.ledger.selectors.sent_files import sent_codes_file
from marketplace.ledger.selectors.trail import code_timeline
from marketplace.ledger.services.code_lists import Difference, add_code, change_code
from marketplace.ledger.services.files import (
    FileReport,
    ListFile,
    look_at_codes_file,
    take_codes_file,
)
from marketplace.ledger.services.sent_files import send_codes_file
from marketplace.organisations.selectors.people import names_of
from marketplace.web.actors import actor
from marketplace.web.paging import page_by_key
from marketplace.web.posted import posted, posted_files
from marketplace.web.problems import show_on, status_of

PAGE_SIZE = 50
MOST_SHOWN = 200

# A code, whether it is new, and what differs: column, before, after.
Told = tuple[str, bool, list[tuple[str, str, str]]]


@dataclass(frozen=True, slots=True)
class ListWords:
    """What the pages of a list say; each lazily translated."""

    title: Any
    what: Any
    who: Any
    add: Any
    bring_in: Any
    nothing_yet: Any
    when_retired: Any


@dataclass(frozen=True, slots=True)
class ListPages:
    """One list: its file, its words, its questions and its form.

    Shapes: `noun` begins the names of its addresses ("cost-centre", "cost-centres-file"); `rows`
    takes council, words and whether in use; `facts_shown` gives a row's cells for the table after
    code and name, under `headings`; `behind` says in words what retiring one affects.
    """

    noun: str
    file: ListFile
    words: ListWords
    rows: Callable[..., TenantQuerySet[Any]]
    cells: Callable[[Iterable[Any]], Iterable[list[str]]]
    form: type[CodeForm]
    headings: tuple[Any, ...]
    facts_shown: Callable[[Any], list[object]]
    behind: Callable[[Any], list[str]]

    def may_keep(self, reader: Actor) -> bool:
        """Tell whether somebody may change the list."""
        return reader.holds(*self.file.codes.keepers)

    def in_words(
        self, difference: Difference, names: dict[UUID, str]
    ) -> list[tuple[str, str, str]]:
        """Return what differs about one code: the column, what it said and what it says."""
        return [
            (
                self.file.label(name),
                said(difference.before.get(name), names),
                said(value, names),
            )
            for name, value in difference.after.items()
            if difference.before or value not in (None, "", [])
        ]


def said(value: object, names: dict[UUID, str]) -> str:
    """Return a fact in words; `names` are those of people."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, UUID):
        return names.get(value, _("somebody who has left"))
    text = ", ".join(value) if isinstance(value, list) else str(value or "")
    return text or _("nothing")


def _told(pages: ListPages, council_id: UUID, report: FileReport | None) -> list[Told]:
    """Return the differences of a file in words, as many as one page shows."""
    if report is None or report.is_refused:
        return []
    shown: tuple[Difference, ...] = report.outcome.differences[:MOST_SHOWN]
    facts = [
        value for each in shown for part in (each.before, each.after) for value in part.values()
    ]
    names = names_of(council_id, {value for value in facts if isinstance(value, UUID)})
    return [(each.code, each.is_new, pages.in_words(each, names)) for each in shown]


def show_list(request: HttpRequest, pages: ListPages) -> HttpResponse:
    """Answer with a page of a list; those that are retired stand apart."""
    reader = actor(request)
    form = ListSearch(request.GET or None)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else {}
    words, retired = asked.get("words") or "", bool(asked.get("retired"))
    rows = pages.rows(reader.organisation_id, words=words, is_active=not retired)
    shown = {
        "pages": pages,
        "form": form,
        "words": words,
        "retired": retired,
        "page": page_by_key(rows, request.GET.get("after"), keys=("code", "id"), size=PAGE_SIZE),
        "may_keep": pages.may_keep(reader),
    }
    return render(request, "ledger/codes.html", shown)


def add_one(request: HttpRequest, pages: ListPages) -> HttpResponse:
    """Answer with the form for a new code, or add it."""
    keeper = actor(request)
    form, status = pages.form(posted(request), council_id=keeper.organisation_id), 200
    if request.method == "POST" and form.is_valid():
        try:
            made = add_code(
                codes=pages.file.codes,
                keeper=keeper,
                code=form.cleaned_data["code"],
                facts=form.facts(),
                at=timezone.now(),
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("%(code)s was added.") % {"code": made.code})
            return redirect(f"{pages.noun}s")
    if form.errors and status == 200:
        status = 422
    return render(request, "ledger/code_add.html", {"form": form, "pages": pages}, status=status)


def show_one(request: HttpRequest, pages: ListPages, code_id: UUID) -> HttpResponse:
    """Answer with one code and what was done to it, or change it."""
    keeper = actor(request)
    row = pages.rows(keeper.organisation_id).one(code_id)
    form, status = pages.form(posted(request), council_id=keeper.organisation_id, row=row), 200
    if request.method == "POST" and form.is_valid():
        try:
            _change(pages, keeper, row, form.cleaned_data["version"], form.facts())
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("%(code)s is saved.") % {"code": row.code})
            return redirect(f"{pages.noun}s")
    if form.errors and status == 200:
        status = 422
    page = {
        "form": form,
        "pages": pages,
        "row": row,
        "events": code_timeline(row, pages.file.codes.noun),
    }
    return render(request, "ledger/code.html", page, status=status)


def _change(
    pages: ListPages,
    keeper: Actor,
    row: Any,  # noqa: ANN401  # a row of any list
    version: int,
    facts: Mapping[str, Any],
) -> None:
    """Change a code as of now, if it is of the version that somebody saw."""
    change_code(
        codes=pages.file.codes,
        keeper=keeper,
        code_id=row.pk,
        version=version,
        facts=facts,
        at=timezone.now(),
    )


def retire_one(request: HttpRequest, pages: ListPages, code_id: UUID) -> HttpResponse:
    """Ask once more, say what it affects, and then offer a code no longer."""
    keeper = actor(request)
    row = pages.rows(keeper.organisation_id).one(code_id)
    form, status = SeenForm(posted(request), initial={"version": row.version}), 200
    if request.method == "POST" and form.is_valid():
        try:
            _change(pages, keeper, row, form.cleaned_data["version"], {"is_active": False})
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("%(code)s is retired.") % {"code": row.code})
            return redirect(f"{pages.noun}s")
    elif request.method == "POST":
        status = 422
    page = {"form": form, "pages": pages, "row": row, "behind": pages.behind(row)}
    return render(request, "ledger/code_retire.html", page, status=status)


def bring_one_back(request: HttpRequest, pages: ListPages, code_id: UUID) -> HttpResponse:
    """Offer a code again."""
    keeper = actor(request)
    row = pages.rows(keeper.organisation_id).one(code_id)
    _change(pages, keeper, row, row.version, {"is_active": True})
    messages.success(request, _("%(code)s is in use again.") % {"code": row.code})
    return redirect(pages.noun, code_id)


def send_file(request: HttpRequest, pages: ListPages) -> HttpResponse:
    """Answer with the form for a file, or keep what was sent and go on to look at it."""
    form, status = FileForm(posted(request), posted_files(request)), 200
    if request.method == "POST":
        if form.is_valid():
            file = form.cleaned_data["file"]
            sent = send_codes_file(
                codes=pages.file.codes,
                sender=actor(request),
                name=file.name,
                content=file.read(),
                at=timezone.now(),
            )
            return redirect(f"{pages.noun}s-file-look", sent.pk)
        status = 422
    page = {"form": form, "pages": pages, "columns": pages.file.columns}
    return render(request, "ledger/codes_file.html", page, status=status)


def look_at_file(request: HttpRequest, pages: ListPages, file_id: UUID) -> HttpResponse:
    """Show what a file would change, or every mistake in it; take it in when that is confirmed."""
    keeper = actor(request)
    name, content = sent_codes_file(keeper.organisation_id, pages.file.codes.noun, file_id)
    form, status = SeenFileForm(posted(request)), 200
    report: FileReport | None = None
    try:
        confirmed = request.method == "POST" and form.is_valid()
        report = (
            take_codes_file(
                file=pages.file,
                keeper=keeper,
                content=content,
                at=timezone.now(),
                seen=form.cleaned_data["mark"],
            )
            if confirmed
            else look_at_codes_file(file=pages.file, keeper=keeper, content=content)
        )
        if confirmed and not report.is_refused:
            messages.success(request, _("The file is in."))
            return redirect(f"{pages.noun}s")
    except Refusal as refusal:
        show_on(form, refusal)
        status = status_of(refusal)
    if report and report.is_refused:
        status = 422 if request.method == "POST" else 200
    page = {
        "form": form,
        "pages": pages,
        "report": report,
        "name": name,
        "told": _told(pages, keeper.organisation_id, report),
    }
    return render(request, "ledger/codes_file_look.html", page, status=status)


def hand_out_file(request: HttpRequest, pages: ListPages) -> HttpResponse:
    """Hand out the list as a file that can be changed and sent back."""
    rows = pages.rows(actor(request).organisation_id)
    return as_file(pages.file.columns, pages.cells(rows), f"{pages.noun}s.csv")


def as_file(
    columns: Iterable[Column], cells: Iterable[Iterable[object]], name: str
) -> HttpResponse:
    """Return a file of separated values under the headings of our template."""
    text = "".join(csv_lines([column.label for column in columns], cells))
    response = HttpResponse(text.encode(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
