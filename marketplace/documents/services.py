"""Keeping documents."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from uuid import UUID

from marketplace.documents.models import Document, ScanState


def store_document(
    *,
    organisation_id: UUID,
    name: str,
    media_type: str,
    content: bytes,
    at: datetime,
    counterparty_id: UUID | None = None,
    scan_state: ScanState = ScanState.OURS,
) -> Document:
    """Keep the bytes, or find the same ones that are kept already.

    Shapes: a document belongs to `organisation_id` and may be read by `counterparty_id` too.
    The same bytes under the same name for the same two sides are one document. A name keeps its
    last part and loses what a header or a folder would stumble over.
    """
    document = Document(
        organisation_id=organisation_id,
        counterparty_id=counterparty_id,
        name=_safe_name(name),
        media_type=media_type,
        content=content,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        scan_state=scan_state,
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
        )
        .get()
    )


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
