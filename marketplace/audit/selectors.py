"""Questions about the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet

from marketplace.audit.canonical import GENESIS, canonical, chained
from marketplace.audit.models import ChainHead, Event

COPIES = (
    "verb", "subject_type", "subject_reference", "actor_name", "before", "after", "note",
    "request_id",
)  # fmt: skip


def events_of(organisation_id: UUID) -> QuerySet[Event]:
    """Return what an organisation may read: its own chain and what others did with it."""
    mine = Q(chain=organisation_id) | Q(counterparty_id=organisation_id)
    return Event.objects.filter(mine).order_by("-at", "-id")


def timeline(*subjects: models.Model) -> QuerySet[Event]:
    """Return what was done to these, oldest first, as far as the acting organisation may see it."""
    return Event.objects.filter(subject_id__in=[each.pk for each in subjects]).order_by("at", "id")


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a chain does not hold."""

    chain: UUID
    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """What a walk along one chain found: its length, its end and the breaks in it."""

    chain: UUID
    events: int
    head: str
    breaks: tuple[Break, ...]


def chain_verdict(chain: UUID) -> ChainVerdict:
    """Walk one chain from its start and hold every event against the hash before it.

    Shapes: an untouched chain has no breaks. A changed, removed, added or moved row, and an end
    that is not where the head says, each give one.
    """
    previous, place, breaks = GENESIS, 0, list[Break]()
    for event in _walk(chain):
        place += 1
        reason = _wrong_with(event, place, previous)
        if reason:
            breaks.append(Break(chain, event.sequence, reason))
            place = event.sequence
        previous = bytes(event.hash)
    head = ChainHead.objects.filter(chain=chain).first()
    if head is None and place:
        breaks.append(Break(chain, place, "The chain has events but no recorded end."))
    elif head is not None and (head.sequence, bytes(head.hash)) != (place, previous):
        breaks.append(Break(chain, place, f"The chain should end at event {head.sequence}."))
    return ChainVerdict(chain, place, previous.hex(), tuple(breaks))


def chains() -> list[UUID]:
    """Return every chain there is, by key."""
    return list(ChainHead.objects.order_by("chain").values_list("chain", flat=True))


def _walk(chain: UUID) -> Iterator[Event]:
    return Event.objects.filter(chain=chain).order_by("sequence").iterator(chunk_size=2000)


def _wrong_with(event: Event, place: int, previous: bytes) -> str:
    """Return what does not hold at one event, or nothing."""
    if event.sequence != place:
        return f"Event {place} is missing."
    if bytes(event.previous_hash) != previous:
        return "It does not stand on the event before it."
    if chained(previous, event.body) != bytes(event.hash):
        return "Its words were changed after it was recorded."
    if canonical(_facts(event)) != event.body:
        return "A column differs from the words that were recorded."
    return ""


def _facts(event: Event) -> dict[str, object]:
    facts: dict[str, object] = {name: getattr(event, name) for name in COPIES}
    for name in ("id", "chain", "at", "subject_id", "actor_id", "counterparty_id"):
        facts[name] = getattr(event, name)
    return facts
