"""Keeping documents."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from uuid import UUID

from django.db import transaction

from marketplace.audit.services import record
from marketplace.core.tenancy import stewardship
from marketplace.documents.models import Document, DocumentScan, ScanVerdict


def store_document(
    *,
    organisation_id: UUID,
    name: str,
    media_type: str,
    content: bytes,
    at: datetime,
    counterparty_id: UUID | None = None,
    from_outside: bool = False,
) -> Document:
    """Keep the bytes, or find the same ones that are kept already.

    Shapes: a document belongs to `organisation_id` and may be read by `counterparty_id` too.
    The same bytes under the same name for the same two sides are one document, unless one was
    made here and one came from outside. A name keeps its last part and loses what a header or a
    folder would stumble over.
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
    kept = Document.objects.bulk_create([document], ignore_conflicts=True)[0]
    return (
        Document.objects.defer("content")
        .filter(
            organisation_id=organisation_id,
            counterparty_id=counterparty_id,
            sha256=kept.sha256,
            name=kept.name,
            from_outside=from_outside,
        )
        .get()
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
