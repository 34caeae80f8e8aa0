"""Reading what goes into a bundle, and handing it to the writer, subject by subject."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db.models import QuerySet

from marketplace.audit.models import Event
from marketplace.desk.bundles import selectors
from marketplace.desk.bundles.subjects import SUBJECTS, Days, Subject
from marketplace.desk.bundles.writing import Row, Writer
from marketplace.organisations.models import Organisation

AT_ONCE: Final = 2000
PAPERS_AT_ONCE: Final = 20
EVENT_COLUMNS: Final = (
    "sequence", "at", "verb", "subject_type", "subject_id", "subject_reference", "actor_id",
    "actor_name", "counterparty_id", "note", "before", "after", "previous_hash", "hash",
)  # fmt: skip
DOCUMENT_COLUMNS: Final = (
    "id", "name", "media_type", "size_bytes", "sha256", "from_outside", "stored_at", "state",
    "in_bundle",
)  # fmt: skip
_ENDINGS: Final = {"application/pdf": ".pdf", "application/xml": ".xml", "text/xml": ".xml"}


def write_bundle(
    writer: Writer,
    council: Organisation,
    days: Days,
    *,
    key: Ed25519PrivateKey,
    made_at: datetime,
) -> None:
    """Write everything of some days, and sign it.

    Shapes: a fixed number of statements, whatever there is; the caller holds all of them to one
    state of the database.
    """
    for subject in SUBJECTS:
        rows = _rows(subject, council.pk, days)
        writer.add_rows(subject.name, subject.names, rows, subject.sums.split())
    papers = selectors.documents(council.pk, days).iterator(chunk_size=AT_ONCE)
    writer.add_rows("documents", DOCUMENT_COLUMNS, map(_paper, papers))
    chain = _write_events(writer, council.pk, days)
    _write_originals(writer, council.pk, days)
    said = {
        "council": {"id": str(council.pk), "name": council.name, "slug": council.slug},
        "period": {"since": days.since.isoformat(), "until": days.until.isoformat()},
        "made_at": made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "chain": chain,
    }
    writer.finish(key, said)


def _rows(subject: Subject, council_id: UUID, days: Days) -> Iterator[Row]:
    names = subject.names
    found = subject.rows(council_id, days).values_list(*subject.paths)
    for values in found.iterator(chunk_size=AT_ONCE):
        row = dict(zip(names, values, strict=False))
        if subject.reference:
            row["reference"] = subject.reference(row)
        yield row


def _paper(paper: Any) -> Row:  # noqa: ANN401  # a document with what was asked beside it
    return {
        "id": paper.pk,
        "name": paper.name,
        "media_type": paper.media_type,
        "size_bytes": paper.size_bytes,
        "sha256": paper.sha256,
        "from_outside": paper.from_outside,
        "stored_at": paper.stored_at,
        "state": paper.verdict or paper.unseen,
        "in_bundle": paper.is_original,
    }


def _write_events(writer: Writer, council_id: UUID, days: Days) -> Row:
    """Write the audit trail of some days; return what the manifest says of it."""
    first, last = selectors.event_range(council_id, days)
    ends = {"before": "", "at_end": ""}

    def rows() -> Iterator[Row]:
        for row in _events(selectors.events_between(council_id, first, last)):
            ends["before"] = ends["before"] or row["previous_hash"]
            ends["at_end"] = row["hash"]
            yield row

    columns = (*EVENT_COLUMNS, "body")
    count = writer.add_rows("events", columns, rows())
    writer.add_rows(
        "events_of_others", columns, _events(selectors.events_of_others(council_id, days))
    )
    return {
        "chain": str(council_id),
        "events": count,
        "first_sequence": first,
        "last_sequence": last,
        "hash_before": ends["before"],
        "hash_at_end": ends["at_end"],
    }


def _events(found: QuerySet[Event]) -> Iterator[Row]:
    for event in found.iterator(chunk_size=AT_ONCE):
        row: Row = {name: getattr(event, name) for name in EVENT_COLUMNS}
        row["before"], row["after"] = _json(event.before), _json(event.after)
        row["previous_hash"], row["hash"] = event.previous_hex, event.hash_hex
        yield {**row, "body": event.body}


def _json(facts: object) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)


def _write_originals(writer: Writer, council_id: UUID, days: Days) -> None:
    """Write the bytes of what came in and went out, each once."""
    written = ""
    papers = selectors.originals(council_id, days).iterator(chunk_size=PAPERS_AT_ONCE)
    for paper in papers:
        if paper.sha256 != written:
            ending = _ENDINGS.get(paper.media_type, ".bin")
            path = PurePosixPath("originals", paper.sha256 + ending)
            writer.add(str(path), [bytes(paper.content)])
        written = paper.sha256
