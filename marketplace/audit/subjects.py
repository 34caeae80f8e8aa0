"""Where the things that events speak of can be looked at.

The trail knows of a thing its kind, its key and its number, and not who keeps it. Each package
whose things have pages says so from its AppConfig.ready, so that this one need not know who stands
above it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from marketplace.audit.models import Event
from marketplace.core.actors import Actor


@dataclass(frozen=True, slots=True)
class _Pages:
    name: str
    roles: frozenset[str]


_PAGES: dict[str, _Pages] = {}


def register(subject_type: str, page: str, roles: tuple[str, ...]) -> None:
    """Say which page shows things of a kind by their key, and to whom."""
    _PAGES[subject_type] = _Pages(page, frozenset(roles))


def page_of(event: Event, reader: Actor) -> str:
    """Return the address of what an event is about, nothing where the reader may not open it.

    Why: what has no number yet is somebody's draft, and opens for nobody else.
    """
    pages = _PAGES.get(event.subject_type)
    if pages is None or not event.subject_reference or not reader.holds(*pages.roles):
        return ""
    return reverse(pages.name, args=[event.subject_id])
