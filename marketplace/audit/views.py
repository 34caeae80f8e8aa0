"""The auditor's pages: what was done, by whom, and whether the record of it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.audit import exports, selectors
from marketplace.audit.forms import EventsForm, SealForm
from marketplace.audit.models import Event
from marketplace.audit.selectors import Wanted
from marketplace.audit.wording import changes, kind_in_words, subject_in_words
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
    wanted = Wanted(**form.cleaned_data) if form.is_valid() else Wanted()
    found = selectors.events_wanted(actor(request).organisation_id, wanted)
    page = page_by_key(found, request.GET.get("after"), keys=("-at", "-id"), size=25)
    facts = {"form": form, "page": page, "about": subject_in_words, "wanted": wanted}
    return render(request, "audit/events.html", facts, status=200 if form.is_valid() else 422)


@access(*READERS)
@require_safe
def event(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Show one event whole."""
    shown = selectors.event(actor(request).organisation_id, event_id)
    facts = {
        "event": shown,
        "changes": changes(shown),
        "about": subject_in_words(shown),
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
def events_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Hand out the events that are asked for as CSV."""
    return file_of(exports.csv_lines(_asked(request)), CSV, "events")


@access(*READERS)
@require_safe
def events_json(request: HttpRequest) -> StreamingHttpResponse:
    """Hand out the events that are asked for as JSON, one a line."""
    return file_of(exports.json_lines(_asked(request)), JSON_LINES, "events")


def _asked(request: HttpRequest) -> Iterator[Event]:
    form = EventsForm(request.GET)
    wanted = Wanted(**form.cleaned_data) if form.is_valid() else Wanted()
    found = selectors.events_wanted(actor(request).organisation_id, wanted)
    return in_lots(found, keys=("-at", "-id"))
