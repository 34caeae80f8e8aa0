"""Questions about bundles, and about what goes into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, CharField, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models import When as Whenever

from invoicing.models import Arrival
from marketplace.audit.models import Event
from marketplace.core.actors import Actor, Role
from marketplace.core.models import TenantQuerySet
from marketplace.core.periods import on_days
from marketplace.desk.bundles.subjects import SUBJECTS, Days
from marketplace.desk.models import AuditBundle
from marketplace.documents.models import Document, DocumentScan, ScanState, ScanVerdict
from marketplace.ordering.models import Order, Transmission

READERS: Final = (Role.AUDITOR, Role.ADMINISTRATOR)
BUNDLE_KEYS: Final = ("-id",)
# What one file takes: it is kept in one row, and made while its worker does nothing else.
MOST_ROWS: Final = 400_000
MOST_BYTES: Final = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Size:
    """How much a bundle would hold. Units: bytes of the originals."""

    rows: int
    originals_bytes: int

    @property
    def is_too_large(self) -> bool:
        """Tell whether it is more than one file takes."""
        return self.rows > MOST_ROWS or self.originals_bytes > MOST_BYTES


def bundles(council_id: UUID) -> TenantQuerySet[AuditBundle]:
    """Return a council's bundles, the latest first (BUNDLE_KEYS for pages by key)."""
    return AuditBundle.objects.of(council_id).order_by(*BUNDLE_KEYS)


def is_bundle_for(reader: Actor, document_id: UUID) -> bool:
    """Tell whether a document is a bundle that this person may read."""
    if not reader.holds(*READERS):
        return False
    return AuditBundle.objects.of(reader.organisation_id).filter(document_id=document_id).exists()


def size_of(council_id: UUID, days: Days) -> Size:
    """Return how much there is of some days: a statement for each subject."""
    counts = [each.rows(council_id, days).order_by().count() for each in SUBJECTS]
    first, last = event_range(council_id, days)
    counts.append(last - first + 1 if last else 0)
    counts.append(events_of_others(council_id, days).count())
    counts.append(documents(council_id, days).order_by().count())
    held = originals(council_id, days).order_by().aggregate(held=Sum("size_bytes"))["held"]
    return Size(sum(counts), held or 0)


def event_range(council_id: UUID, days: Days) -> tuple[int, int]:
    """Return the places of the first and the last event of some days; noughts where is none.

    Why: an event's instant is when its deed began, so that one or two in between may be of the day
    before or after. The chain holds only without a gap.
    """
    rows = Event.objects.filter(on_days("at", days.since, days.until), chain=council_id)
    found = rows.aggregate(first=Min("sequence"), last=Max("sequence"))
    return found["first"] or 0, found["last"] or 0


def events_between(council_id: UUID, first: int, last: int) -> QuerySet[Event]:
    """Return a stretch of a council's chain, in its order."""
    rows = Event.objects.filter(chain=council_id, sequence__gte=first, sequence__lte=last)
    return rows.order_by("sequence")


def events_of_others(council_id: UUID, days: Days) -> QuerySet[Event]:
    """Return what others did with the council in some days, as their chains tell it."""
    rows = Event.objects.filter(
        on_days("at", days.since, days.until), counterparty_id=council_id
    ).exclude(chain=council_id)
    return rows.order_by("at", "pk")


def documents(council_id: UUID, days: Days) -> QuerySet[Any]:
    """Return every paper of some days without its bytes, with how it was found when last scanned.

    Shapes: `is_original` of those whose bytes belong into the bundle; `state` as ScanState has it.
    """
    latest = DocumentScan.objects.filter(document=OuterRef("pk")).order_by("-at", "-id")
    unseen = Case(
        Whenever(from_outside=True, then=Value(ScanState.WAITING.value)),
        default=Value(ScanState.OURS.value),
        output_field=CharField(),
    )
    verdict = Subquery(latest.values("verdict")[:1])
    chosen = _chosen(council_id, days)
    return (
        Document.objects.of(council_id)
        .defer("content")
        .filter(on_days("stored_at", days.since, days.until) | chosen)
        .annotate(verdict=verdict, unseen=unseen)
        .annotate(
            is_original=Case(
                Whenever(verdict=ScanVerdict.HARMFUL, then=Value(False)),
                Whenever(chosen, then=Value(True)),
                default=Value(False),
            )
        )
        .order_by("pk")
    )


def originals(council_id: UUID, days: Days) -> QuerySet[Any]:
    """Return the papers whose bytes belong into the bundle, by hash: none that is harmful."""
    latest = DocumentScan.objects.filter(document=OuterRef("pk")).order_by("-at", "-id")
    found: QuerySet[Any] = (
        Document.objects.of(council_id)
        .filter(_chosen(council_id, days))
        .annotate(verdict=Subquery(latest.values("verdict")[:1]))
        .filter(Q(verdict=None) | ~Q(verdict=ScanVerdict.HARMFUL))
    )
    return found.order_by("sha256", "pk")


def _chosen(council_id: UUID, days: Days) -> Q:
    """Return the condition for what came in as an invoice, or went out as an order."""
    arrived = Arrival.objects.of(council_id).filter(on_days("received_at", days.since, days.until))
    ordered = Order.objects.of(council_id).filter(on_days("raised_at", days.since, days.until))
    sent = Transmission.objects.of(council_id).filter(on_days("at", days.since, days.until))
    return (
        Q(pk__in=arrived.values("document_id"))
        | Q(pk__in=ordered.exclude(pdf=None).values("pdf_id"))
        | Q(pk__in=ordered.exclude(ubl=None).values("ubl_id"))
        | Q(pk__in=sent.values("document_id"))
    )
