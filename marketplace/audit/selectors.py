"""Questions about the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection, models
from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower, StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext as _

from marketplace.audit.canonical import GENESIS, canonical, chained
from marketplace.audit.models import ChainHead, Event
from marketplace.audit.subjects import story_of
from marketplace.core.errors import Missing
from marketplace.core.periods import on_days

COPIES = (
    "verb", "subject_type", "subject_reference", "actor_name", "before", "after", "note",
    "request_id",
)  # fmt: skip
# Parts of texts that more events have are common, and an index by trigrams knows no shorter ones.
MOST_FOUND = 1000
SHORTEST_PART = 3
_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "\\%_"})
# From each verb to the next one, which is a step in an index and no walk over all that was done.
_VERBS = """
    WITH RECURSIVE own(verb) AS (
        (SELECT verb FROM audit_event WHERE chain = %(whose)s ORDER BY verb LIMIT 1)
        UNION ALL
        SELECT (
            SELECT next.verb FROM audit_event next
            WHERE next.chain = %(whose)s AND next.verb > own.verb ORDER BY next.verb LIMIT 1
        )
        FROM own WHERE own.verb IS NOT NULL
    ), others(verb) AS (
        (SELECT verb FROM audit_event WHERE counterparty_id = %(whose)s ORDER BY verb LIMIT 1)
        UNION ALL
        SELECT (
            SELECT next.verb FROM audit_event next
            WHERE next.counterparty_id = %(whose)s AND next.verb > others.verb
            ORDER BY next.verb LIMIT 1
        )
        FROM others WHERE others.verb IS NOT NULL
    )
    SELECT verb FROM own WHERE verb IS NOT NULL
    UNION SELECT verb FROM others WHERE verb IS NOT NULL ORDER BY verb
"""
_EXPECTED: list[Callable[[], Iterable[UUID]]] = []


Sides = tuple[QuerySet[Event], QuerySet[Event]]


def deeds_since(organisation_id: UUID, verbs: Collection[str], since: datetime) -> int:
    """Return how often an organisation did one of these, for itself or for another one.

    Shapes: only what the connection may see; each half is read by an index of verbs.
    """
    done = Event.objects.filter(verb__in=verbs, at__gt=since)
    others = done.filter(counterparty_id=organisation_id).exclude(chain=organisation_id)
    return done.filter(chain=organisation_id).count() + others.count()


def _sides(organisation_id: UUID) -> Sides:
    """Return what an organisation may read: its own chain, and what others did with it.

    Why: asked for with "or", the newest events of a long trail are found only by sorting all of it.
    """
    own = Event.objects.filter(chain=organisation_id)
    others = Event.objects.filter(counterparty_id=organisation_id)
    return own, others.exclude(chain=organisation_id)


def events_of(organisation_id: UUID, count: int) -> list[Event]:
    """Return the newest events that an organisation may read, the newest first."""
    own, others = (side.order_by("-at", "-id")[:count] for side in _sides(organisation_id))
    return list(own.union(others, all=True).order_by("-at", "-id")[:count])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events somebody asks for; what is left empty leaves nothing out.

    Shapes: `words` are in the subject's reference or in the note, `verb` is the beginning of one,
    `person` is in the actor's name; both days are meant whole, in local time. `subject` is a thing
    whose whole story is asked for: what led to it and what came of it too.
    """

    words: str = ""
    verb: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None
    subject: UUID | None = None


def events_wanted(organisation_id: UUID, wanted: Wanted) -> Sides:
    """Return the events that somebody asks for: of their own chain, and of others'."""
    own, others = _sides(organisation_id)
    texts = (wanted.words, wanted.person)
    parts = [text.lower() for text in texts if len(text) >= SHORTEST_PART]
    keys = _keys_with(parts) if parts else None
    if keys is not None:
        own, others = own.filter(pk__in=keys), others.filter(pk__in=keys)
    if wanted.verb:
        verbs = _verbs_beginning(organisation_id, wanted.verb)
        own, others = own.filter(verb__in=verbs), others.filter(verb__in=verbs)
    if wanted.subject:
        story = story_of(organisation_id, wanted.subject)
        own, others = own.filter(subject_id__in=story), others.filter(subject_id__in=story)
    return _wanted(own, wanted), _wanted(others, wanted)


def _verbs_beginning(organisation_id: UUID, beginning: str) -> list[str]:
    """Return the verbs in what an organisation may read that begin like this.

    Why: behind the walls an index is used for a comparison of whole verbs, and not for how one
    begins. There are a few dozen verbs however long the trail is, and each is one step in an index.
    """
    with connection.cursor() as cursor:
        cursor.execute(_VERBS, {"whose": organisation_id})
        found = [verb for (verb,) in cursor.fetchall()]
    return [verb for verb in found if verb.lower().startswith(beginning.lower())]


def _keys_with(parts: list[str]) -> list[UUID] | None:
    """Return the keys of the events that have all these parts somewhere; None if that is common.

    Why: what is rare is found by an index that only a function of the owner's may use; what is
    common is soon met by whoever walks the trail.
    """
    patterns = [f"%{part.translate(_ESCAPED)}%" for part in parts]
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_events_with(%s, %s)", [patterns, MOST_FOUND + 1])
        found = [key for (key,) in cursor.fetchall()]
    return found if len(found) <= MOST_FOUND else None


def _wanted(found: QuerySet[Event], wanted: Wanted) -> QuerySet[Event]:
    if wanted.words:
        found = found.filter(
            Q(_has(F("subject_reference"), wanted.words)) | Q(_has(F("note"), wanted.words))
        )
    if wanted.person:
        found = found.filter(_has(F("actor_name"), wanted.person))
    return found.filter(on_days("at", wanted.since, wanted.until))


