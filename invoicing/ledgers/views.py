"""Pages about handing journals to the finance ledger."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from invoicing.ledgers.books import books_name, books_until
from invoicing.ledgers.forms import Acknowledgement, UntilDay
from invoicing.ledgers.selectors import (
    EXPORT_KEYS,
    MOST_JOURNALS,
    READERS,
    exports,
    waiting_for_export,
)
from invoicing.ledgers.services import acknowledge_export, build_export
from marketplace.core.actors import Role
from marketplace.core.errors import Refusal
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.downloads import attached
from marketplace.web.paging import page_by_key
from marketplace.web.problems import show_on, status_of


@access(*READERS)
@require_safe
def ledger_exports(request: HttpRequest) -> HttpResponse:
    """List what was handed to the finance ledger, the latest first."""
    reader = actor(request)
    found = exports(reader.organisation_id)
    page = {
        "page": page_by_key(found, request.GET.get("after"), keys=EXPORT_KEYS, size=25),
        "waits": waiting_for_export(reader.organisation_id, until=timezone.localdate()),
        "may_build": reader.holds(Role.FINANCE),
        "today": timezone.localdate(),
    }
    return render(request, "invoicing/ledger_exports.html", page)


@access(Role.FINANCE)
@require_http_methods(["GET", "POST"])
def ledger_export_build(request: HttpRequest) -> HttpResponse:
    """Show what a file up to a day would hold, and make it."""
    finance = actor(request)
    today = {"until_on": timezone.localdate().isoformat()}
    form = UntilDay(request.POST if request.method == "POST" else request.GET or today)
    status = 200 if form.is_valid() else 422
    until_on: date | None = form.cleaned_data.get("until_on")
    if request.method == "POST" and until_on:
        try:
            made = build_export(finance=finance, until_on=until_on, at=timezone.now())
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("%(file)s is made.") % {"file": made.reference})
            return redirect("ledger-export", made.pk)
    waits = waiting_for_export(finance.organisation_id, until=until_on) if until_on else None
    page = {"form": form, "waits": waits, "until_on": until_on, "most": MOST_JOURNALS}
    return render(request, "invoicing/ledger_export_build.html", page, status=status)


@access(*READERS)
@require_safe
def ledger_export(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Show one file: what it holds, and what it must come to on the other side."""
    reader = actor(request)
    page = {
        "export": exports(reader.organisation_id).one(export_id),
        "left": waiting_for_export(reader.organisation_id, until=timezone.localdate()).journals,
        "may_acknowledge": reader.holds(Role.FINANCE),
    }
    return render(request, "invoicing/ledger_export.html", page)


@access(Role.FINANCE)
@require_http_methods(["GET", "POST"])
def ledger_export_acknowledge(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Write down that the finance ledger has taken a file."""
    finance = actor(request)
    export = exports(finance.organisation_id).one(export_id)
    form, status = Acknowledgement(request.POST if request.method == "POST" else None), 200
    if request.method == "POST" and form.is_valid():
        try:
            acknowledge_export(
                export_id=export_id,
                finance=finance,
                reference=form.cleaned_data["reference"],
                at=timezone.now(),
            )
        except Refusal as refusal:
            show_on(form, refusal)
            status = status_of(refusal)
        else:
            words = _("The finance ledger has taken %(file)s.") % {"file": export.reference}
            messages.success(request, words)
            return redirect("ledger-export", export_id)
    if form.errors and status == 200:
        status = 422
    page = {"form": form, "export": export}
    return render(request, "invoicing/ledger_export_acknowledge.html", page, status=status)


@access(*READERS)
@require_safe
def ledger_books(request: HttpRequest) -> HttpResponse:
    """Ask until which day, and hand out the whole of the books for plain-text accounting."""
    form = UntilDay(request.GET or None, initial={"until_on": timezone.localdate()})
    if form.is_valid():
        until_on = form.cleaned_data["until_on"]
        books = books_until(actor(request).organisation_id, until_on)
        return attached(books, books_name(until_on))
    status = 422 if form.is_bound else 200
    return render(request, "invoicing/ledger_books.html", {"form": form}, status=status)
