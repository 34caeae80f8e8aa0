"""Where the things that events speak of can be looked at.

The trail knows of a thing its kind, its key and its number, and not who keeps it. Each package
whose things have pages says so from its AppConfig.ready, so that this one need not know who stands
above it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from marketplace.audit.models import Event
from marketplace.core.actors import Actor


@dataclass(frozen=True, slots=True)
class _Pages:
    name: str
    roles: frozenset[str]


# What came before things, or after them, by keys: an organisation's own alone.
Neighbours = Callable[[UUID, Collection[UUID]], set[UUID]]

_PAGES: dict[str, _Pages] = {}
_BEFORE: list[Neighbours] = []
_AFTER: list[Neighbours] = []


def register(subject_type: str, page: str, roles: tuple[str, ...]) -> None:
    """Say which page shows things of a kind by their key, and to whom."""
    _PAGES[subject_type] = _Pages(page, frozenset(roles))


def tell_stories(*, before: Neighbours, after: Neighbours) -> None:
    """Say what things of a package came from, and what came of them."""
    _BEFORE.append(before)
    _AFTER.append(after)


def story_of(organisation_id: UUID, subject_id: UUID) -> set[UUID]:
    """Return the keys of a thing, of what led to it and of what came of it.

    Why: who asks about an order asks who wanted it, what came of it and what was paid. What else
    came of the same beginnings, the other orders of its requisition say, is another story.
    """
    return _walked(_BEFORE, organisation_id, subject_id) | _walked(
        _AFTER, organisation_id, subject_id
    )


def _walked(steps: list[Neighbours], organisation_id: UUID, subject_id: UUID) -> set[UUID]:
    """Return all that is reached by some steps, again and again, the start among it."""
    found, fresh = {subject_id}, {subject_id}
    while fresh:
        fresh = {key for step in steps for key in step(organisation_id, fresh)} - found
        found |= fresh
    return found


def page_of(event: Event, reader: Actor) -> str:
    """Return the address of what an event is about, nothing where the reader may not open it.

    Why: what has no number yet is somebody's draft, and opens for nobody else.
    """
    pages = _PAGES.get(event.subject_type)
    if pages is None or not event.subject_reference or not reader.holds(*pages.roles):
        return ""
    return reverse(pages.name, args=[event.subject_id])