def _has(text: Combinable, part: str) -> GreaterThan:
    """Return the condition that a text has a part, whatever is written in capitals.

    Why: behind the walls the database takes LIKE for something rare and sorts all that has it. Of a
    place it expects that many have one, and so walks the trail until the page is full.
    """
    return GreaterThan(StrIndex(Lower(text), Lower(Value(part))), 0)


def event(organisation_id: UUID, event_id: UUID) -> Event:
    """Return one event.

    Raises: Missing when there is none, or it is not this organisation's to read.
    """
    mine = Q(chain=organisation_id) | Q(counterparty_id=organisation_id)
    found = Event.objects.filter(mine, pk=event_id).first()
    if found is None:
        raise Missing(_("There is no such event."))
    return found


def timeline(*subjects: models.Model) -> QuerySet[Event]:
    """Return what was done to these, oldest first, as far as the acting organisation may see it."""
    return Event.objects.filter(subject_id__in=[each.pk for each in subjects]).order_by("at", "id")


def timeline_with_lists(subject: models.Model, *, owner_id: UUID, names_it: Q) -> QuerySet[Event]:
    """Return what was done to this, oldest first, alone or by a list whose event is its owner's.

    Shapes: `names_it` is the condition on an event of the owner's under which it speaks of this.
    Why: behind the walls only the plain comparison of keys may use the index; what an event says
    is looked into afterwards, among the owner's few.
    """
    own_or_lists = Event.objects.filter(subject_id__in=[subject.pk, owner_id])
    return own_or_lists.filter(Q(subject_id=subject.pk) | names_it).order_by("at", "id")


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


def chain_verdict(
    chain: UUID, *, published: Mapping[int, str] | None = None, expected: bool = False
) -> ChainVerdict:
    """Walk one chain from its start and hold every event against the hash before it.

    Shapes: `published` are ends of this chain that were written down elsewhere, place to hash in
    hex: only they show that somebody wrote the whole chain anew. An `expected` chain breaks also
    where nothing of it is left. An untouched chain has no breaks.
    A changed, removed, added or moved row, and an end that is not where the head says, each give
    one.
    """
    outside = dict(published or {})
    previous, place, breaks = GENESIS, 0, list[Break]()
    for event in _walk(chain):
        place += 1
        reason = _wrong_with(event, place, previous)
        previous = bytes(event.hash)
        if not reason and outside.pop(event.sequence, previous.hex()) != previous.hex():
            reason = _("It is not the event that was published in this place.")
        if reason:
            breaks.append(Break(chain, event.sequence, reason))
            place = event.sequence
    for missing in sorted(number for number in outside if number > place):
        breaks.append(Break(chain, missing, _("It was published, and the chain ends before it.")))
    breaks += _wrong_with_end(chain, place, previous)
    if expected and not place and not breaks:
        breaks.append(Break(chain, 0, _("There should be a chain, and nothing is left of it.")))
    return ChainVerdict(chain, place, previous.hex(), tuple(breaks))


def chain_length(chain: UUID) -> int:
    """Return how many events a chain should have."""
    head = ChainHead.objects.filter(chain=chain).first()
    return head.sequence if head else 0


def chains() -> list[UUID]:
    """Return every chain there is, by key, also one of which only events or only the end is left.

    Reads every event's key, which is little beside walking the chains.
    """
    ends = ChainHead.objects.values_list("chain", flat=True)
    begun = Event.objects.order_by().values_list("chain", flat=True).distinct()
    return sorted({*ends, *begun})


def expect_chains(of: Callable[[], Iterable[UUID]]) -> None:
    """Name those who must have a chain, so that one that is wholly gone is missed.

    Why: the trail stands below the organisations, and cannot ask them itself.
    """
    if of not in _EXPECTED:
        _EXPECTED.append(of)


def expected_chains() -> set[UUID]:
    """Return the keys of the chains that must be there."""
    return {chain for of in _EXPECTED for chain in of()}


def _wrong_with_end(chain: UUID, place: int, last: bytes) -> list[Break]:
    """Return what does not hold between a chain's last event and its recorded end."""
    head = ChainHead.objects.filter(chain=chain).first()
    if head is None:
        reason = _("The chain has events but no recorded end.") if place else ""
    elif (head.sequence, bytes(head.hash)) != (place, last):
        reason = _("The chain should end at event %(place)s, with another hash.") % {
            "place": head.sequence
        }
        if head.sequence != place:
            reason = _("The chain should end at event %(place)s.") % {"place": head.sequence}
    else:
        reason = ""
    return [Break(chain, place, reason)] if reason else []


def _walk(chain: UUID) -> Iterator[Event]:
    return Event.objects.filter(chain=chain).order_by("sequence").iterator(chunk_size=2000)


def _wrong_with(event: Event, place: int, previous: bytes) -> str:
    """Return what does not hold at one event, or nothing."""
    if event.sequence != place:
        return _("Event %(place)s is missing.") % {"place": place}
    if bytes(event.previous_hash) != previous:
        return _("It does not stand on the event before it.")
    if chained(previous, event.body) != bytes(event.hash):
        return _("Its words were changed after it was recorded.")
    return "" if _repeats(event) else _("A column differs from the words that were recorded.")


def _repeats(event: Event) -> bool:
    """Tell whether the columns say what the words say."""
    try:
        return canonical(_facts(event)) == event.body
    except TypeError:  # a float, say, which was never recorded
        return False


def _facts(event: Event) -> dict[str, object]:
    facts: dict[str, object] = {name: getattr(event, name) for name in COPIES}
    for name in ("id", "chain", "at", "subject_id", "actor_id", "counterparty_id"):
        facts[name] = getattr(event, name)
    return facts
