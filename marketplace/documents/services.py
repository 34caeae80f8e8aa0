"""Keeping documents."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from marketplace.audit.services import record
from marketplace.core.tenancy import stewardship
from marketplace.documents import clamd
from marketplace.documents.models import Document, DocumentScan, ScanVerdict
from marketplace.jobs.services import wake

SCANS_OWED_AT_ONCE = 1000


def store_document(
    *,
    organisation_id: UUID,
    name: str,
    media_type: str,
    content: bytes,
    at: datetime,
    counterparty_id: UUID | None = None,
    from_outside: bool = False,
    stored_by_id: UUID | None = None,
) -> Document:
    """Keep the bytes, or find the same ones that are kept already.

    Shapes: a document belongs to `organisation_id` and may be read by `counterparty_id` too.
    The same bytes under the same name for the same two sides are one document, unless one was
    made here and one came from outside. A name keeps its last part and loses what a header or a
    folder would stumble over. Where a scanner is connected, it is to look at what came from
    outside. `stored_by_id` is the side that hands it over, its owner if not given: a supplier may
    put what it sends to a council into the council's keeping.
    """
    document = Document(
        organisation_id=organisation_id,
        counterparty_id=counterparty_id,
        name=_safe_name(name),
        media_type=media_type,
        content=content,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        from_outside=from_outside,
        stored_at=at,
    )
    written = _written(document)
    if written is None:
        return Document.objects.defer("content").get(
            organisation_id=organisation_id,
            counterparty_id=counterparty_id,
            sha256=document.sha256,
            name=document.name,
            from_outside=from_outside,
        )
    if from_outside:
        _owe_scan(written, stored_by_id or organisation_id)
    return written


def _written(document: Document) -> Document | None:
    """Write a document in one statement; return it without its bytes, or None if it is kept."""
    fields = Document._meta.concrete_fields
    values = {field.attname: getattr(document, field.attname) for field in fields}
    columns, marks = (
        ", ".join(str(field.column) for field in fields),
        ", ".join(["%s"] * len(fields)),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO documents_document ({columns}) VALUES ({marks})"  # noqa: S608  # our names
            " ON CONFLICT DO NOTHING RETURNING id",
            list(values.values()),
        )
        if cursor.fetchone() is None:
            return None
    del values["content"]
    return Document.from_db(connection.alias, list(values), list(values.values()))


def _owe_scan(document: Document, owed_by_id: UUID) -> None:
    if settings.CLAMD_ADDRESS:
        wake(
            "documents.scan_document",
            key=f"scan:{document.pk}",
            organisation_id=owed_by_id,
            payload={"document_id": str(document.pk)},
        )


def owe_scans() -> int:
    """Owe a look at what came from outside before a scanner was connected; return at how much.

    Shapes: the oldest first, SCANS_OWED_AT_ONCE of them; whoever calls every night gets round.
    """
    if not settings.CLAMD_ADDRESS:
        return 0
    with stewardship():
        waiting = Document.objects.filter(from_outside=True, scans__isnull=True).defer("content")
        found = list(waiting.order_by("id")[:SCANS_OWED_AT_ONCE])
        for each in found:
            _owe_scan(each, each.organisation_id)
    return len(found)


def scan_document(*, document_id: UUID, at: datetime) -> DocumentScan:
    """Have the scanner look at a document, with no transaction open, and keep what it found.

    Raises: Missing; ScannerAway, after which it is tried again; TooLargeToScan.
    """
    content = bytes(Document.objects.one(document_id).content)
    finding = clamd.look_at(content, settings.CLAMD_ADDRESS)
    return record_scan(
        document_id=document_id,
        verdict=ScanVerdict.HARMFUL if finding.harm else ScanVerdict.CLEAN,
        engine=finding.engine,
        finding=finding.harm,
        at=at,
    )


@transaction.atomic
def record_scan(
    *, document_id: UUID, verdict: ScanVerdict, engine: str, at: datetime, finding: str = ""
) -> DocumentScan:
    """Keep what an engine found in a document; people may open it by the latest verdict.

    As the steward, since no organisation may call its own document clean.
    Shapes: `engine` with its version and that of its signatures; `finding` is the engine's name
    for the harm.
    Raises: Missing.
    """
    with stewardship():
        document = Document.objects.defer("content").one(document_id)
        scan = DocumentScan.objects.create(
            organisation_id=document.organisation_id,
            document=document,
            verdict=verdict,
            engine=engine,
            finding=finding,
            at=at,
        )
        record(
            "document.scanned",
            document,
            actor=None,
            at=at,
            organisation_id=document.organisation_id,
            counterparty_id=document.counterparty_id,
            after={"verdict": verdict.value, "engine": engine, "finding": finding},
        )
    return scan


def _safe_name(name: str) -> str:
    """Return a file's name without folders, line ends and control characters, its ending kept."""
    last = re.split(r"[/\\]", name)[-1]
    clean = " ".join("".join(c if c.isprintable() else " " for c in last).split()).strip(". ")
    if not clean:
        return "document"
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) > 10:
        return clean[:200]
    return f"{stem[: 199 - len(ending)]}.{ending}"
