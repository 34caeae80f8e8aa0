"""The auditor's pages: what was done, by whom, and whether the record of it is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.audit import exports, selectors
from marketplace.audit.forms import EventsForm, SealForm
from marketplace.audit.models import Event
from marketplace.audit.selectors import Wanted
from marketplace.audit.subjects import page_of
from marketplace.audit.wording import changes, kind_in_words
from marketplace.web.access import access
from marketplace.web.actors import actor
from marketplace.web.downloads import CSV, JSON_LINES, file_of, in_lots
from marketplace.web.paging import page_by_key

READERS = ("auditor", "administrator")
# About five seconds of walking: what is longer belongs to the command, not to a page.
LONGEST_WALK = 100_000


@access(*READERS)
@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """List what was done, the newest first."""
    form = EventsForm(request.GET)
    if not form.is_valid():
        return _not_understood(request, form)
    wanted = Wanted(**form.cleaned_data)
    found = selectors.events_wanted(actor(request).organisation_id, wanted)
    page = page_by_key(found, request.GET.get("after"), keys=("-at", "-id"), size=25)
    facts = {
        "form": form,
        "page": page,
        "kind": kind_in_words,
        "page_of": partial(page_of, reader=actor(request)),
        "wanted": wanted,
        "told_of": _told_of(page.rows, wanted),
    }
    return render(request, "audit/events.html", facts)


@access(*READERS)
@require_safe
def event(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Show one event whole."""
    shown = selectors.event(actor(request).organisation_id, event_id)
    facts = {
        "event": shown,
        "changes": changes(shown),
        "address": page_of(shown, actor(request)),
        "kind": kind_in_words(shown),
    }
    return render(request, "audit/event.html", facts)


@access(*READERS)
@require_safe
def chain(request: HttpRequest) -> HttpResponse:
    """Walk the organisation's whole chain now, and say whether it holds."""
    organisation_id = actor(request).organisation_id
    form = SealForm(request.GET)
    if selectors.chain_length(organisation_id) > LONGEST_WALK:
        return render(request, "audit/chain.html", {"verdict": None, "form": form})
    verdict = selectors.chain_verdict(organisation_id, published=form.published())
    return render(request, "audit/chain.html", {"verdict": verdict, "form": form})


@access(*READERS)
@require_safe
def events_csv(request: HttpRequest) -> HttpResponseBase:
    """Hand out the events that are asked for as CSV."""
    return _file(request, exports.csv_lines, CSV)


@access(*READERS)
@require_safe
def events_json(request: HttpRequest) -> HttpResponseBase:
    """Hand out the events that are asked for as JSON, one a line."""
    return _file(request, exports.json_lines, JSON_LINES)


def _file(
    request: HttpRequest, lines: Callable[[Iterator[Event]], Iterator[str]], kind: str
) -> HttpResponseBase:
    form = EventsForm(request.GET)
    if not form.is_valid():
        return _not_understood(request, form)
    found = selectors.events_wanted(actor(request).organisation_id, Wanted(**form.cleaned_data))
    return file_of(lines(in_lots(found, keys=("-at", "-id"))), kind, "events")


def _told_of(rows: list[Event], wanted: Wanted) -> str:
    """Return the number of the thing whose story is asked for, nothing where none is at hand."""
    found = (row.subject_reference for row in rows if row.subject_id == wanted.subject)
    return next(found, "")


def _not_understood(request: HttpRequest, form: EventsForm) -> HttpResponse:
    """Say what is wrong with a search, and show nothing.

    Why: whoever is handed more than they asked for takes it for what they asked for.
    """
    facts = {"form": form, "page": None, "wanted": Wanted(), "told_of": ""}
    return render(request, "audit/events.html", facts, status=422)
