"""What the worker does with documents."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.documents import services
from marketplace.jobs.registry import job


@job("documents.scan_document", external=True)
def scan_document(*, document_id: str, at: datetime) -> None:
    """Have the virus scanner look at a document that came from outside."""
    services.scan_document(document_id=UUID(document_id), at=at)
