"""Questions about documents."""

from __future__ import annotations

from uuid import UUID

from marketplace.documents.models import Document


def document(organisation_id: UUID, document_id: UUID) -> Document:
    """Return a document with its bytes.

    Raises: Missing when there is none, or it is somebody else's.
    """
    return Document.objects.of(organisation_id).one(document_id)
