"""Keeping documents."""

from __future__ import annotations

import hashlib
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
    The same bytes under the same name for the same two sides are one document.
    """
    document = Document(
        organisation_id=organisation_id,
        counterparty_id=counterparty_id,
        name=name[:200],
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
